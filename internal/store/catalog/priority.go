package catalog

import (
	"context"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
	"postroom/internal/store/table"
)

// Priorities are the priorities of tickets. One of them is the default.
var Priorities = &table.Of[desk.Priority, desk.PriorityID]{
	Class:  "Ticket::Priority",
	Name:   "ticket_priorities",
	Search: "name, note",
	Alone:  true,
	Select: `
		SELECT id, name, default_create, ui_icon, ui_color, note, active,
			updated_by_id, created_by_id, created_at, updated_at
		FROM ticket_priorities`,
	Create: `
		INSERT INTO ticket_priorities (name, default_create, ui_icon, ui_color, note, active, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
		RETURNING id`,
	Update: `
		UPDATE ticket_priorities
		SET name = $1, default_create = $2, ui_icon = $3, ui_color = $4, note = $5, active = $6, updated_by_id = $7, updated_at = now()
		WHERE id = $8`,
	Values: func(v desk.Priority) []any {
		return []any{v.Name, v.DefaultCreate, v.UIIcon, v.UIColor, v.Note, v.Active, v.UpdatedByID}
	},
	Parts: func(v *desk.Priority) (*desk.PriorityID, *desk.Stamp) { return &v.ID, &v.Stamp },
	Settle: func(ctx context.Context, tx *pg.DB, v desk.Priority) error {
		return table.SettleDefault(ctx, tx, "ticket_priorities", "default_create", int64(v.ID), v.DefaultCreate)
	},
}
