package automation

import (
	"context"
	"time"

	"postroom/internal/desk"
	"postroom/internal/store/lookup"
	"postroom/internal/store/pg"
	"postroom/internal/store/table"
)

// MatchingTickets returns the ids of tickets that a search finds among some, in their order, however
// little anybody may see of them; nil: among all.
func (s Keeper) MatchingTickets(ctx context.Context, search table.Search, among []desk.TicketID, limit int) ([]desk.TicketID, error) {
	var args pg.Args
	q := lookup.Search{Scope: desk.TicketScope{All: true}, Search: search, IDs: among}
	sql := `
		SELECT t.id
		FROM tickets t
		WHERE ` + q.Where(&args, lookup.WordPlan{}) + `
		ORDER BY t.id
		LIMIT ` + args.Add(limit)
	return pg.Column[desk.TicketID](ctx, s.DB, "matching tickets", sql, args.Planned()...)
}

// BeginScheduler notes that a scheduler begins to work on so many records. One that has nothing to
// do is over at once.
func (s Keeper) BeginScheduler(ctx context.Context, id desk.SchedulerID, records int, now time.Time, next *time.Time) error {
	return pg.Exec(ctx, s.DB, "begin scheduler", `
		UPDATE schedulers
		SET running = $2 > 0, processed = $2, matching = $2, last_run_at = $3, next_run_at = $4
		WHERE id = $1`, id, records, now, next)
}

// EndScheduler notes that a scheduler is over.
func (s Keeper) EndScheduler(ctx context.Context, id desk.SchedulerID, now time.Time) error {
	return pg.Exec(ctx, s.DB, "end scheduler", `
		UPDATE schedulers
		SET running = false, last_run_at = $2
		WHERE id = $1`, id, now)
}

// ForecastScheduler notes what a scheduler would find now, and when it begins next.
func (s Keeper) ForecastScheduler(ctx context.Context, id desk.SchedulerID, matching int, next *time.Time) error {
	return pg.Exec(ctx, s.DB, "forecast scheduler", `
		UPDATE schedulers
		SET matching = $2, next_run_at = $3
		WHERE id = $1 AND NOT running AND (matching <> $2 OR next_run_at IS DISTINCT FROM $3)`, id, matching, next)
}
