package library

import (
	"context"

	"postroom/internal/desk"
	"postroom/internal/desk/workspace"
	"postroom/internal/store/pg"
	"postroom/internal/store/table"
)

// Macros are the changes of tickets that agents make with one click.
var Macros = &table.Of[workspace.Macro, workspace.MacroID]{
	Class:  "Macro",
	Name:   "macros",
	Search: "name, note",
	Select: `
		SELECT id, name, perform, ux_flow_next_up, note, active, updated_by_id, created_by_id, created_at, updated_at
		FROM macros`,
	Create: `
		INSERT INTO macros (name, perform, ux_flow_next_up, note, active, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $5, $6, $6)
		RETURNING id`,
	Update: `
		UPDATE macros
		SET name = $1, perform = $2, ux_flow_next_up = $3, note = $4, active = $5, updated_by_id = $6, updated_at = now()
		WHERE id = $7`,
	Values: func(v workspace.Macro) []any {
		return []any{v.Name, pg.Object(v.Perform), v.UXFlowNextUp, v.Note, v.Active, v.UpdatedByID}
	},
	Parts: func(v *workspace.Macro) (*workspace.MacroID, *desk.Stamp) { return &v.ID, &v.Stamp },
	Ties:  table.Tie{Table: "macros_groups", Column: "macro_id"},
	Check: func(_ context.Context, _ *pg.DB, v *workspace.Macro) error { return v.Check() },
}
