package workspace

import (
	"slices"

	"postroom/internal/desk"
)

// MacroID is the id of a macro.
type MacroID int64

// Macro is a change of tickets that agents make with one click.
type Macro struct {
	ID           MacroID
	Name         string
	Perform      map[string]any // action -> its parameters
	UXFlowNextUp string         `db:"ux_flow_next_up"` // where the agent's client goes then
	Note         *string
	Active       bool
	desk.Stamp
}

// NoFlow leaves an agent's client where it is when a macro is done.
const NoFlow = "none"

var flows = []string{NoFlow, "next_task", "next_task_on_close", "next_from_overview"}

// Check refuses a macro that does nothing. What its actions need is for the rules to say.
func (m *Macro) Check() error {
	switch {
	case len(m.Perform) == 0:
		return desk.Blank("perform", "Perform")
	case !slices.Contains(flows, m.UXFlowNextUp):
		return &desk.InvalidError{Field: "ux_flow_next_up", Reason: "Ux flow next up is not included in the list"}
	}
	return nil
}
