package tickets

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/desk/history"
	"postroom/internal/sla"
	"postroom/internal/store/pg"
	"postroom/jobs/task"
)

// deadlines are what follows for the deadlines of a ticket that is being written. A ticket is never
// written without them: whoever writes one calls settleDeadlines before, queueAlarms with it, and
// finishDeadlines after.
type deadlines struct {
	ticket  *desk.Ticket
	before  desk.Deadlines
	catalog *desk.Catalog
	now     time.Time
	// later: only what is in the database tells what is promised, so they are calculated after the
	// ticket was written.
	later bool
}

// SettleDeadlines brings the deadlines of a ticket up to date that is about to be written. It asks
// the database only for the past of a ticket to which something is promised.
//
// article is one that is written in the same batch; nil: what there is, is written already.
func SettleDeadlines(ctx context.Context, s Keeper, c *desk.Catalog, t *desk.Ticket, isNew bool, article *desk.Article) (deadlines, error) {
	d := deadlines{ticket: t, before: t.Deadlines, catalog: c, now: time.Now().UTC()}
	if c.Settings.Bool("import_mode") || len(c.SLAs) == 0 && t.EscalationAt == nil && t.FirstResponseEscalationAt == nil &&
		t.UpdateEscalationAt == nil && t.CloseEscalationAt == nil {
		return d, nil
	}
	if isNew && t.CreatedAt.IsZero() {
		t.CreatedAt = d.now.Truncate(time.Millisecond)
	}
	promised, certain := s.choosing(c, d.now).of(t)
	if !certain {
		d.later = true
		return d, nil
	}
	calculation := calculationOf(c, t, promised, false)
	switch calculation.Step() {
	case sla.Clear:
		calculation.Clear()
	case sla.Compute:
		past, err := s.pastOf(ctx, t, isNew, promised, d.now)
		if err != nil {
			return d, err
		}
		past.Answers = append(past.Answers, answers(article, c)...)
		calculation.Compute(past)
	}
	return d, nil
}

func calculationOf(c *desk.Catalog, t *desk.Ticket, promised *sla.Promise, forced bool) *sla.Calculation {
	return &sla.Calculation{
		Ticket: t, Promise: promised, Forced: forced,
		Ignored: func(id desk.StateID) bool { return c.States[id].IgnoreEscalation },
	}
}

// answers is when an article that is just being written reaches the customer as an agent's.
func answers(a *desk.Article, c *desk.Catalog) []time.Time {
	if a == nil || a.SenderID != desk.SenderAgent || !c.ArticleTypes[a.TypeID].Communication {
		return nil
	}
	return []time.Time{a.CreatedAt}
}

// pastOf is what happened to a ticket so far, the change included that is about to be written.
func (s Keeper) pastOf(ctx context.Context, t *desk.Ticket, isNew bool, promised *sla.Promise, now time.Time) (sla.Past, error) {
	if isNew {
		return sla.Past{}, nil
	}
	all, err := s.pasts(ctx, []desk.TicketID{t.ID}, promised.UpdateTime != nil)
	if err != nil {
		return sla.Past{}, err
	}
	p := all[t.ID]
	if p == nil {
		return sla.Past{}, nil
	}
	p.upTo(t.StateID, now)
	return p.Past, nil
}

// History says what became of the deadlines. What else differs is noted by who changed it.
func (d *deadlines) History() []desk.Change {
	was, is := desk.Ticket{ID: d.ticket.ID, Deadlines: d.before}, desk.Ticket{ID: d.ticket.ID, Deadlines: d.ticket.Deadlines}
	return history.TicketChanges(was, is, d.catalog, d.ticket.UpdatedByID)
}

// QueueAlarms adds the work that is due soon. Who looks ahead once in a while announces the rest.
func QueueAlarms(s Keeper, batch *pgx.Batch, d deadlines) {
	var due []time.Time
	if t := d.ticket; t.EscalationAt != nil && !sameTime(t.EscalationAt, d.before.EscalationAt) {
		due = append(due, t.EscalationAt.Add(-desk.EscalationWarned), *t.EscalationAt)
	}
	if t := d.ticket; t.PendingTime != nil && d.catalog.Pending(t.StateID) {
		due = append(due, *t.PendingTime)
	}
	if t := d.ticket; t.OwnerID != desk.SystemUser && t.LastOwnerUpdateAt != nil {
		if minutes := d.catalog.Groups[t.GroupID].AssignmentTimeout; minutes != nil && *minutes > 0 {
			due = append(due, t.LastOwnerUpdateAt.Add(time.Duration(*minutes)*time.Minute))
		}
	}
	s.queueDue(batch, due, d.now)
}

// queueDue announces the points in time that are reached so soon that nobody looks ahead before. Of
// many that are past it announces the whole time in which they lie: most were met already.
func (s Keeper) queueDue(batch *pgx.Batch, due []time.Time, now time.Time) {
	past := map[time.Time]bool{}
	var queues, kinds []string
	var payloads [][]byte
	var times []*time.Time
	announce := func(from, until time.Time, at *time.Time) {
		work := task.DeadlinesDue{From: from, Until: until}
		payload, _ := json.Marshal(work) // of two times
		queues, kinds, payloads = append(queues, work.Queue()), append(kinds, work.Kind()), append(payloads, payload)
		times = append(times, at)
	}
	seen := map[time.Time]bool{}
	first := now
	for _, at := range due {
		second := at.UTC().Truncate(time.Second)
		switch {
		case seen[second] || second.After(now.Add(AlarmsAhead)):
		case second.After(now):
			announce(second, second.Add(time.Second), &second)
		default:
			past[second] = true
			if second.Before(first) {
				first = second
			}
		}
		seen[second] = true
	}
	if len(past) > pastApart {
		announce(first, now, nil)
		clear(past)
	}
	for second := range past {
		announce(second, second.Add(time.Second), nil)
	}
	if len(queues) > 0 {
		batch.Queue(pg.InsertOutbox, queues, kinds, payloads, times)
		pg.Announced(s.DB)
	}
}

// pastApart is how many points in time that are past are announced each on its own.
const pastApart = 4

// AlarmsAhead is how soon a point in time has to be for whoever sets it to announce it. Those further
// away are announced by who looks ahead, in steps that are shorter.
const AlarmsAhead = 3 * time.Minute

// FinishDeadlines calculates what could not be calculated before the ticket was written.
func FinishDeadlines(ctx context.Context, s Keeper, d deadlines) error {
	if !d.later {
		return nil
	}
	ticket, err := s.LockTicket(ctx, d.ticket.ID)
	if err != nil {
		return err
	}
	_, err = s.recalculate(ctx, d.catalog, []desk.Ticket{ticket}, false)
	if err != nil {
		return fmt.Errorf("deadlines of ticket %d: %w", d.ticket.ID, err)
	}
	return nil
}

func sameTime(a, b *time.Time) bool {
	return a == nil && b == nil || a != nil && b != nil && a.Equal(*b)
}
