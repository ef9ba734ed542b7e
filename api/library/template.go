package library

import (
	"context"
	"strings"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/internal/store/library"
)

func (s *Room) templates() *rest.Resource[desk.Template, desk.TemplateID] {
	offered := offer[desk.Template, desk.TemplateID]{s.House, library.Templates, "admin.template", false}
	return &rest.Resource[desk.Template, desk.TemplateID]{
		House:    s.House,
		Table:    library.Templates,
		View:     s.templateView,
		Sortable: []string{"name", "active"},
		Visible:  offered.visible,
		See:      offered.see,
		Choice:   func(v desk.Template) (string, bool) { return v.Name, v.Active },
		Found:    rest.NewestFirst,
		Fresh:    func() desk.Template { return desk.Template{Active: true} },
		Read:     readTemplate,
	}
}

func (s *Room) templateView(*desk.Caller) rest.View[desk.Template] {
	shown := rest.ViewOf(s.House, library.Templates)
	shown.Records = rest.Each(func(v desk.Template) rest.Record {
		return rest.Record{{"id", v.ID}, {"name", v.Name}, {"options", v.Options}, {"active", v.Active}}.Stamped(v.Stamp)
	})
	return shown
}

func readTemplate(_ context.Context, _ *store.Store, in *rest.Input, v *desk.Template) error {
	in.Text(&v.Name, "name", maxTitle)
	v.Name = strings.TrimSpace(v.Name)
	in.Object(&v.Options, "options")
	in.Flag(&v.Active, "active")
	return in.Err
}
