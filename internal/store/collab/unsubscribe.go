package collab

import (
	"context"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
)

const deleteMentionsOf = `
	WITH gone AS (
		DELETE FROM mentions
		WHERE ticket_id = $1 AND ($3 OR user_id = ANY($2))
		RETURNING id, user_id
	)
	INSERT INTO history (object, o_id, type, value_from, value_to, related_object, related_o_id, created_by_id, created_at)
	SELECT 'Mention', gone.id, 'removed', '', left(trim(u.firstname || ' ' || u.lastname), 500), 'Ticket', $1, $4, clock_timestamp()
	FROM gone
	JOIN users u ON u.id = gone.user_id
	ORDER BY gone.id`

// Unsubscribe makes users, or everybody, hear no more of a ticket, and notes it in the history.
func (s Keeper) Unsubscribe(ctx context.Context, ticket desk.TicketID, users []desk.UserID, everybody bool, by desk.UserID) error {
	if len(users) == 0 && !everybody {
		return nil
	}
	return pg.Exec(ctx, s.DB, "end mentions of ticket", deleteMentionsOf, ticket, users, everybody, by)
}
