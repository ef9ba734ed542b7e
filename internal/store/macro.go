package store

import (
	"context"

	"postroom/internal/desk"
)

// Macros are the changes of tickets that agents make with one click.
var Macros = &Table[desk.Macro, desk.MacroID]{
	Class:  "Macro",
	name:   "macros",
	search: "name, note",
	all: `
		SELECT id, name, perform, ux_flow_next_up, note, active, updated_by_id, created_by_id, created_at, updated_at
		FROM macros`,
	insert: `
		INSERT INTO macros (name, perform, ux_flow_next_up, note, active, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $5, $6, $6)
		RETURNING id`,
	save: `
		UPDATE macros
		SET name = $1, perform = $2, ux_flow_next_up = $3, note = $4, active = $5, updated_by_id = $6, updated_at = now()
		WHERE id = $7`,
	values: func(v desk.Macro) []any {
		return []any{v.Name, object(v.Perform), v.UXFlowNextUp, v.Note, v.Active, v.UpdatedByID}
	},
	parts:  func(v *desk.Macro) (*desk.MacroID, *desk.Stamp) { return &v.ID, &v.Stamp },
	groups: tie{table: "macros_groups", column: "macro_id"},
	check:  func(_ context.Context, _ *Store, v *desk.Macro) error { return v.Check() },
}
