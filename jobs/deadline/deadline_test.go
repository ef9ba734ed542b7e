package deadline

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"postroom/internal/desk"
	"postroom/internal/devstack"
	"postroom/internal/store"
	"postroom/jobs"
	"postroom/jobs/jobtest"
	"postroom/jobs/task"
)

// promise has every ticket of group 1 answered within minutes, at any time of the week.
const promise = `
	INSERT INTO calendars (id, name, timezone, business_hours, updated_by_id, created_by_id)
	SELECT 90, 'Always', 'Europe/Berlin', jsonb_object_agg(day, '{"active": true, "timeframes": [["00:00", "24:00"]]}'::jsonb), 1, 1
	FROM unnest(ARRAY['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']) AS day;
	INSERT INTO slas (id, calendar_id, name, first_response_time, condition, updated_by_id, created_by_id)
	VALUES (90, 90, 'Soon', 20, '{"ticket.group_id": {"operator": "is", "value": ["1"]}}', 1, 1)`

// rig is an installation in which nobody is at work but who looks after deadlines.
type rig struct {
	*jobtest.Office
	store *store.Store
	log   *slog.Logger
}

func newRig(t *testing.T) *rig {
	t.Helper()
	o := jobtest.Open(t)
	return &rig{Office: o, store: o.Store, log: slog.New(slog.DiscardHandler)}
}

// promise makes the promise known to the store.
func (r *rig) promise() {
	r.Exec(`INSERT INTO users (id, login, updated_by_id, created_by_id) VALUES (2, 'nicole@example.org', 1, 1) ON CONFLICT DO NOTHING`)
	r.Exec(promise)
}

// ticketSince makes a ticket that has been there for a while, as anybody would make it.
func (r *rig) ticketSince(t *testing.T, number string, age time.Duration, change func(*desk.Ticket)) desk.Ticket {
	t.Helper()
	ticket := desk.Ticket{GroupID: 1, PriorityID: 2, StateID: 1, OwnerID: 1, CustomerID: 2, Number: number, Title: number}
	ticket.CreatedByID, ticket.UpdatedByID = 2, 2
	ticket.CreatedAt = time.Now().UTC().Add(-age).Truncate(time.Millisecond)
	if change != nil {
		change(&ticket)
	}
	if err := r.store.InsertTicket(t.Context(), &ticket); err != nil {
		t.Fatal(err)
	}
	return ticket
}

func (r *rig) stateOfType(t *testing.T, name string) desk.StateID {
	return jobtest.Ask[desk.StateID](r.Office, `SELECT s.id FROM ticket_states s JOIN ticket_state_types y ON y.id = s.state_type_id WHERE y.name = $1 ORDER BY s.id LIMIT 1`, name)
}

// events are what was announced of a ticket by the clock, with when that was.
func (r *rig) events(t *testing.T, id desk.TicketID) map[string]time.Time {
	t.Helper()
	rows, err := r.DB.Query(t.Context(), `
		SELECT payload->>'type', created_at
		FROM outbox
		WHERE kind = 'ticket.changed' AND (payload->>'ticket_id')::bigint = $1
			AND payload->>'type' IN ('escalation', 'escalation_warning', 'reminder_reached')`, id)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]time.Time{}
	for rows.Next() {
		var name string
		var at time.Time
		if err := rows.Scan(&name, &at); err != nil {
			t.Fatal(err)
		}
		found[name] = at
	}
	return found
}

// start runs something until the test ends.
func start(t *testing.T, run func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := run(ctx); err != nil {
			t.Errorf("stopped with %v", err)
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
}

// runSLA runs all that has to do with deadlines.
func (r *rig) runSLA(t *testing.T) {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{URL: r.DB.Config().ConnString(), MaxConns: 12, SecretKey: make([]byte, 32)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	redis, err := jobs.Dial(devstack.Redis(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = redis.Close() })
	start(t, jobs.NewRelay(s, redis, r.log).Run)
	start(t, jobs.Leading(s, r.log, "deadlines", NewClock(s, r.log).Run))
	start(t, jobs.NewWorkers(s, redis, r.log, jobs.WorkersOptions{
		Counts: map[string]int{task.SLA: 2, task.Maintenance: 1}, ShutdownWithin: 5 * time.Second,
	}, jobs.Handle(NewMeet(s, r.log), jobs.Patient(MeetTimeout)), jobs.Handle(NewRebuild(s, r.log), jobs.Patient(RebuildTimeout))).Run)
}

func TestDeadlinesAreMetAtTheirTime(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.promise()
	r.Exec(`UPDATE groups SET assignment_timeout = 1 WHERE id = 1`)
	r.runSLA(t)
	warned := r.ticketSince(t, "w", 5*time.Minute-2*time.Second, nil)
	answered := r.ticketSince(t, "a", 20*time.Minute-6*time.Second, nil)
	answered.FirstResponseAt = new(time.Now())
	if err := r.store.SaveTicket(t.Context(), answered); err != nil {
		t.Fatal(err)
	}
	escalating := r.ticketSince(t, "e", 20*time.Minute-6*time.Second, nil)
	reminded := r.ticketSince(t, "r", time.Hour, func(v *desk.Ticket) {
		v.StateID, v.PendingTime = r.stateOfType(t, desk.StateTypePendingReminder), new(time.Now().Add(-time.Minute))
	})
	closing := r.ticketSince(t, "c", time.Hour, func(v *desk.Ticket) {
		v.StateID, v.PendingTime = r.stateOfType(t, desk.StateTypePendingAction), new(time.Now().Add(-time.Minute).Truncate(time.Minute))
	})
	idle := r.ticketSince(t, "i", time.Hour, func(v *desk.Ticket) {
		v.StateID, v.OwnerID, v.LastOwnerUpdateAt = 2, 2, new(time.Now().Add(-50*time.Second))
	})
	if !jobtest.Eventually(time.Minute, func() bool { return !r.events(t, escalating.ID)["escalation"].IsZero() }) {
		t.Fatalf("events %v, want an escalation", r.events(t, escalating.ID))
	}
	for _, tc := range []struct {
		ticket desk.Ticket
		event  string
		due    time.Time
	}{
		{warned, "escalation_warning", warned.EscalationAt.Add(-desk.EscalationWarned)},
		{escalating, "escalation_warning", time.Now().Add(-time.Minute)},
		{escalating, "escalation", *escalating.EscalationAt},
		{reminded, "reminder_reached", *reminded.PendingTime},
	} {
		var at time.Time
		if !jobtest.Eventually(time.Minute, func() bool { at = r.events(t, tc.ticket.ID)[tc.event]; return !at.IsZero() }) {
			t.Errorf("ticket %s: no %s, due at %s", tc.ticket.Number, tc.event, tc.due)
		}
		// Several processes read the clock, which may be set back a little meanwhile.
		if at.Before(tc.due.Add(-200 * time.Millisecond)) {
			t.Errorf("ticket %s: %s at %s, due at %s", tc.ticket.Number, tc.event, at, tc.due)
		}
	}
	if got := r.events(t, warned.ID); len(got) != 1 {
		t.Errorf("a warned ticket has events %v", got)
	}
	if at := r.events(t, answered.ID)["escalation"]; !at.IsZero() {
		t.Error("an answered ticket escalated")
	}
	if !jobtest.Eventually(time.Minute, func() bool {
		got, err := r.store.Ticket(t.Context(), closing.ID)
		return err == nil && got.StateID == 4 && got.PendingTime == nil && got.CloseAt != nil
	}) {
		t.Error("a ticket that waits to be closed is not")
	}
	if !jobtest.Eventually(time.Minute, func() bool {
		got, err := r.store.Ticket(t.Context(), idle.ID)
		return err == nil && got.OwnerID == desk.SystemUser && got.LastOwnerUpdateAt == nil
	}) {
		t.Error("a ticket keeps its idle owner")
	}
	if n := jobtest.Ask[int](r.Office, `SELECT count(*) FROM history WHERE o_id = $1 AND attribute = 'owner' AND created_by_id = 1`, idle.ID); n != 1 {
		t.Errorf("%d lines of history about the owner, want 1", n)
	}
	if n := jobtest.Ask[int](r.Office, `SELECT count(*) FROM activity_stream WHERE object = 'Ticket' AND type = 'update' AND created_by_id = 1`); n != 2 {
		t.Errorf("%d activities, want one of each ticket that was changed", n)
	}
}

func TestWhatWasMissedIsFoundOnceAndAgainTheNextDay(t *testing.T) {
	t.Parallel()
	jobtest.SameDay(t)
	r := newRig(t)
	r.promise()
	missed := r.ticketSince(t, "m", 24*time.Hour, nil)
	r.Exec(`DELETE FROM outbox; UPDATE tickets SET updated_at = now() - interval '1 minute'`)
	clock := NewClock(r.store, r.log)
	importing := func(on string) {
		r.Exec(`UPDATE settings SET state_current = '{"value": ` + on + `}' WHERE name = 'import_mode'`)
	}
	importing("true")
	for round, want := range []int{0, 1, 1, 2, 2} {
		switch round {
		case 1: // what nobody would have heard of is announced now
			importing("false")
		case 3:
			r.Exec(`UPDATE deadline_events SET day = day - 1`)
		}
		if err := clock.lookBack(t.Context()); err != nil {
			t.Fatal(err)
		}
		got := jobtest.Ask[int](r.Office, `SELECT count(*) FROM outbox WHERE kind = 'ticket.changed' AND payload->>'type' = 'escalation' AND (payload->>'ticket_id')::bigint = $1`, missed.ID)
		if got != want {
			t.Errorf("after look %d: %d escalations, want %d", round, got, want)
		}
	}
}

func TestChangedPromisesReachAllOpenTickets(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Exec(`INSERT INTO users (id, login, updated_by_id, created_by_id) VALUES (2, 'nicole@example.org', 1, 1) ON CONFLICT DO NOTHING`)
	r.Exec(`
		INSERT INTO tickets (id, group_id, priority_id, state_id, number, title, customer_id, updated_by_id, created_by_id, created_at)
		SELECT 1000 + n, 1, 2, CASE WHEN n % 3 = 0 THEN 4 ELSE 2 END, 'n' || n, 'x', 2, 2, 2, now() FROM generate_series(1, 1800) n`)
	r.promise()
	id := jobtest.Ask[desk.OutboxID](r.Office, `SELECT id FROM outbox WHERE kind = 'deadlines.rebuild'`)
	rebuild := jobtest.Ask[desk.DeadlineRebuildID](r.Office, `SELECT id FROM deadline_rebuilds WHERE started_at IS NULL`)
	job, work := NewRebuild(r.store, r.log), task.DeadlinesToRebuild{RebuildID: rebuild}
	// Somebody began and died.
	c, err := job.start(t.Context(), rebuild)
	if err != nil {
		t.Fatal(err)
	}
	if n, last, err := r.store.StepDeadlineRebuild(t.Context(), c, rebuild, 100); n != 100 || last || err != nil {
		t.Fatalf("first step: %d tickets, last: %v, %v", n, last, err)
	}
	for range 2 { // a task may come twice
		if err := job.Work(t.Context(), work, id); err != nil {
			t.Fatal(err)
		}
	}
	progress := func() string {
		return jobtest.Ask[string](r.Office, `SELECT concat_ws(' ', looked_at, changed, finished_at IS NOT NULL) FROM deadline_rebuilds ORDER BY id DESC LIMIT 1`)
	}
	open := jobtest.Ask[int](r.Office, `SELECT count(*) FROM tickets WHERE state_id <> 4`)
	if got, want := progress(), fmt.Sprintf("%d %d t", open, open); got != want {
		t.Errorf("tickets looked at, changed, finished: %s, want %s", got, want)
	}
	wrong := jobtest.Ask[int](r.Office, `SELECT count(*) FROM tickets WHERE escalation_at IS DISTINCT FROM CASE WHEN state_id <> 4 THEN created_at + interval '20 minutes' END`)
	if wrong != 0 {
		t.Errorf("%d tickets have a wrong deadline", wrong)
	}
	if lines := jobtest.Ask[int](r.Office, `SELECT count(*) FROM history WHERE attribute = 'escalation_at'`); lines != open {
		t.Errorf("%d lines of history, want %d", lines, open)
	}
	// A change that changes nothing is not asked for; one that is asked for changes nothing twice.
	r.Exec(`UPDATE slas SET name = 'Sooner'; UPDATE calendars SET last_sync = now()`)
	if n := jobtest.Ask[int](r.Office, `SELECT count(*) FROM deadline_rebuilds WHERE started_at IS NULL`); n != 0 {
		t.Errorf("%d calculations wait after a new name", n)
	}
	r.Exec(`UPDATE calendars SET timezone = 'UTC' WHERE id = 90; UPDATE slas SET response_time = 10`)
	if n := jobtest.Ask[int](r.Office, `SELECT count(*) FROM deadline_rebuilds WHERE started_at IS NULL`); n != 1 {
		t.Errorf("%d calculations wait, want one for both changes", n)
	}
}

func TestAStepLooksAtNoMoreThanItShould(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Exec(`INSERT INTO users (id, login, updated_by_id, created_by_id) VALUES (2, 'nicole@example.org', 1, 1) ON CONFLICT DO NOTHING`)
	// A long run of closed tickets, with a gap between the ids, and an open one behind.
	r.Exec(`
		UPDATE tickets SET state_id = 4; -- the one that greets
		INSERT INTO tickets (id, group_id, priority_id, state_id, number, title, customer_id, updated_by_id, created_by_id, created_at)
		SELECT 1000 + n + n / 100 * 1000000, 1, 2, CASE WHEN n = 250 THEN 2 ELSE 4 END, 'n' || n, 'x', 2, 2, 2, now() FROM generate_series(1, 260) n`)
	r.promise()
	rebuild := jobtest.Ask[desk.DeadlineRebuildID](r.Office, `SELECT id FROM deadline_rebuilds WHERE started_at IS NULL`)
	c, err := NewRebuild(r.store, r.log).start(t.Context(), rebuild)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		n    int
		last bool
	}{{0, false}, {0, false}, {1, true}} {
		n, last, err := r.store.StepDeadlineRebuild(t.Context(), c, rebuild, 10)
		if n != want.n || last != want.last || err != nil {
			t.Errorf("step %d: %d tickets, last: %v, %v; want %d, %v", i, n, last, err, want.n, want.last)
		}
	}
	if n := jobtest.Ask[int](r.Office, `SELECT count(*) FROM tickets WHERE escalation_at IS NOT NULL`); n != 1 {
		t.Errorf("%d tickets have a deadline, want the open one", n)
	}
}

func TestTagChangesWhatIsPromised(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.promise()
	r.Exec(`INSERT INTO slas (calendar_id, name, first_response_time, condition, updated_by_id, created_by_id)
		VALUES (90, 'Important', 5, '{"ticket.tags": {"operator": "contains one", "value": "vip"}}', 1, 1)`)
	ticket := r.ticketSince(t, "t", 0, nil)
	byRule := func(add, remove []string) func() error {
		return func() error {
			return r.store.TagTicket(t.Context(), ticket.ID, add, remove, 1, desk.ChangeSource{Type: "Trigger", ID: 1, Name: "vip"})
		}
	}
	for _, step := range []struct {
		change func() error
		want   time.Duration
	}{
		{func() error {
			return r.store.AttachTags(t.Context(), desk.ObjectTicket, int64(ticket.ID), []string{"vip"}, 2, true)
		}, 5 * time.Minute},
		{func() error {
			_, err := r.store.DetachTag(t.Context(), desk.ObjectTicket, int64(ticket.ID), "vip", 2)
			return err
		}, 20 * time.Minute},
		{byRule([]string{"vip"}, nil), 5 * time.Minute},
		{byRule(nil, []string{"vip"}), 20 * time.Minute},
	} {
		if err := step.change(); err != nil {
			t.Fatal(err)
		}
		id := jobtest.Ask[desk.OutboxID](r.Office, `SELECT id FROM outbox WHERE kind = 'deadlines.follow'`)
		for range 2 { // a task may come twice
			if err := NewFollow(r.store).Work(t.Context(), task.DeadlinesToFollow{TicketID: ticket.ID}, id); err != nil {
				t.Fatal(err)
			}
		}
		got, err := r.store.Ticket(t.Context(), ticket.ID)
		if err != nil || got.EscalationAt == nil || !got.EscalationAt.Equal(ticket.CreatedAt.Add(step.want)) {
			t.Errorf("escalates at %v (%v), want %s after %s", got.EscalationAt, err, step.want, ticket.CreatedAt)
		}
	}
}
