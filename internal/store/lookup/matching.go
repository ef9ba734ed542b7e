package lookup

import (
	"context"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
	"postroom/internal/store/table"
)

// MatchingTickets returns the ids of tickets that a search finds among some, in their order, however
// little anybody may see of them; nil: among all.
func (s Keeper) MatchingTickets(ctx context.Context, search table.Search, among []desk.TicketID, limit int) ([]desk.TicketID, error) {
	var args pg.Args
	q := Search{Scope: desk.TicketScope{All: true}, Search: search, IDs: among}
	sql := `
		SELECT t.id
		FROM tickets t
		WHERE ` + q.condition(&args, nil) + `
		ORDER BY t.id
		LIMIT ` + args.Add(limit)
	return pg.Column[desk.TicketID](ctx, s.DB, "matching tickets", sql, args.Planned()...)
}
