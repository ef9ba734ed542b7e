package scheduler

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"postroom/internal/desk"
	"postroom/internal/perform"
	"postroom/internal/schedule"
	"postroom/internal/store"
	"postroom/internal/store/catalog"
	"postroom/jobs/task"
)

// Timeout is the time that one slice may take.
const Timeout = 2 * time.Minute

// slice is how many records are worked on in one transaction.
const slice = 10

// Run is the job of task.SchedulerToRun.
type Run struct {
	store     *store.Store
	performer *perform.Performer
	log       *slog.Logger
}

// NewRun returns the job.
func NewRun(s *store.Store, performer *perform.Performer, log *slog.Logger) *Run {
	return &Run{store: s, performer: performer, log: log}
}

// Work works on a slice of the records and announces the next one.
func (j *Run) Work(ctx context.Context, t task.SchedulerToRun, id desk.OutboxID) error {
	catalog, err := j.store.Catalog(ctx)
	if err != nil {
		return err
	}
	return j.store.InTx(ctx, func(tx *store.Store) error {
		if err := tx.StartTask(ctx, id); errors.Is(err, desk.ErrNotFound) {
			return nil // done
		} else if err != nil {
			return err
		}
		if err := j.slice(ctx, tx, t, catalog); err != nil {
			return err
		}
		return tx.FinishTask(ctx, id)
	})
}

// slice does the work. A scheduler that was deleted or switched off meanwhile stops here.
func (j *Run) slice(ctx context.Context, tx *store.Store, t task.SchedulerToRun, c *desk.Catalog) error {
	v, err := catalog.Schedulers.Get(ctx, tx.DB, t.SchedulerID)
	if errors.Is(err, desk.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	now := time.Now().UTC()
	head, rest := t.IDs[:min(slice, len(t.IDs))], t.IDs[min(slice, len(t.IDs)):]
	if !v.Active || len(head) == 0 {
		return tx.EndScheduler(ctx, v.ID, now)
	}
	selection, err := schedule.Select(ctx, tx, v, c, now)
	if desk.Permanent(err) {
		j.log.WarnContext(ctx, "scheduler can't go on", "scheduler_id", v.ID, "error", err)
		return tx.EndScheduler(ctx, v.ID, now)
	}
	if err != nil {
		return err
	}
	still, err := selection.IDs(ctx, tx, head)
	if err != nil {
		return err
	}
	for _, record := range still {
		if err := j.one(ctx, tx, v, record, c, now); err != nil {
			return err
		}
	}
	if len(rest) == 0 {
		return tx.EndScheduler(ctx, v.ID, now)
	}
	return tx.Announce(ctx, task.SchedulerToRun{SchedulerID: v.ID, IDs: slices.Clone(rest)})
}

// one takes the actions on one record. Where they can't be taken, the others go on.
func (j *Run) one(ctx context.Context, tx *store.Store, v desk.Scheduler, record int64, c *desk.Catalog, now time.Time) error {
	err := tx.Attempt(ctx, func(tx *store.Store) error {
		switch v.Object {
		case "User":
			return onUser(ctx, tx, v, desk.UserID(record), c, now)
		case "Organization":
			return onOrganization(ctx, tx, v, desk.OrganizationID(record), c, now)
		}
		return j.onTicket(ctx, tx, v, desk.TicketID(record), c, now)
	})
	_, unready := errors.AsType[*desk.ConfigError](err)
	if unready || desk.Permanent(err) {
		j.log.WarnContext(ctx, "scheduler can't act", "scheduler_id", v.ID, "object", v.Object, "id", record, "error", err)
		return nil
	}
	if err != nil {
		return fmt.Errorf("scheduler %d on %s %d: %w", v.ID, v.Object, record, err)
	}
	return nil
}

func (j *Run) onTicket(ctx context.Context, tx *store.Store, v desk.Scheduler, id desk.TicketID, c *desk.Catalog, now time.Time) error {
	ticket, err := tx.LockTicket(ctx, id)
	if err != nil {
		return err
	}
	_, err = j.performer.On(ctx, tx, perform.Task{
		Ticket: ticket, Perform: v.Perform, Rule: desk.ChangeSource{Type: "Job", ID: int64(v.ID), Name: v.Name}, Catalog: c, Now: now,
		Locale: v.Localization, Zone: v.Timezone, Interface: desk.ByScheduler, Quiet: v.DisableNotification,
	})
	return err
}
