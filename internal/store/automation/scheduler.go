package automation

import (
	"context"
	"time"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
)

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
