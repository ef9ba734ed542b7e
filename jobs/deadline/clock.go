// Package deadline acts when tickets reach the points in time that were promised for them.
package deadline

import (
	"context"
	"log/slog"
	"time"

	"postroom/internal/pause"
	"postroom/internal/store"
	"postroom/internal/store/tickets"
)

// Clock looks ahead: it announces the work of what is due within the next minutes, so that
// queues need not hold that of the next years. Now and then it looks back, too: at what nobody
// announced, and at what is to be announced anew because another day has begun.
type Clock struct {
	store *store.Store
	meet  *Meet
	log   *slog.Logger
}

// NewClock returns the clock of an installation. It starts nothing.
func NewClock(s *store.Store, log *slog.Logger) *Clock {
	return &Clock{store: s, meet: NewMeet(s, log), log: log}
}

const (
	lookEvery = 20 * time.Second
	// ahead is less than what those announce themselves who set a deadline: between the two nothing
	// is overlooked, unless their transaction takes longer than the difference.
	ahead = tickets.AlarmsAhead - time.Minute
	// lateAfter is when a point in time counts as missed by those whose business it was.
	lateAfter = 10 * time.Second
)

// Run looks ahead and back until ctx ends. One process does at a time.
func (c *Clock) Run(ctx context.Context) error {
	planned := time.Now()
	for {
		until := time.Now().Add(ahead)
		_, err := c.store.PlanDue(ctx, planned, until)
		if err == nil {
			planned = until
			err = c.lookBack(ctx)
		}
		if err != nil && ctx.Err() == nil {
			c.log.WarnContext(ctx, "deadlines could not be looked at, trying again", "error", err)
		}
		if !pause.For(ctx, lookEvery) {
			return nil
		}
	}
}

// lookBack acts on what was reached and is not announced.
func (c *Clock) lookBack(ctx context.Context) error {
	catalog, err := c.store.Catalog(ctx)
	if err != nil || catalog.Settings.Bool("import_mode") {
		return err
	}
	for {
		now := time.Now()
		due, err := c.meet.look(ctx, tickets.DueQuery{
			Until: now.Add(-lateAfter), WrittenBefore: now.Add(-lateAfter), Now: now, Limit: dueRead,
		})
		if err != nil || len(due) == 0 {
			return err
		}
		missed := 0
		for _, d := range due {
			if !d.Repeated {
				missed++
			}
		}
		if missed > 0 {
			c.log.WarnContext(ctx, "points in time were missed, acting on them now", "tickets", missed, "first", due[0].At)
		}
		if err := c.meet.meet(ctx, due, now); err != nil || len(due) < dueRead {
			return err
		}
	}
}
