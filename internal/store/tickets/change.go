package tickets

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/desk/history"
	"postroom/internal/store/pg"
	"postroom/jobs/task"
)

// TicketChange is what one unit of work does to a ticket, which it has locked.
type TicketChange struct {
	Before  desk.Ticket
	After   desk.Ticket
	Event   desk.TicketEvent // Type (none: update), ArticleID, By, Interface, Quiet; the rest is filled in
	Catalog *desk.Catalog
	History []desk.Change     // beside the lines for the attributes that differ
	Source  desk.ChangeSource // the rule that does it, for the history
	Private bool              // who changes it looks after what follows: nothing is announced
	Work    []task.Kind       // to be announced with it
	Saved   *desk.Ticket      // becomes the ticket as it was written, with its deadlines; nil: nobody asks
}

// ChangeTicket writes a changed ticket, its history, and the event that sets triggers off, in one
// round trip. It returns the event. Every change of a ticket that others may want to act on goes
// this way, or by AnnounceEvent.
func (s Keeper) ChangeTicket(ctx context.Context, c TicketChange) (desk.TicketEvent, error) {
	e := c.Event
	if e.Type == "" {
		e.Type = desk.EventUpdate
	}
	preferences := c.After.Preferences
	d, err := SettleDeadlines(ctx, s, c.Catalog, &c.After, false, nil)
	if err != nil {
		return e, err
	}
	after := c.After
	after.Preferences = preferences // what they remember of deadlines is no change that anybody made
	e.TicketID, e.Changes = after.ID, desk.Differences(c.Before, after, c.Catalog)
	c.After.UpdatedByID = e.By
	history := append(history.TicketChanges(c.Before, c.After, c.Catalog, e.By), c.History...)
	for i := range history {
		history[i].Source = c.Source
	}
	batch := &pgx.Batch{}
	QueueSave(batch, &c.After)
	QueueHistory(batch, history)
	QueueAlarms(s, batch, d)
	work := c.Work
	if !c.Private {
		work = append(EventWork(c.Catalog, e), c.Work...)
	}
	if err := pg.QueueWork(s.DB, batch, work...); err != nil {
		return e, err
	}
	if err := pg.SendFresh(ctx, s.DB, batch, fmt.Sprintf("change ticket %d", c.After.ID)); err != nil {
		return e, err
	}
	if c.Saved != nil {
		*c.Saved = c.After
	}
	return e, FinishDeadlines(ctx, s, d)
}

// AnnounceEvent announces what happened to a ticket that was written otherwise: it was made, or a
// time was reached.
func (s Keeper) AnnounceEvent(ctx context.Context, c *desk.Catalog, e desk.TicketEvent) error {
	work := EventWork(c, e)
	if len(work) == 0 {
		return nil
	}
	return s.Announce(ctx, work...)
}

// EventWork is the work that an event is, if anybody is to act on it.
func EventWork(c *desk.Catalog, e desk.TicketEvent) []task.Kind {
	if !e.Matters() || c.Settings.Bool("import_mode") {
		return nil
	}
	return []task.Kind{task.TicketChanged{TicketEvent: e}}
}

// nextEvent is the oldest event of a ticket that waits for its turn, up to a given one. Who is at
// work has locked the ticket: nobody else is at any of these rows.
const nextEvent = `
	SELECT id, payload
	FROM outbox
	WHERE kind = 'ticket.changed'
		AND dead_at IS NULL
		AND (payload->>'ticket_id')::bigint = $1
		AND id <= $2
	ORDER BY id
	LIMIT 1
	FOR UPDATE`

// NextEvent is an event whose turn it is.
type NextEvent struct {
	ID     desk.OutboxID
	Event  desk.TicketEvent
	Ticket desk.Ticket // locked
}

// NextEvent locks a ticket and returns the oldest of its events up to a given one, which may be that
// itself. It returns desk.ErrNotFound when all of them are done, or the ticket is gone. It is for
// brief transactions.
func (s Keeper) NextEvent(ctx context.Context, ticket desk.TicketID, upTo desk.OutboxID) (next NextEvent, err error) {
	if next.Ticket, err = s.LockTicket(ctx, ticket); err != nil {
		return next, err
	}
	var payload []byte
	if err := pg.Conn(s.DB).QueryRow(ctx, nextEvent, ticket, upTo).Scan(&next.ID, &payload); err != nil {
		return next, fmt.Errorf("events of ticket %d: %w", ticket, pg.Translate(err))
	}
	var work task.TicketChanged
	if err := json.Unmarshal(payload, &work); err != nil {
		return next, &desk.InvalidError{Field: "payload", Reason: err.Error()}
	}
	next.Event = work.TicketEvent
	return next, nil
}
