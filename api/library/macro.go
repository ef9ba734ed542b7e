package library

import (
	"context"
	"strings"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/desk/workspace"
	"postroom/internal/perform"
	"postroom/internal/store"
	"postroom/internal/store/library"
)

func (s *Room) macros() *rest.Resource[workspace.Macro, workspace.MacroID] {
	offered := offer[workspace.Macro, workspace.MacroID]{s.House, library.Macros, "admin.macro", true}
	return &rest.Resource[workspace.Macro, workspace.MacroID]{
		House:    s.House,
		Table:    library.Macros,
		View:     s.macroView,
		Sortable: []string{"name", "ux_flow_next_up", "note", "active"},
		Visible:  offered.visible,
		See:      offered.see,
		Choice:   func(v workspace.Macro) (string, bool) { return v.Name, v.Active },
		Found:    rest.NewestFirst,
		Fresh:    func() workspace.Macro { return workspace.Macro{Active: true, UXFlowNextUp: workspace.NoFlow} },
		Read:     readMacro,
		Link:     setGroups(library.Macros),
	}
}

func (s *Room) macroView(*desk.Caller) rest.View[workspace.Macro] {
	return groupedView(s.House, library.Macros, func(v workspace.Macro) rest.Record {
		return rest.Record{
			{"id", v.ID}, {"name", v.Name}, {"perform", v.Perform}, {"active", v.Active}, {"ux_flow_next_up", v.UXFlowNextUp}, {"note", v.Note},
		}.Stamped(v.Stamp)
	})
}

func readMacro(ctx context.Context, tx *store.Store, in *rest.Input, v *workspace.Macro) error {
	in.Text(&v.Name, "name", maxTitle)
	v.Name = strings.TrimSpace(v.Name)
	in.Object(&v.Perform, "perform")
	if in.Params.Has("perform") {
		in.Keep(perform.Check(v.Perform))
	}
	if !in.Params.Blank("ux_flow_next_up") {
		in.Text(&v.UXFlowNextUp, "ux_flow_next_up", maxTitle)
	}
	in.NullHTML(&v.Note, "note", rest.MaxNote)
	in.Flag(&v.Active, "active")
	if in.Err != nil {
		return in.Err
	}
	return library.Macros.CheckName(ctx, tx.DB, v.Name, v.ID)
}
