// Package trigger lets triggers act on what happens to tickets.
//
// In come events, each with the change that caused it already committed; out go the tickets as the
// triggers leave them, and the announcement of whatever else follows an event. The events of one
// ticket are worked off in the order in which they happened, each in one transaction. How a
// condition is judged is for package rules, what an action does for package perform.
package trigger

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"postroom/internal/desk"
	"postroom/internal/perform"
	"postroom/internal/store"
	"postroom/internal/store/tickets"
	"postroom/jobs/task"
)

// Triggers is the job of task.TicketChanged.
type Triggers struct {
	store     *store.Store
	performer *perform.Performer
	log       *slog.Logger
	then      []Then
	rules     atomic.Pointer[set]
}

// Then says what else is to be done about an event, after the triggers; nil: nothing.
type Then func(*desk.Catalog, desk.TicketEvent) task.Kind

// New returns the job. It starts nothing.
func New(s *store.Store, performer *perform.Performer, log *slog.Logger, then ...Then) *Triggers {
	return &Triggers{store: s, performer: performer, log: log, then: then}
}

// Timeout is the time that the events of a ticket may take.
const Timeout = 2 * time.Minute

// Work works off an event, after those of the same ticket that are older.
func (j *Triggers) Work(ctx context.Context, t task.TicketChanged, id desk.OutboxID) error {
	for {
		var next tickets.NextEvent
		err := j.store.InBriefTx(ctx, func(tx *store.Store) (err error) {
			next, err = tx.NextEvent(ctx, t.TicketID, id)
			if errors.Is(err, desk.ErrNotFound) {
				next.ID = id // done already, together with an event that came later; or the ticket is gone
				return tx.FinishTask(ctx, id)
			}
			if err != nil {
				return err
			}
			work, err := j.follow(ctx, tx, next)
			if err != nil {
				return err
			}
			return tx.PassOn(ctx, next.ID, work...)
		})
		if err != nil || next.ID == id {
			return err
		}
	}
}

// follow lets the triggers act on an event. It returns what else is to be done about it.
func (j *Triggers) follow(ctx context.Context, tx *store.Store, next tickets.NextEvent) ([]task.Kind, error) {
	c, err := j.store.Catalog(ctx)
	if err != nil || c.Settings.Bool("import_mode") {
		return nil, err
	}
	if rules := j.compiled(ctx, c); rules.concern(next.Event) {
		all := &chain{
			Triggers: j, tx: tx, catalog: c, rules: rules, first: next.Event, ticket: next.Ticket,
			now: present(next.Ticket.UpdatedAt), done: map[desk.TriggerID]bool{},
		}
		switch err := all.run(ctx); {
		case errors.Is(err, desk.ErrNotFound):
			return nil, nil // a trigger deleted the ticket
		case err != nil:
			return nil, err
		}
		next.Event.StateMoved = all.ticket.StateID != next.Ticket.StateID
	}
	var work []task.Kind
	for _, then := range j.then {
		if kind := then(c, next.Event); kind != nil {
			work = append(work, kind)
		}
	}
	return work, nil
}

// present is the time, and not before a ticket was changed: the clock of the machine that changed it may
// be ahead of ours a little, and conditions ask what happened until now.
func present(changed time.Time) time.Time {
	now := time.Now().UTC()
	if ahead := changed.Sub(now); ahead > 0 && ahead < time.Minute {
		return changed.UTC()
	}
	return now
}

// compiled returns the triggers of a catalog, parsed once.
func (j *Triggers) compiled(ctx context.Context, c *desk.Catalog) *set {
	if known := j.rules.Load(); known != nil && known.catalog == c {
		return known
	}
	fresh := compile(c, func(t desk.Trigger, err error) {
		j.log.WarnContext(ctx, "trigger can't be used: its condition names what is gone", "trigger_id", t.ID, "error", err)
	})
	j.rules.Store(fresh)
	return fresh
}
