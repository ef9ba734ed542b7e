package agents_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/textproto"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"postroom/channels"
	"postroom/internal/blob"
	"postroom/internal/desk"
	"postroom/internal/notify"
	"postroom/jobs/agents"
	"postroom/jobs/jobtest"
	"postroom/jobs/task"
)

// office is a fresh installation with some agents of group Users and a ticket of nobody, 900.
// Emma owns what is owned; Otto, too, has full access; Rita only reads; Sam has subscribed and reads;
// Ulf has subscribed and reads nothing.
type office struct {
	*jobtest.Office
	tell *agents.Tell
	mail *agents.Mail
	sent []channels.Outbound
	fail error // of whoever sends
}

const ticket = desk.TicketID(900)

func open(t *testing.T) *office {
	t.Helper()
	o := &office{Office: jobtest.Open(t)}
	o.tell = agents.NewTell(o.Store)
	mails, err := notify.Open(nil)
	if err != nil {
		t.Fatal(err)
	}
	o.mail = agents.NewMail(o.Store, mails, blob.New(t.TempDir()), func(desk.Channel) (channels.Sender, error) { return o, nil }, slog.New(slog.DiscardHandler))
	o.Exec(`INSERT INTO users (id, login, firstname, lastname, email, active, preferences, updated_by_id, created_by_id)
		SELECT p.id, p.login, initcap(p.login), 'Agent', p.login || '@example.com', true,
			jsonb_build_object('locale', 'en-us', 'notification_config', jsonb_build_object('matrix', state_current->'value')), 1, 1
		FROM (VALUES (51, 'emma'), (52, 'otto'), (53, 'rita'), (54, 'sam'), (55, 'ulf')) AS p (id, login),
			settings
		WHERE settings.name = 'ticket_agent_default_notifications'`)
	o.Exec(`INSERT INTO users (id, login, firstname, lastname, email, active, updated_by_id, created_by_id)
		VALUES (60, 'nina', 'Nina', 'Customer', 'nina@example.org', true, 1, 1)`)
	o.Exec(`INSERT INTO roles_users (user_id, role_id) VALUES (51, 2), (52, 2), (53, 2), (54, 2), (55, 2), (60, 3)`)
	o.Exec(`INSERT INTO groups_users (user_id, group_id, access) VALUES (51, 1, 'full'), (52, 1, 'full'), (53, 1, 'read'), (54, 1, 'read')`)
	o.Exec(`INSERT INTO tickets (id, number, title, group_id, state_id, priority_id, owner_id, customer_id, updated_by_id, created_by_id)
		VALUES (900, '10900', 'Printer burns', 1, 1, 2, 1, 60, 60, 60)`)
	o.Exec(`INSERT INTO mentions (ticket_id, user_id, updated_by_id, created_by_id) VALUES (900, 54, 1, 1), (900, 55, 1, 1)`)
	o.Exec(`INSERT INTO ticket_articles (id, ticket_id, type_id, sender_id, "from", subject, body, content_type, updated_by_id, created_by_id)
		VALUES (901, 900, 1, 2, 'Nina Customer <nina@example.org>', 'Printer', 'There is smoke & fire.', 'text/plain', 60, 60)`)
	return o
}

// Send keeps what is sent.
func (o *office) Send(_ context.Context, m channels.Outbound) ([]byte, error) {
	if o.fail != nil {
		return nil, o.fail
	}
	o.sent = append(o.sent, m)
	return nil, nil
}

func (o *office) texts(sql string, args ...any) []string {
	o.T.Helper()
	return jobtest.All[string](o.Office, sql, args...)
}

// happens works an event off, with the mails that follow from it.
func (o *office) happens(event desk.TicketEvent) {
	o.T.Helper()
	event.TicketID = ticket
	if err := o.Announce(o.T.Context(), task.AgentsToTell{TicketEvent: event}); err != nil {
		o.T.Fatal(err)
	}
	for range 2 {
		rows, _ := o.DB.Query(o.T.Context(), `SELECT id, kind, payload FROM outbox ORDER BY id`)
		type row struct {
			ID      desk.OutboxID
			Kind    string
			Payload []byte
		}
		work, err := pgx.CollectRows(rows, pgx.RowToStructByPos[row])
		if err != nil {
			o.T.Fatal(err)
		}
		for _, w := range work {
			if err := o.work(w.Kind, w.Payload, w.ID); err != nil && o.fail == nil {
				o.T.Fatal(err)
			}
		}
	}
}

func (o *office) work(kind string, payload []byte, id desk.OutboxID) error {
	switch kind {
	case task.AgentsToTell{}.Kind():
		var t task.AgentsToTell
		if err := json.Unmarshal(payload, &t); err != nil {
			return err
		}
		return o.tell.Work(o.T.Context(), t, id)
	case task.AgentMail{}.Kind():
		var t task.AgentMail
		if err := json.Unmarshal(payload, &t); err != nil {
			return err
		}
		return o.mail.Work(o.T.Context(), t, id)
	}
	return nil
}

// shown are the entries that agents see online: login, type, and whether it is seen.
func (o *office) shown() []string {
	return o.texts(`
		SELECT u.login || ' ' || n.type || CASE WHEN n.seen THEN ' seen' ELSE '' END
		FROM online_notifications n
		JOIN users u ON u.id = n.user_id
		ORDER BY n.id`)
}

func (o *office) check(what string, got []string, want ...string) {
	o.T.Helper()
	if !slices.Equal(got, want) {
		o.T.Errorf("%s: %q, want %q", what, got, want)
	}
}

func TestANewTicketIsToldOnlineAndByMail(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.Exec(`UPDATE settings SET state_current = '{"value": "archive@example.com"}' WHERE name = 'system_bcc'`)
	o.ForgetCatalog()
	o.happens(desk.TicketEvent{Type: desk.EventCreate, ArticleID: 901, By: 60, Interface: desk.ByMail})
	o.check("online", o.shown(), "emma create", "otto create", "sam create")
	o.check("history", o.texts(`SELECT value_to FROM history WHERE type = 'notification' AND o_id = 900 AND created_by_id = 60 ORDER BY id`),
		"emma@example.com(create:online,email)", "otto@example.com(create:online,email)", "sam@example.com(create:online,email)")
	if len(o.sent) != 3 {
		t.Fatalf("%d mails, want 3", len(o.sent))
	}
	first, third := o.sent[0], o.sent[2]
	if first.To != "emma@example.com" || first.Subject != "New ticket: Printer burns [Ticket#10900]" || !first.Notification || first.ContentType != "text/html" {
		t.Errorf("mail %+v", first)
	}
	for _, fact := range []string{"Nina Customer", "There is smoke &amp; fire.", "#ticket/zoom/900/901", "you work in the ticket"} {
		if !strings.Contains(first.Body, fact) {
			t.Errorf("%q is missing in %s", fact, first.Body)
		}
	}
	if form := regexp.MustCompile(`^<notification\.\d{14}\.900\.51\.\d+@`); !form.MatchString(first.MessageID) {
		t.Errorf("Message-ID %s, want one by which a bounce is known", first.MessageID)
	}
	if first.Bcc != "archive@example.com" {
		t.Errorf("a copy goes to %q", first.Bcc)
	}
	if !strings.Contains(third.Body, "you subscribed to the ticket") || first.MessageID == third.MessageID {
		t.Errorf("mail to who subscribed: %s %s", third.MessageID, third.Body)
	}
	o.check("outbox", o.texts(`SELECT kind FROM outbox`))
}

func TestWhoDidItAndWhomItDoesNotConcernIsNotTold(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.Exec(`UPDATE tickets SET owner_id = 51 WHERE id = 900`)
	o.happens(desk.TicketEvent{Type: desk.EventUpdate, By: 54, Interface: desk.ByAPI, Changes: desk.AttributeChanges{"state_id": {1, 2}}})
	o.check("online", o.shown(), "emma update")
	if len(o.sent) != 1 || !strings.Contains(o.sent[0].Body, "State: new → open") || !strings.Contains(o.sent[0].Body, "Sam Agent updated") {
		t.Errorf("mails %+v", o.sent)
	}
	o.happens(desk.TicketEvent{Type: desk.EventUpdate, By: 51, Interface: desk.ByAPI, Changes: desk.AttributeChanges{"escalation_at": {nil, "2026-01-01T00:00:00.000Z"}}})
	o.happens(desk.TicketEvent{Type: desk.EventUpdate, By: 60, Quiet: true, Changes: desk.AttributeChanges{"title": {"a", "b"}}})
	o.check("after what agents don't see, and what is done quietly", o.shown(), "emma update")
}

func TestAnswersOfMachinesAreNoNews(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.Exec(`UPDATE ticket_articles SET sender_id = 3 WHERE id = 901`)
	o.happens(desk.TicketEvent{Type: desk.EventUpdate, ArticleID: 901, By: 1})
	o.check("an automatic answer", o.shown())
	o.Exec(`UPDATE ticket_articles SET preferences = '{"notification": true}' WHERE id = 901`)
	o.happens(desk.TicketEvent{Type: desk.EventUpdate, ArticleID: 901, By: 1})
	o.check("a note about a delivery", o.shown(), "emma update", "otto update", "sam update")
}

func TestTimesAreToldOnceADay(t *testing.T) {
	t.Parallel()
	jobtest.SameDay(t)
	o := open(t)
	o.Exec(`UPDATE tickets SET owner_id = 51, escalation_at = '2026-03-02T10:00:00Z' WHERE id = 900`)
	for range 2 {
		o.happens(desk.TicketEvent{Type: desk.EventEscalationWarning, By: 1})
		o.happens(desk.TicketEvent{Type: desk.EventEscalation, By: 1})
		o.happens(desk.TicketEvent{Type: desk.EventReminderReached, By: 1})
	}
	o.check("online, an escalation in the place of its warning", o.shown(), "emma escalation", "emma reminder_reached")
	if len(o.sent) != 3 {
		t.Errorf("%d mails, want a warning, an escalation and a reminder", len(o.sent))
	}
	o.Exec(`UPDATE daily_locks SET day = day - 1`)
	o.happens(desk.TicketEvent{Type: desk.EventReminderReached, By: 1})
	if len(o.sent) != 4 {
		t.Errorf("%d mails after a day, want one more", len(o.sent))
	}
}

func TestWhoStandsInIsToldInstead(t *testing.T) {
	t.Parallel()
	o := open(t)
	away := `UPDATE users SET out_of_office = true, out_of_office_start_at = now() - interval '2 days',
		out_of_office_end_at = now() + interval '2 days', out_of_office_replacement_id = $2 WHERE id = $1`
	o.Exec(`UPDATE tickets SET owner_id = 51 WHERE id = 900`)
	o.Exec(`DELETE FROM mentions`)
	o.Exec(away, 51, 55) // Emma -> Ulf, who is away, too -> Rita
	o.Exec(away, 55, 53)
	o.happens(desk.TicketEvent{Type: desk.EventUpdate, ArticleID: 901, By: 60})
	o.check("online", o.shown(), "emma update", "rita update")
	if len(o.sent) != 2 || !strings.Contains(o.sent[1].Body, "you stand in for somebody") {
		t.Errorf("mails %+v", o.sent)
	}
	o.Exec(away, 53, 51) // a circle: everybody is away
	o.happens(desk.TicketEvent{Type: desk.EventUpdate, ArticleID: 901, By: 60})
	o.check("in a circle", o.shown(), "emma update", "rita update", "emma update", "rita update")
}

func TestWhatIsSettledCountsAsSeen(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.happens(desk.TicketEvent{Type: desk.EventCreate, ArticleID: 901, By: 60})
	o.Exec(`UPDATE tickets SET owner_id = 51, state_id = 4, updated_by_id = 52 WHERE id = 900`)
	o.happens(desk.TicketEvent{Type: desk.EventUpdate, By: 52, Quiet: true, Changes: desk.AttributeChanges{"state_id": {1, 4}}})
	o.check("closed by another", o.shown(), "emma create", "otto create seen", "sam create seen")
	o.check("settled by", o.texts(`SELECT DISTINCT updated_by_id::text FROM online_notifications WHERE seen`), "52")
	// What happens to a ticket that stays closed is news all the same.
	o.Exec(`DELETE FROM online_notifications`)
	for range 2 {
		o.happens(desk.TicketEvent{Type: desk.EventUpdate, ArticleID: 901, By: 60})
	}
	o.check("of a closed ticket", o.shown(), "emma update", "sam update", "emma update", "sam update")
	o.happens(desk.TicketEvent{Type: desk.EventUpdate, By: 1, Quiet: true, StateMoved: true})
	o.check("after triggers closed it again", o.shown(), "emma update", "sam update seen", "emma update", "sam update seen")
}

func TestNothingIsMailedWithoutAWay(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.Exec(`UPDATE channels SET active = false WHERE area = 'Email::Notification'`)
	o.ForgetCatalog()
	o.happens(desk.TicketEvent{Type: desk.EventCreate, ArticleID: 901, By: 60})
	o.check("history", o.texts(`SELECT DISTINCT split_part(value_to, '(', 2) FROM history WHERE type = 'notification'`), "create:online)")
	o.Exec(`UPDATE settings SET state_current = '{"value": true}' WHERE name = 'import_mode'`)
	o.ForgetCatalog()
	o.happens(desk.TicketEvent{Type: desk.EventUpdate, ArticleID: 901, By: 60})
	if n := len(o.shown()); n != 3 {
		t.Errorf("%d entries after an import, want 3", n)
	}
}

func TestRefusedMailIsNotTriedAgainAndOthersAre(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		err   error
		waits int
	}{
		{fmt.Errorf("send: %w", &textproto.Error{Code: 550, Msg: "no such user"}), 0},
		{&textproto.Error{Code: 451, Msg: "greylisted"}, 0},
		{&desk.InvalidError{Field: "to", Reason: "sendmail: no such user"}, 0},
		{&desk.InvalidError{Field: "from", Reason: "not yours"}, 3},
		{&textproto.Error{Code: 535, Msg: "who are you?"}, 3},
		{errors.New("connection refused"), 3},
	} {
		o := open(t)
		o.fail = tc.err
		o.happens(desk.TicketEvent{Type: desk.EventCreate, ArticleID: 901, By: 60})
		if n := len(o.texts(`SELECT kind FROM outbox`)); n != tc.waits {
			t.Errorf("%v: %d mails wait for another attempt, want %d", tc.err, n, tc.waits)
		}
	}
}

func TestMailOfATicketThatIsGone(t *testing.T) {
	t.Parallel()
	o := open(t)
	event := desk.TicketEvent{TicketID: ticket, Type: desk.EventCreate, By: 60}
	if err := o.Announce(t.Context(), task.AgentMail{UserID: 51, Event: event, Actor: 60}); err != nil {
		t.Fatal(err)
	}
	o.Exec(`DELETE FROM tickets WHERE id = 900`)
	o.happens(event)
	o.check("outbox", o.texts(`SELECT kind FROM outbox`))
	if len(o.sent) != 0 || len(o.shown()) != 0 {
		t.Errorf("told of a ticket that is gone: %v %v", o.sent, o.shown())
	}
}
