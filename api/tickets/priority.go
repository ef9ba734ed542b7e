package tickets

import (
	"context"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/internal/store/catalog"
)

func (s *Room) priorities() *rest.Resource[desk.Priority, desk.PriorityID] {
	return &rest.Resource[desk.Priority, desk.PriorityID]{
		House:    s.House,
		Table:    catalog.Priorities,
		View:     s.priorityView,
		Sortable: []string{"name", "default_create", "ui_icon", "ui_color", "note", "active"},
		Fresh:    func() desk.Priority { return desk.Priority{Active: true} },
		Read:     readPriority,
	}
}

func (s *Room) priorityView(*desk.Caller) rest.View[desk.Priority] {
	shown := rest.ViewOf(s.House, catalog.Priorities)
	shown.Records = rest.Each(func(v desk.Priority) rest.Record {
		return rest.Record{
			{"id", v.ID}, {"name", v.Name}, {"default_create", v.DefaultCreate}, {"ui_icon", v.UIIcon}, {"ui_color", v.UIColor},
			{"note", v.Note}, {"active", v.Active},
		}.Stamped(v.Stamp)
	})
	return shown
}

func readPriority(ctx context.Context, tx *store.Store, in *rest.Input, v *desk.Priority) error {
	in.Name(&v.Name)
	in.Flag(&v.DefaultCreate, "default_create")
	in.Flag(&v.Active, "active")
	in.NullText(&v.UIIcon, "ui_icon", rest.MaxName)
	in.NullText(&v.UIColor, "ui_color", rest.MaxName)
	in.NullHTML(&v.Note, "note", rest.MaxNote)
	if in.Err != nil {
		return in.Err
	}
	return catalog.Priorities.CheckName(ctx, tx.DB, v.Name, v.ID)
}
