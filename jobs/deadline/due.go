package deadline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"postroom/internal/desk"
	"postroom/internal/desk/workspace"
	"postroom/internal/pause"
	"postroom/internal/store"
	"postroom/internal/store/tickets"
	"postroom/jobs/task"
)

// Meet acts when tickets reach a point in time: it announces that they escalate, that they
// soon will, or that somebody wanted to be reminded; it closes what waits to be closed, and takes
// tickets from owners who do nothing.
//
// What is due is looked up when it is time, so a deadline that moved meanwhile needs no care. A point
// in time is announced once, and again on every further day on which it is still so.
type Meet struct {
	store *store.Store
	log   *slog.Logger
}

// NewMeet returns the job of task.DeadlinesDue.
func NewMeet(s *store.Store, log *slog.Logger) *Meet {
	return &Meet{s, log}
}

const (
	// MeetTimeout is the time that one attempt may take.
	MeetTimeout = 2 * time.Minute

	dueAtOnce = 200  // tickets of one transaction
	dueRead   = 1000 // points in time of one look
)

// Work waits for each point in time of its second: queues know seconds only, and a deadline is not
// to be announced before it is reached.
func (j *Meet) Work(ctx context.Context, t task.DeadlinesDue, id desk.OutboxID) error {
	for from := t.From; ; {
		due, err := j.look(ctx, tickets.DueQuery{From: from, Until: t.Until, Now: time.Now(), Limit: dueRead})
		if err != nil {
			return err
		}
		if err := j.meetInTime(ctx, due); err != nil {
			return err
		}
		if len(due) < dueRead {
			return j.store.FinishTask(ctx, id)
		}
		from = due[len(due)-1].At
	}
}

// meetInTime acts on points in time, none before it is reached.
func (j *Meet) meetInTime(ctx context.Context, due []tickets.Due) error {
	for len(due) > 0 {
		if !pause.For(ctx, time.Until(due[0].At)) {
			return ctx.Err()
		}
		now, n := time.Now(), 0
		for n < len(due) && !due[n].At.After(now) {
			n++
		}
		if err := j.meet(ctx, due[:n], now); err != nil {
			return err
		}
		due = due[n:]
	}
	return nil
}

func (j *Meet) look(ctx context.Context, q tickets.DueQuery) ([]tickets.Due, error) {
	c, err := j.store.Catalog(ctx)
	if err != nil {
		return nil, err
	}
	return j.store.DueTickets(ctx, c, q)
}

// meet acts on points in time that are reached. It looks at each again when nobody else can change
// the ticket.
func (j *Meet) meet(ctx context.Context, due []tickets.Due, now time.Time) error {
	c, err := j.store.Catalog(ctx)
	if err != nil || c.Settings.Bool("import_mode") {
		return err // nobody would hear of it: who looks back finds it after the import
	}
	var announce []tickets.Due
	for _, d := range due {
		switch d.Type {
		case tickets.DueNextState:
			err = j.change(ctx, c, d, func(t *desk.Ticket) bool { return nextState(t, c, now) })
		case tickets.DueUnassigned:
			err = j.change(ctx, c, d, func(t *desk.Ticket) bool { return unassign(t, c, now) })
		default:
			announce = append(announce, d)
		}
		if err != nil {
			return fmt.Errorf("ticket %d: %w", d.TicketID, err)
		}
	}
	for len(announce) > 0 {
		n := min(dueAtOnce, len(announce))
		if err := j.announce(ctx, c, announce[:n], now); err != nil {
			return err
		}
		announce = announce[n:]
	}
	return nil
}

// announce writes the events of some tickets, in the order of time.
func (j *Meet) announce(ctx context.Context, c *desk.Catalog, due []tickets.Due, now time.Time) error {
	var ids []desk.TicketID
	for _, d := range due {
		ids = append(ids, d.TicketID)
	}
	var announced []tickets.Due
	err := j.store.InTx(ctx, func(tx *store.Store) (err error) {
		q := tickets.DueQuery{From: due[0].At, Until: due[len(due)-1].At.Add(time.Millisecond), Now: now}
		announced, err = tx.AnnounceDue(ctx, c, ids, q)
		return err
	})
	if err != nil {
		return err
	}
	for _, d := range announced {
		j.log.DebugContext(ctx, "point in time announced", "ticket_id", d.TicketID, "type", d.Type, "due_at", d.At)
	}
	return nil
}

// change changes one ticket, if it still is to be.
func (j *Meet) change(ctx context.Context, c *desk.Catalog, d tickets.Due, apply func(*desk.Ticket) bool) error {
	return j.store.InTx(ctx, func(tx *store.Store) error {
		before, err := tx.LockTicket(ctx, d.TicketID)
		if errors.Is(err, desk.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		after := before
		if !apply(&after) {
			return nil // somebody was faster
		}
		after.Settle(before, c, time.Now())
		_, err = tx.ChangeTicket(ctx, tickets.TicketChange{
			Before: before, After: after, Catalog: c,
			Event: desk.TicketEvent{By: desk.SystemUser, Interface: desk.ByScheduler},
		})
		if err != nil {
			return err
		}
		return tx.RecordActivities(ctx, workspace.TicketActivity(workspace.ActivityUpdate, after, desk.SystemUser))
	})
}

// nextState moves a ticket on whose time of waiting is over.
func nextState(t *desk.Ticket, c *desk.Catalog, now time.Time) bool {
	next := c.States[t.StateID].NextStateID
	if c.StateType(t.StateID) != desk.StateTypePendingAction || next == nil || t.PendingTime == nil || t.PendingTime.After(now) {
		return false
	}
	t.StateID = *next
	return true
}

// unassign takes a ticket from an owner who did nothing for as long as the group gives.
func unassign(t *desk.Ticket, c *desk.Catalog, now time.Time) bool {
	group := c.Groups[t.GroupID]
	typ := c.StateType(t.StateID)
	if t.OwnerID == desk.SystemUser || t.LastOwnerUpdateAt == nil || !group.Active || group.AssignmentTimeout == nil ||
		typ != desk.StateTypeNew && typ != desk.StateTypeOpen {
		return false
	}
	timeout := time.Duration(*group.AssignmentTimeout) * time.Minute
	if timeout <= 0 || t.LastOwnerUpdateAt.Add(timeout).After(now) {
		return false
	}
	t.OwnerID = desk.SystemUser
	return true
}
