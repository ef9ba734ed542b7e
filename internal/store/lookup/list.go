package lookup

import (
	"context"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
	"postroom/internal/store/table"
	"postroom/internal/store/tickets"
)

// farDown is how many tickets of each group it is still cheap to look at. Who is on a page behind
// them sees many, and a walk along tickets_lists finds them fast.
const farDown = 2000

// ListTickets returns tickets of a scope by id, after leaving out the first of them.
func (s Keeper) ListTickets(ctx context.Context, scope desk.TicketScope, page table.Page) ([]desk.Ticket, error) {
	if scope.Empty() {
		return nil, nil
	}
	args := pg.Args{page.Limit, page.Offset}
	ids := `SELECT t.id FROM tickets t WHERE `
	if last := page.Limit + page.Offset; scope.All || last > farDown {
		ids += visibleTickets(scope, &args)
	} else {
		ids = `SELECT visible.id FROM (` + firstVisible(scope, args.Add(last), &args) + `) visible`
	}
	// The ids of the page first: whole rows are then read for them only.
	return s.tickets(ctx, tickets.Select+`
		WHERE id IN (`+ids+` ORDER BY id LIMIT $1 OFFSET $2)
		ORDER BY id`, args)
}

// tickets runs a query for tickets that was put together from clauses.
func (s Keeper) tickets(ctx context.Context, sql string, args pg.Args) ([]desk.Ticket, error) {
	return pg.Many[desk.Ticket](ctx, s.DB, "list tickets", sql, args.Planned()...)
}
