package catalog

import (
	"context"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
	"postroom/internal/store/table"
)

// States are the states of tickets. Defaults are handed around between them.
var States = &table.Of[desk.State, desk.StateID]{
	Class:  "Ticket::State",
	Name:   "ticket_states",
	Search: "name, note",
	Alone:  true,
	Select: `
		SELECT id, state_type_id, name, next_state_id, ignore_escalation, default_create, default_follow_up, note, active,
			updated_by_id, created_by_id, created_at, updated_at
		FROM ticket_states`,
	Create: `
		INSERT INTO ticket_states (state_type_id, name, next_state_id, ignore_escalation, default_create, default_follow_up,
			note, active, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
		RETURNING id`,
	Update: `
		UPDATE ticket_states
		SET state_type_id = $1, name = $2, next_state_id = $3, ignore_escalation = $4, default_create = $5, default_follow_up = $6,
			note = $7, active = $8, updated_by_id = $9, updated_at = now()
		WHERE id = $10`,
	Values: func(v desk.State) []any {
		return []any{v.StateTypeID, v.Name, v.NextStateID, v.IgnoreEscalation, v.DefaultCreate, v.DefaultFollowUp, v.Note, v.Active, v.UpdatedByID}
	},
	Parts: func(v *desk.State) (*desk.StateID, *desk.Stamp) { return &v.ID, &v.Stamp },
	Settle: func(ctx context.Context, tx *pg.DB, v desk.State) error {
		if err := table.SettleDefault(ctx, tx, "ticket_states", "default_create", int64(v.ID), v.DefaultCreate); err != nil {
			return err
		}
		if err := table.SettleDefault(ctx, tx, "ticket_states", "default_follow_up", int64(v.ID), v.DefaultFollowUp); err != nil {
			return err
		}
		return pg.Exec(ctx, tx, "states to choose from", offerStates)
	},
}

// offerStates renews which states forms offer: it is part of the attribute that is a ticket's state,
// where clients read it. A screen that somebody took away stays away.
const offerStates = `
	WITH offered AS (
		SELECT
			coalesce(jsonb_agg(s.id ORDER BY s.id) FILTER (WHERE t.name <> 'merged'), '[]') AS agent_new,
			coalesce(jsonb_agg(s.id ORDER BY s.id) FILTER (WHERE t.name NOT IN ('merged', 'new')), '[]') AS agent,
			coalesce(jsonb_agg(s.id ORDER BY s.id) FILTER (WHERE t.name IN ('new', 'closed')), '[]') AS customer_new,
			coalesce(jsonb_agg(s.id ORDER BY s.id) FILTER (WHERE t.name IN ('open', 'closed')), '[]') AS customer
		FROM ticket_states s
		JOIN ticket_state_types t ON t.id = s.state_type_id
		WHERE s.active
	)
	UPDATE object_manager_attributes
	SET data_option = jsonb_set(data_option, '{filter}', agent_new),
		screens = jsonb_set(jsonb_set(jsonb_set(jsonb_set(jsonb_set(screens,
			'{create_middle,ticket.agent,filter}', agent_new),
			'{create_middle,ticket.customer,filter}', customer_new),
			'{edit,ticket.agent,filter}', agent),
			'{edit,ticket.customer,filter}', customer),
			'{overview_bulk,ticket.agent,filter}', agent),
		updated_at = now()
	FROM offered
	WHERE object = 'Ticket' AND name = 'state_id'`
