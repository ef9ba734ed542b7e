package store

import (
	"context"

	"postroom/internal/desk"
)

// Priorities are the priorities of tickets. One of them is the default.
var Priorities = &Table[desk.Priority, desk.PriorityID]{
	Class:  "Ticket::Priority",
	name:   "ticket_priorities",
	search: "name, note",
	alone:  true,
	all: `
		SELECT id, name, default_create, ui_icon, ui_color, note, active,
			updated_by_id, created_by_id, created_at, updated_at
		FROM ticket_priorities`,
	insert: `
		INSERT INTO ticket_priorities (name, default_create, ui_icon, ui_color, note, active, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
		RETURNING id`,
	save: `
		UPDATE ticket_priorities
		SET name = $1, default_create = $2, ui_icon = $3, ui_color = $4, note = $5, active = $6, updated_by_id = $7, updated_at = now()
		WHERE id = $8`,
	values: func(v desk.Priority) []any {
		return []any{v.Name, v.DefaultCreate, v.UIIcon, v.UIColor, v.Note, v.Active, v.UpdatedByID}
	},
	parts: func(v *desk.Priority) (*desk.PriorityID, *desk.Stamp) { return &v.ID, &v.Stamp },
	settle: func(ctx context.Context, tx *Store, v desk.Priority) error {
		return tx.settleDefault(ctx, "ticket_priorities", "default_create", int64(v.ID), v.DefaultCreate)
	},
}
