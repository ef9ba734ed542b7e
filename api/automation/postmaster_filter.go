package automation

import (
	"context"
	"strings"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/rules"
	"postroom/internal/store"
	"postroom/internal/store/catalog"
)

func (s *Room) postmasterFilters() *rest.Resource[desk.PostmasterFilter, desk.PostmasterFilterID] {
	return &rest.Resource[desk.PostmasterFilter, desk.PostmasterFilterID]{
		House:    s.House,
		Table:    catalog.PostmasterFilters,
		View:     s.postmasterFilterView,
		Sortable: []string{"name", "channel", "active", "note"},
		Fresh:    func() desk.PostmasterFilter { return desk.PostmasterFilter{Active: true, Channel: "email"} },
		Read:     readPostmasterFilter,
	}
}

func (s *Room) postmasterFilterView(*desk.Caller) rest.View[desk.PostmasterFilter] {
	shown := rest.ViewOf(s.House, catalog.PostmasterFilters)
	shown.Records = rest.Each(func(v desk.PostmasterFilter) rest.Record {
		return rest.Record{
			{"id", v.ID}, {"name", v.Name}, {"channel", v.Channel}, {"match", v.Match}, {"perform", v.Perform}, {"active", v.Active},
			{"note", v.Note},
		}.Stamped(v.Stamp)
	})
	return shown
}

func readPostmasterFilter(_ context.Context, _ *store.Store, in *rest.Input, v *desk.PostmasterFilter) error {
	in.Text(&v.Name, "name", maxTitle)
	v.Name = strings.TrimSpace(v.Name)
	choice(in, &v.Channel, "channel", "email")
	object(in, &v.Match, "match")
	actions(in, &v.Perform)
	in.Flag(&v.Active, "active")
	in.NullHTML(&v.Note, "note", rest.MaxNote)
	if in.Err != nil {
		return in.Err
	}
	if v.Name == "" {
		return rest.Invalid("name", "Name can't be blank")
	}
	in.Keep(rules.CheckMailMatch(v.Match))
	required(in, "perform", v.Perform)
	return in.Err
}
