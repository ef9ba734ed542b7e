// Package scheduler runs what administrators planned: at the times of a plan, actions are taken on
// all records that a condition finds.
//
// A clock begins runs. A run is a chain of small pieces of work, a slice of the records each: every
// slice is one transaction, asks the condition again, and announces the next one. So a run survives
// whatever happens to its worker, and no record is worked on twice by it.
package scheduler

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"postroom/internal/desk"
	"postroom/internal/rules"
	"postroom/internal/schedule"
	"postroom/internal/store"
	"postroom/internal/store/catalog"
	"postroom/jobs/task"
)

// Clock begins schedulers when their time has come.
type Clock struct {
	store *store.Store
	log   *slog.Logger
}

// NewClock returns the clock of an installation. It starts nothing.
func NewClock(s *store.Store, log *slog.Logger) *Clock { return &Clock{store: s, log: log} }

// Begin begins every scheduler whose time has come. It returns how many.
func (c *Clock) Begin(ctx context.Context) (int, error) {
	begun := 0
	err := c.each(ctx, func(v desk.Scheduler, current *desk.Catalog, plan rules.Timeplan, now time.Time) error {
		if !plan.Contains(now) || !schedule.MayBegin(v, now) {
			return nil
		}
		started, err := c.begin(ctx, v.ID, current, plan, now)
		if started {
			begun++
		}
		return err
	})
	return begun, err
}

// Forecast looks what the others would find, and when they begin, for people to see. It returns 0:
// there is nothing to be told of it.
func (c *Clock) Forecast(ctx context.Context) (int, error) {
	return 0, c.each(ctx, func(v desk.Scheduler, current *desk.Catalog, plan rules.Timeplan, now time.Time) error {
		if plan.Contains(now) && schedule.MayBegin(v, now) {
			return nil
		}
		selection, err := schedule.Select(ctx, c.store, v, current, now)
		if err != nil {
			return err
		}
		matching, err := selection.Count(ctx, c.store)
		if err != nil {
			return err
		}
		return c.store.ForecastScheduler(ctx, v.ID, matching, plan.NextRun(now, v.LastRunAt != nil))
	})
}

// each looks at every active scheduler. One that can't be used, because its condition names what is
// gone, keeps none of the others.
func (c *Clock) each(ctx context.Context, look func(desk.Scheduler, *desk.Catalog, rules.Timeplan, time.Time) error) error {
	current, err := c.store.Catalog(ctx)
	if err != nil || current.Settings.Bool("import_mode") {
		return err
	}
	all, err := catalog.Schedulers.All(ctx, c.store.DB)
	if err != nil {
		return err
	}
	now := time.Now().In(current.Settings.Zone())
	var failures []error
	for id, v := range all {
		if !v.Active {
			continue
		}
		plan, err := rules.ParseTimeplan(v.Timeplan)
		if err == nil {
			err = look(v, current, plan, now)
		}
		switch {
		case desk.Permanent(err):
			c.log.WarnContext(ctx, "scheduler can't be used", "scheduler_id", id, "error", err)
		case err != nil:
			failures = append(failures, err)
		}
	}
	return errors.Join(failures...)
}

// begin begins one scheduler, unless somebody else did.
func (c *Clock) begin(ctx context.Context, id desk.SchedulerID, current *desk.Catalog, plan rules.Timeplan, now time.Time) (started bool, err error) {
	err = c.store.InTx(ctx, func(tx *store.Store) error {
		v, err := catalog.Schedulers.Lock(ctx, tx.DB, id)
		if err != nil || !schedule.MayBegin(v, now) {
			return err
		}
		selection, err := schedule.Select(ctx, tx, v, current, now)
		if err != nil {
			return err
		}
		records, err := selection.IDs(ctx, tx, nil)
		if err != nil {
			return err
		}
		started = true
		if err := tx.BeginScheduler(ctx, id, len(records), now, plan.NextRun(now, true)); err != nil || len(records) == 0 {
			return err
		}
		return tx.Announce(ctx, task.SchedulerToRun{SchedulerID: id, IDs: records})
	})
	return started && err == nil, err
}
