package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
)

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
	return s.tickets(ctx, ticketColumns+`
		WHERE id IN (`+page+` ORDER BY id LIMIT $1 OFFSET $2)
		ORDER BY id`, args)
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
