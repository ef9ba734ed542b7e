package tickets

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/desk/history"
	"postroom/internal/sla"
	"postroom/internal/store/pg"
)

// recalculate brings the deadlines of tickets up to date that are in the database as they are here,
// and locked. It returns how many it changed. forced: all of them are calculated anew.
func (s Keeper) recalculate(ctx context.Context, c *desk.Catalog, tickets []desk.Ticket, forced bool) (int, error) {
	now := time.Now().UTC()
	run := &recalculation{catalog: c, now: now, choosing: s.choosing(c, now)}
	if err := run.choose(ctx, s.DB, tickets, forced); err != nil {
		return 0, err
	}
	pasts, err := s.pasts(ctx, run.pastNeeded, run.withAnswers)
	if err != nil {
		return 0, err
	}
	for _, calculation := range run.compute {
		t := calculation.Ticket
		before := *t
		var known sla.Past
		if p := pasts[t.ID]; p != nil {
			p.upTo(t.StateID, t.UpdatedAt)
			known = p.Past
		}
		calculation.Compute(known)
		run.note(before, *t, calculation.Remembered)
	}
	return len(run.ids), run.write(ctx, s.DB)
}

// recalculation collects what becomes of the deadlines of many tickets.
type recalculation struct {
	catalog  *desk.Catalog
	now      time.Time
	choosing *choosing

	compute     []*sla.Calculation
	pastNeeded  []desk.TicketID
	withAnswers bool

	ids      []desk.TicketID
	after    []desk.Ticket
	memories [][]byte
	history  []desk.Change
	due      []time.Time
}

// choose finds the promise of each ticket, and takes the deadlines from those that have none.
func (r *recalculation) choose(ctx context.Context, s *pg.DB, tickets []desk.Ticket, forced bool) error {
	var ask []desk.TicketID
	chosen, certain := make([]*sla.Promise, len(tickets)), make([]bool, len(tickets))
	for i := range tickets {
		if chosen[i], certain[i] = r.choosing.of(&tickets[i]); !certain[i] {
			ask = append(ask, tickets[i].ID)
		}
	}
	if len(ask) > 0 {
		if err := r.choosing.ask(ctx, s, ask); err != nil {
			return err
		}
	}
	for i := range tickets {
		t := &tickets[i]
		promised := chosen[i]
		if !certain[i] {
			promised, _ = r.choosing.of(t)
		}
		calculation := calculationOf(r.catalog, t, promised, forced)
		switch calculation.Step() {
		case sla.Clear:
			before := *t
			calculation.Clear()
			r.note(before, *t, calculation.Remembered)
		case sla.Compute:
			r.compute = append(r.compute, calculation)
			r.pastNeeded = append(r.pastNeeded, t.ID)
			r.withAnswers = r.withAnswers || promised.UpdateTime != nil
		}
	}
	return nil
}

// note collects what is to be written of a ticket, if anything changed.
func (r *recalculation) note(before, after desk.Ticket, remembered bool) {
	changes := history.TicketChanges(before, after, r.catalog, after.UpdatedByID)
	if len(changes) == 0 && !remembered {
		return
	}
	memory, _ := json.Marshal(after.Preferences[sla.MemoryKey]) // of texts and numbers
	r.ids, r.after, r.memories = append(r.ids, after.ID), append(r.after, after), append(r.memories, memory)
	r.history = append(r.history, changes...)
	if after.EscalationAt != nil && !sameTime(before.EscalationAt, after.EscalationAt) {
		r.due = append(r.due, after.EscalationAt.Add(-desk.EscalationWarned), *after.EscalationAt)
	}
}

const saveDeadlines = `
	UPDATE tickets t
	SET escalation_at = n.escalation_at,
		first_response_escalation_at = n.first_response_escalation_at,
		first_response_in_min = n.first_response_in_min,
		first_response_diff_in_min = n.first_response_diff_in_min,
		update_escalation_at = n.update_escalation_at,
		update_in_min = n.update_in_min,
		update_diff_in_min = n.update_diff_in_min,
		close_escalation_at = n.close_escalation_at,
		close_in_min = n.close_in_min,
		close_diff_in_min = n.close_diff_in_min,
		preferences = CASE WHEN n.memory = 'null' THEN t.preferences ELSE t.preferences || jsonb_build_object('` + sla.MemoryKey + `', n.memory) END,
		updated_at = clock_timestamp()
	FROM unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[], $4::integer[], $5::integer[], $6::timestamptz[],
			$7::integer[], $8::integer[], $9::timestamptz[], $10::integer[], $11::integer[], $12::jsonb[])
		AS n (id, escalation_at, first_response_escalation_at, first_response_in_min, first_response_diff_in_min,
			update_escalation_at, update_in_min, update_diff_in_min, close_escalation_at, close_in_min, close_diff_in_min, memory)
	WHERE t.id = n.id`

// write stores all that changed in one round trip.
func (r *recalculation) write(ctx context.Context, s *pg.DB) error {
	if len(r.ids) == 0 {
		return nil
	}
	batch := &pgx.Batch{}
	batch.Queue(saveDeadlines, append(append([]any{r.ids}, r.columns()...), r.memories)...)
	QueueHistory(batch, r.history)
	On(s).queueDue(batch, r.due, r.now)
	return pg.Send(ctx, s, batch, "save deadlines")
}

// columns are $2 to $11 of saveDeadlines.
func (r *recalculation) columns() []any {
	times := func(of func(desk.Deadlines) *time.Time) (list []*time.Time) {
		for _, t := range r.after {
			list = append(list, of(t.Deadlines))
		}
		return list
	}
	minutes := func(of func(desk.Deadlines) *int) (list []*int) {
		for _, t := range r.after {
			list = append(list, of(t.Deadlines))
		}
		return list
	}
	return []any{
		times(func(d desk.Deadlines) *time.Time { return d.EscalationAt }),
		times(func(d desk.Deadlines) *time.Time { return d.FirstResponseEscalationAt }),
		minutes(func(d desk.Deadlines) *int { return d.FirstResponseInMin }),
		minutes(func(d desk.Deadlines) *int { return d.FirstResponseDiffInMin }),
		times(func(d desk.Deadlines) *time.Time { return d.UpdateEscalationAt }),
		minutes(func(d desk.Deadlines) *int { return d.UpdateInMin }),
		minutes(func(d desk.Deadlines) *int { return d.UpdateDiffInMin }),
		times(func(d desk.Deadlines) *time.Time { return d.CloseEscalationAt }),
		minutes(func(d desk.Deadlines) *int { return d.CloseInMin }),
		minutes(func(d desk.Deadlines) *int { return d.CloseDiffInMin }),
	}
}
