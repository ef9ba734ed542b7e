package library

import (
	"context"
	"regexp"
	"strings"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/desk/workspace"
	"postroom/internal/richtext"
	"postroom/internal/store"
	"postroom/internal/store/library"
)

func (s *Room) textModules() *rest.Resource[workspace.TextModule, workspace.TextModuleID] {
	offered := offer[workspace.TextModule, workspace.TextModuleID]{s.House, library.TextModules, "admin.text_module", true}
	return &rest.Resource[workspace.TextModule, workspace.TextModuleID]{
		House:    s.House,
		Table:    library.TextModules,
		View:     s.textModuleView,
		Sortable: []string{"name", "keywords", "content", "note", "active"},
		Visible:  offered.visible,
		See:      offered.see,
		Choice:   func(v workspace.TextModule) (string, bool) { return v.Name, v.Active },
		Found:    rest.NewestFirst,
		Fresh:    func() workspace.TextModule { return workspace.TextModule{Active: true} },
		Read:     readTextModule,
		Link:     setGroups(library.TextModules),
	}
}

func (s *Room) textModuleView(*desk.Caller) rest.View[workspace.TextModule] {
	return groupedView(s.House, library.TextModules, textModuleRecord)
}

func textModuleRecord(v workspace.TextModule) rest.Record {
	return rest.Record{
		{"id", v.ID}, {"name", v.Name}, {"keywords", v.Keywords}, {"content", v.Content}, {"note", v.Note}, {"active", v.Active},
	}.Stamped(v.Stamp)
}

// Lengths of columns in characters.
const (
	maxTitle    = 250
	maxKeywords = 500
	maxContent  = 1_500_000
)

func readTextModule(_ context.Context, _ *store.Store, in *rest.Input, v *workspace.TextModule) error {
	in.Text(&v.Name, "name", maxTitle)
	v.Name = strings.TrimSpace(v.Name)
	in.NullText(&v.Keywords, "keywords", maxKeywords)
	in.NullHTML(&v.Note, "note", rest.MaxNote)
	in.Flag(&v.Active, "active")
	content := v.Content
	in.Text(&content, "content", maxContent)
	if content != v.Content { // what comes back as it was shown is HTML already, tags or not
		v.Content = html(content)
	}
	return in.Err
}

var tag = regexp.MustCompile(`<[^<>]+>`)

// html makes of what somebody typed as plain text HTML, and HTML safe.
func html(typed string) string {
	if !tag.MatchString(typed) {
		typed = richtext.FromText(typed)
	}
	clean, _ := richtext.Sanitize(typed, richtext.Options{})
	return clean
}
