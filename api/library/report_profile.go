package library

import (
	"context"
	"strings"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/rules"
	"postroom/internal/store"
	"postroom/internal/store/library"
)

func (s *Room) reportProfiles() *rest.Resource[desk.ReportProfile, desk.ReportProfileID] {
	return &rest.Resource[desk.ReportProfile, desk.ReportProfileID]{
		House:    s.House,
		Table:    library.ReportProfiles,
		View:     s.reportProfileView,
		Sortable: []string{"name", "active"},
		Choice:   func(v desk.ReportProfile) (string, bool) { return v.Name, v.Active },
		Found:    rest.NewestFirst,
		Fresh:    func() desk.ReportProfile { return desk.ReportProfile{Active: true} },
		Read:     readReportProfile,
	}
}

func (s *Room) reportProfileView(*desk.Caller) rest.View[desk.ReportProfile] {
	shown := rest.ViewOf(s.House, library.ReportProfiles)
	shown.Records = rest.Each(func(v desk.ReportProfile) rest.Record {
		return rest.Record{{"id", v.ID}, {"name", v.Name}, {"condition", v.Condition}, {"active", v.Active}}.Stamped(v.Stamp)
	})
	return shown
}

func readReportProfile(ctx context.Context, tx *store.Store, in *rest.Input, v *desk.ReportProfile) error {
	in.Text(&v.Name, "name", maxReportName)
	v.Name = strings.TrimSpace(v.Name)
	in.Condition(&v.Condition, rules.TicketAttributes(in.Catalog))
	in.Flag(&v.Active, "active")
	if in.Err != nil {
		return in.Err
	}
	return library.ReportProfiles.CheckName(ctx, tx.DB, v.Name, v.ID)
}

const maxReportName = 150 // characters
