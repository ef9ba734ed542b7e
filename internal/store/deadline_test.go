package store_test

import (
	"fmt"
	"testing"
	"time"

	"postroom/internal/desk"
	"postroom/internal/desk/history"
)

// always is a calendar of people who never sleep, and a state in which nobody's clock runs.
const always = `
	INSERT INTO ticket_state_types (id, name) VALUES (3, 'pending reminder');
	INSERT INTO ticket_states (id, state_type_id, name, ignore_escalation, updated_by_id, created_by_id) VALUES (3, 3, 'pending reminder', true, 1, 1);
	UPDATE ticket_states SET ignore_escalation = true WHERE id = 4;
	INSERT INTO calendars (id, name, timezone, business_hours, updated_by_id, created_by_id)
	SELECT 1, 'Always', 'UTC', jsonb_object_agg(day, '{"active": true, "timeframes": [["00:00", "24:00"]]}'::jsonb), 1, 1
	FROM unnest(ARRAY['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']) AS day`

// promise makes an SLA with a condition; the names of SLAs say in which order they are looked at.
func (b *base) promise(name, condition string, minutes int) {
	b.t.Helper()
	b.exec(`INSERT INTO slas (calendar_id, name, first_response_time, solution_time, condition, updated_by_id, created_by_id)
		VALUES (1, $1, $2::int, $2::int * 10, $3::jsonb, 1, 1)`, name, minutes, condition)
	b.ForgetCatalog()
}

// since is a ticket that was made a while ago.
func (b *base) since(number, title string, age time.Duration) desk.Ticket {
	b.t.Helper()
	t := desk.Ticket{Number: number, Title: title, GroupID: 1, StateID: 1, PriorityID: 2, OwnerID: 1, CustomerID: 2}
	t.CreatedByID, t.UpdatedByID, t.CreatedAt = 2, 2, time.Now().UTC().Add(-age).Truncate(time.Minute)
	if err := b.InsertTicket(b.t.Context(), &t); err != nil {
		b.t.Fatal(err)
	}
	return t
}

// changeTicket changes a ticket as anybody does.
func (b *base) changeTicket(id desk.TicketID, change func(*desk.Ticket)) desk.Ticket {
	b.t.Helper()
	before, err := b.LockTicket(b.t.Context(), id)
	if err != nil {
		b.t.Fatal(err)
	}
	c, err := b.Catalog(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	after := before
	change(&after)
	after.Settle(before, c, time.Now())
	if err := b.SaveTicket(b.t.Context(), after); err != nil {
		b.t.Fatal(err)
	}
	if err := b.AddHistory(b.t.Context(), history.TicketChanges(before, after, c, 2)); err != nil {
		b.t.Fatal(err)
	}
	saved, err := b.Ticket(b.t.Context(), id)
	if err != nil {
		b.t.Fatal(err)
	}
	return saved
}

func TestPromiseIsChosenByWhatItsConditionSees(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.exec(always)
	b.promise("1 customer", `{"customer.login": {"operator": "contains", "value": "nicole"}, "ticket.title": {"operator": "contains", "value": "fire"}}`, 10)
	b.promise("2 row", `{"ticket.title": {"operator": "contains", "value": "urgent"}, "ticket_state.name": {"operator": "is", "value": "new"}}`, 20)
	b.promise("3 tag", `{"ticket.tags": {"operator": "contains one", "value": "vip"}}`, 30)
	b.promise("4 article", `{"article.body": {"operator": "contains", "value": "help"}}`, 40)
	b.promise("5 nobody is signed in", `{"ticket.owner_id": {"operator": "is", "pre_condition": "current_user.id"}}`, 50)
	b.promise("6 not to be read", `{"ticket.gone": {"operator": "is", "value": "1"}}`, 60)
	b.promise("7 everybody else", `{}`, 70)
	for i, tc := range []struct {
		title string
		tag   bool
		body  bool
		want  int
	}{
		{"urgent fire", false, false, 10},
		{"urgent", true, true, 20},
		{"calm", true, true, 30},
		{"calm", false, true, 40},
		{"calm", false, false, 70},
	} {
		ticket := b.since(fmt.Sprint("p", i), tc.title, time.Hour)
		if tc.body {
			b.article(ticket.ID)
		}
		if tc.tag {
			if err := b.AttachTags(t.Context(), desk.ObjectTicket, int64(ticket.ID), []string{"vip"}, 2, true); err != nil {
				t.Fatal(err)
			}
		}
		saved := b.changeTicket(ticket.ID, func(*desk.Ticket) {})
		want := ticket.CreatedAt.Add(time.Duration(tc.want) * time.Minute)
		if saved.EscalationAt == nil || !saved.EscalationAt.Equal(want) {
			t.Errorf("%+v: escalates at %v, want %s", tc, saved.EscalationAt, want)
		}
	}
}

func TestDeadlinesFollowATicketThroughItsLife(t *testing.T) {
	t.Parallel()
	for name, condition := range map[string]string{
		"before it is written":             `{"ticket.number": {"operator": "contains", "value": "n"}}`,
		"after the database told about it": `{"customer.login": {"operator": "contains", "value": "nicole"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t)
			b.exec(always)
			b.promise("only", condition, 60)
			ticket := b.since("n1", "x", 3*time.Hour)
			due := func(minutes int) time.Time { return ticket.CreatedAt.Add(time.Duration(minutes) * time.Minute) }
			want := func(what string, got *time.Time, minutes int) {
				t.Helper()
				if minutes == 0 && got != nil || minutes > 0 && (got == nil || !got.Equal(due(minutes))) {
					t.Errorf("%s is %v, want %s (0: none)", what, got, due(minutes))
				}
			}
			saved := b.changeTicket(ticket.ID, func(*desk.Ticket) {})
			want("new ticket: escalation_at", saved.EscalationAt, 60)
			want("new ticket: close_escalation_at", saved.CloseEscalationAt, 600)

			saved = b.changeTicket(ticket.ID, func(v *desk.Ticket) { v.StateID = 3 })
			want("waiting: escalation_at", saved.EscalationAt, 0)
			want("waiting: close_escalation_at", saved.CloseEscalationAt, 0)

			// It waited for half an hour.
			b.exec(`UPDATE history SET created_at = date_trunc('minute', $2::timestamptz) + interval '50 minutes' WHERE o_id = $1 AND attribute = 'state'`, ticket.ID, ticket.CreatedAt)
			b.exec(`INSERT INTO history (object, o_id, type, attribute, value_from, value_to, id_from, id_to, created_by_id, created_at)
				VALUES ('Ticket', $1, 'updated', 'state', 'pending reminder', 'new', 3, 1, 2, date_trunc('minute', $2::timestamptz) + interval '80 minutes')`, ticket.ID, ticket.CreatedAt)
			b.exec(`UPDATE tickets SET state_id = 1 WHERE id = $1`, ticket.ID)
			saved = b.changeTicket(ticket.ID, func(*desk.Ticket) {})
			want("back at work: first_response_escalation_at", saved.FirstResponseEscalationAt, 90)
			want("back at work: close_escalation_at", saved.CloseEscalationAt, 630)

			saved = b.changeTicket(ticket.ID, func(v *desk.Ticket) { v.FirstResponseAt = new(due(120)) })
			want("answered: first_response_escalation_at", saved.FirstResponseEscalationAt, 0)
			want("answered: escalation_at", saved.EscalationAt, 630)
			if saved.FirstResponseInMin == nil || *saved.FirstResponseInMin != 90 || *saved.FirstResponseDiffInMin != -30 {
				t.Errorf("answered after %v minutes, %v left; want 90, -30", saved.FirstResponseInMin, saved.FirstResponseDiffInMin)
			}
			saved = b.changeTicket(ticket.ID, func(v *desk.Ticket) { v.StateID = 4 })
			want("closed: escalation_at", saved.EscalationAt, 0)
			if saved.CloseInMin == nil || *saved.CloseInMin < 149 || *saved.CloseInMin > 159 || *saved.CloseDiffInMin != 600-*saved.CloseInMin {
				t.Errorf("closed after %v minutes, want about 150", saved.CloseInMin)
			}
			if lines := ask[int](b, `SELECT count(*) FROM history WHERE o_id = $1 AND attribute = 'first_response_in_min' AND value_to = '90'`, ticket.ID); lines != 1 {
				t.Errorf("%d lines of history about the first response, want 1", lines)
			}
		})
	}
}

// Only what nobody announces in time later on is announced by who writes the ticket.
func TestWhatIsDueSoonIsAnnouncedAtOnce(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.exec(always)
	b.promise("row", `{"ticket.title": {"operator": "contains", "value": "Printer"}}`, 20)
	for i, tc := range []struct {
		title string
		age   time.Duration
		want  int
	}{
		{"Printer", 0, 0},                // the warning is due in five minutes
		{"Printer", 3 * time.Minute, 1},  // in two
		{"Printer", 8 * time.Minute, 1},  // it is past
		{"Printer", 18 * time.Minute, 2}, // it escalates in two
		{"Printer", 30 * time.Minute, 2}, // that is past, too
		{"Kettle", 30 * time.Minute, 0},
	} {
		b.exec(`DELETE FROM outbox WHERE kind = 'deadlines.due'`)
		made := b.since(fmt.Sprint("s", i), tc.title, tc.age)
		if n := ask[int](b, `SELECT count(*) FROM outbox WHERE kind = 'deadlines.due'`); n != tc.want {
			t.Errorf("%s, %s old, escalates at %v: %d points in time are announced, want %d", tc.title, tc.age, made.EscalationAt, n, tc.want)
		}
	}
}
