package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
)

// listColumns are the columns of desk.Ticket, of row t.
const listColumns = `t.id, t.group_id, t.priority_id, t.state_id, t.organization_id, t.number, t.title, t.owner_id,
	t.customer_id, t.note, t.type, t.pending_time, t.time_unit::text AS time_unit, t.preferences, t.last_contact_at,
	t.last_contact_agent_at, t.last_contact_customer_at, t.last_owner_update_at, t.create_article_type_id,
	t.create_article_sender_id, t.article_count, t.escalation_at, t.first_response_at, t.first_response_escalation_at,
	t.first_response_in_min, t.first_response_diff_in_min, t.close_at, t.close_escalation_at, t.close_in_min,
	t.close_diff_in_min, t.last_close_at, t.update_escalation_at, t.update_in_min, t.update_diff_in_min,
	t.updated_by_id, t.created_by_id, t.created_at, t.updated_at`

// ListTickets returns tickets of a scope by id, after leaving out the first of them.
func (s *Store) ListTickets(ctx context.Context, scope desk.TicketScope, limit, offset int) ([]desk.Ticket, error) {
	if scope.Empty() {
		return nil, nil
	}
	args := arguments{limit, offset, limit + offset}
	page := `SELECT id FROM tickets`
	if !scope.All {
		page = `SELECT visible.id FROM (` + firstVisible(scope, "$3", &args) + `) visible`
	} else {
		args = args[:2]
	}
	// The ids of the page first: whole rows are then read for them only.
	return s.tickets(ctx, `
		SELECT `+listColumns+`
		FROM (`+page+` ORDER BY id LIMIT $1 OFFSET $2) page
		JOIN tickets t ON t.id = page.id
		ORDER BY t.id`, args)
}

// tickets runs a query for tickets that was put together from clauses. It is planned for the
// values at hand: what is a good plan for one agent is a bad one for the next.
func (s *Store) tickets(ctx context.Context, sql string, args arguments) ([]desk.Ticket, error) {
	rows, _ := s.db.Query(ctx, sql, append([]any{pgx.QueryExecModeCacheDescribe}, args...)...)
	tickets, err := pgx.CollectRows(rows, pgx.RowToStructByName[desk.Ticket])
	if err != nil {
		return nil, fmt.Errorf("list tickets: %w", translate(err))
	}
	return tickets, nil
}
