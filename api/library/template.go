package library

import (
	"context"
	"strings"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/desk/workspace"
	"postroom/internal/store"
	"postroom/internal/store/library"
)

func (s *Room) templates() *rest.Resource[workspace.Template, workspace.TemplateID] {
	offered := offer[workspace.Template, workspace.TemplateID]{s.House, library.Templates, "admin.template", false}
	return &rest.Resource[workspace.Template, workspace.TemplateID]{
		House:    s.House,
		Table:    library.Templates,
		View:     s.templateView,
		Sortable: []string{"name", "active"},
		Visible:  offered.visible,
		See:      offered.see,
		Choice:   func(v workspace.Template) (string, bool) { return v.Name, v.Active },
		Found:    rest.NewestFirst,
		Fresh:    func() workspace.Template { return workspace.Template{Active: true} },
		Read:     readTemplate,
	}
}

func (s *Room) templateView(*desk.Caller) rest.View[workspace.Template] {
	shown := rest.ViewOf(s.House, library.Templates)
	shown.Records = rest.Each(func(v workspace.Template) rest.Record {
		return rest.Record{{"id", v.ID}, {"name", v.Name}, {"options", v.Options}, {"active", v.Active}}.Stamped(v.Stamp)
	})
	return shown
}

func readTemplate(_ context.Context, _ *store.Store, in *rest.Input, v *workspace.Template) error {
	in.Text(&v.Name, "name", maxTitle)
	v.Name = strings.TrimSpace(v.Name)
	in.Object(&v.Options, "options")
	in.Flag(&v.Active, "active")
	return in.Err
}
