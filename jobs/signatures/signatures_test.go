package signatures_test

import (
	"fmt"
	"strings"
	"testing"

	"postroom/internal/desk"
	"postroom/jobs/jobtest"
	"postroom/jobs/signatures"
	"postroom/jobs/task"
)

const signed = "--\nNina Customer\nBuilding 7\nExample Street 1\n12345 Berlin"

// nina is a customer; write has her open a ticket by mail, and returns where a client folds it.
const nina = desk.UserID(60)

type office struct {
	*jobtest.Office
	job     *signatures.Detect
	tickets desk.TicketID
}

func open(t *testing.T) *office {
	t.Helper()
	o := &office{Office: jobtest.Open(t), tickets: 900}
	o.job = signatures.New(o.Store)
	o.Exec(`INSERT INTO users (id, login, firstname, lastname, email, active, preferences, updated_by_id, created_by_id)
		VALUES (60, 'nina', 'Nina', 'Customer', 'nina@example.org', true, '{"locale": "de-de"}', 1, 1)`)
	return o
}

func (o *office) write(contentType, body string, by desk.UserID) (line int) {
	o.T.Helper()
	o.tickets++
	o.Exec(`INSERT INTO tickets (id, number, title, group_id, state_id, priority_id, owner_id, customer_id, create_article_type_id, create_article_sender_id, updated_by_id, created_by_id)
		VALUES ($1::bigint, $1::bigint::text, 'x', 1, 1, 2, 1, 60, 1, 2, $2, $2)`, o.tickets, by)
	o.Exec(`INSERT INTO ticket_articles (ticket_id, type_id, sender_id, subject, body, content_type, updated_by_id, created_by_id)
		VALUES ($1, 1, 2, 'x', $2, $3, $4, $4), ($1, 1, 2, 'x', 'an article more', 'text/plain', $4, $4)`, o.tickets, body, contentType, by)
	return o.detect(o.tickets)
}

// detect does the work about a ticket, twice as may happen.
func (o *office) detect(ticket desk.TicketID) (line int) {
	o.T.Helper()
	t := task.SignatureToDetect{UserID: nina, TicketID: ticket}
	if err := o.Announce(o.T.Context(), t); err != nil {
		o.T.Fatal(err)
	}
	id := jobtest.Ask[desk.OutboxID](o.Office, `SELECT max(id) FROM outbox`)
	for range 2 {
		if err := o.job.Work(o.T.Context(), t, id); err != nil {
			o.T.Fatal(err)
		}
	}
	if left := jobtest.Ask[int](o.Office, `SELECT count(*) FROM outbox WHERE id = $1`, id); left != 0 {
		o.T.Errorf("the work on ticket %d did not end", ticket)
	}
	return jobtest.Ask[int](o.Office, `SELECT coalesce(max((preferences->>'signature_detection')::int), 0) FROM ticket_articles WHERE ticket_id = $1`, ticket)
}

func (o *office) signature() string {
	o.T.Helper()
	return jobtest.Ask[string](o.Office, `SELECT coalesce(preferences->>'signature_detection', '') FROM users WHERE id = 60`)
}

func TestSignaturesOfCustomersAreFoundAndKept(t *testing.T) {
	t.Parallel()
	o := open(t)
	if line := o.write("text/plain", "First mail\n"+signed, nina); line != 0 || o.signature() != "" {
		t.Errorf("one mail: line %d, signature %q, want neither", line, o.signature())
	}
	o.write("text/plain", "Ours\n1\n2\n3\n4\n5\n6", 1) // an agent wrote that
	if line := o.write("text/plain", "Second mail\n\nwith more\n"+signed, nina); line != 4 {
		t.Errorf("second mail: it begins in line %d, want 4", line)
	}
	if got := o.signature(); got != signed {
		t.Errorf("signature %q, want %q", got, signed)
	}
	html := "<p>In colour</p>" + strings.ReplaceAll(signed, "\n", "<br>")
	if line := o.write("text/html", html, nina); line != 3 {
		t.Errorf("mail in HTML: it begins in line %d, want 3", line)
	}
	if line := o.write("text/plain", "Unsigned\n1\n2\n3\n4\n5\n6", nina); line != 0 {
		t.Errorf("unsigned mail: line %d, want none", line)
	}
	for i := range 6 { // nothing in common any more
		o.write("text/plain", fmt.Sprintf("mail %d\n", i), nina)
	}
	if got := o.signature(); got != signed {
		t.Errorf("after mails without any: %q, want what was found before", got)
	}
	if locale := jobtest.Ask[string](o.Office, `SELECT preferences->>'locale' FROM users WHERE id = 60`); locale != "de-de" {
		t.Errorf("other preferences changed: locale %q", locale)
	}
	if n := jobtest.Ask[int](o.Office, `SELECT count(*) FROM ticket_articles WHERE body = 'an article more' AND preferences <> '{}'`); n != 0 {
		t.Errorf("%d later articles were marked", n)
	}
}

func TestTicketsThatAreGoneHaveNoSignature(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.write("text/plain", "1\n"+signed, nina)
	o.write("text/plain", "2\n"+signed, nina)
	before := jobtest.Ask[string](o.Office, `SELECT string_agg(preferences::text, ' ' ORDER BY id) FROM ticket_articles`)
	o.detect(990)
	if after := jobtest.Ask[string](o.Office, `SELECT string_agg(preferences::text, ' ' ORDER BY id) FROM ticket_articles`); after != before {
		t.Errorf("others were marked instead: %s, before %s", after, before)
	}
}
