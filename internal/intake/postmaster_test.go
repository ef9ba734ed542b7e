package intake_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"postroom/internal/desk"
	"postroom/internal/desk/teamwork"
	"postroom/internal/store/arrivals"
)

// fromNicole matches the usual mail of these tests.
var fromNicole = map[string]any{"from": map[string]any{"operator": "contains", "value": "nicole@"}}

func TestFiltersOfAdministratorsSteerTickets(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.exec(`INSERT INTO users (id, login, email, firstname, lastname, updated_by_id, created_by_id) VALUES (77, 'emma@example.com', 'emma@example.com', 'Emma', 'Taylor', 1, 1)`)
	h.exec(`INSERT INTO roles_users (user_id, role_id) SELECT 77, id FROM roles WHERE name = 'Agent'`)
	h.exec(`INSERT INTO groups_users (user_id, group_id, access) VALUES (77, 1, 'full')`)
	h.givenFilters([]vectorFilter{{Name: "steer", Match: fromNicole, Perform: map[string]any{
		"x-zammad-ticket-owner_id":          map[string]any{"value": "77"},
		"X-Zammad-Ticket-State_ID":          map[string]any{"value": 2.0},
		"x-zammad-ticket-customer_id":       map[string]any{"value": "77"},
		"x-zammad-ticket-title":             map[string]any{"value": "Steered"},
		"x-zammad-ticket-followup-state_id": map[string]any{"value": "3"},
		"x-zammad-ticket-followup-tags":     map[string]any{"operator": "add", "value": "again"},
		"x-zammad-ticket-group_id":          map[string]any{"value": "999"},
		"x-zammad-article-internal":         map[string]any{"value": "true"},
	}}})
	first := h.take(mail("Message-ID: <steer@example.org>"))
	if first.Ticket.OwnerID != 77 || first.Ticket.CustomerID != 77 || first.Ticket.StateID != desk.StateOpen || first.Ticket.GroupID != 1 ||
		first.Ticket.Title != "Steered" || !first.Article.Internal {
		t.Errorf("ticket = %+v, internal %v", first.Ticket, first.Article.Internal)
	}
	history, err := h.store.HistoryOf(t.Context(), first.Ticket.ID)
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]string{}
	for _, entry := range history {
		if entry.Source.Name != "" {
			said[entry.Attribute] = fmt.Sprintf("%s %s %s->%s", entry.Source.Type, entry.Type, entry.ValueFrom, entry.ValueTo)
		}
	}
	want := map[string]string{
		"state": "PostmasterFilter set ->open", "owner": "PostmasterFilter set ->Emma Taylor",
		"customer": "PostmasterFilter set ->Emma Taylor", "title": "PostmasterFilter set ->Steered",
	}
	if fmt.Sprint(said) != fmt.Sprint(want) {
		t.Errorf("history says %v, want %v", said, want)
	}

	second := h.take(mail("Subject: Re [Ticket#" + first.Ticket.Number + "]"))
	if second.Ticket.ID != first.Ticket.ID || second.Ticket.StateID != desk.StatePendingReminder {
		t.Errorf("follow-up: ticket %d in state %d", second.Ticket.ID, second.Ticket.StateID)
	}
	if n := ask[int](h, `SELECT count(*) FROM history WHERE attribute = 'state' AND type = 'updated' AND sourceable_name = 'steer'`); n != 1 {
		t.Errorf("%d lines say that the filter changed the state, want 1", n)
	}
	if tags, _ := h.store.TagsOf(t.Context(), desk.ObjectTicket, int64(first.Ticket.ID)); fmt.Sprint(tags[int64(first.Ticket.ID)]) != "[again]" {
		t.Errorf("tags = %v", tags)
	}
}

func TestFiltersOfAdministratorsDropAndRedirectMail(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	target := h.take(mail("From: somebody@example.org"))
	spam := map[string]any{"x-spam-flag": map[string]any{"operator": "is any of", "value": []any{"YES"}}}
	h.givenFilters([]vectorFilter{
		{Name: "1", Match: spam, Perform: map[string]any{"x-zammad-ignore": map[string]any{"value": true}}},
		{Name: "2", Match: fromNicole, Perform: map[string]any{"x-zammad-ticket-id": map[string]any{"value": fmt.Sprint(target.Ticket.ID)}}},
		{Name: "3", Match: map[string]any{"x-zammad-ticket-id": map[string]any{"operator": "matches regex", "value": `^\d+$`}},
			Perform: map[string]any{"x-zammad-article-internal": map[string]any{"value": true}}},
	})
	if out := h.take(mail("X-Spam-Flag: YES")); out.State != arrivals.Ignored {
		t.Errorf("spam is %s", out.State)
	}
	if out := h.take(mail()); out.Ticket.ID != target.Ticket.ID {
		t.Errorf("redirected to ticket %d, want %d", out.Ticket.ID, target.Ticket.ID)
	}
	// What is switched off does nothing, at once.
	h.exec(`UPDATE postmaster_filters SET active = false`)
	if out := h.take(mail("X-Spam-Flag: YES")); out.State != arrivals.Processed || out.Article.Internal {
		t.Errorf("with filters off: %s", out.State)
	}
}

func TestNumberInATrustedMailDecides(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	one, two := h.take(mail("Message-ID: <1@example.org>")), h.take(mail("Message-ID: <2@example.org>"))
	for _, tc := range []struct {
		name, headers string
		want          desk.TicketID // 0: a new one
	}{
		{"a number", "X-Zammad-Ticket-Number: " + two.Ticket.Number, two.Ticket.ID},
		{"a number of nobody", "X-Zammad-Ticket-Number: 1", 0},
		{"an id", fmt.Sprintf("X-Zammad-Ticket-Id: %d", two.Ticket.ID), two.Ticket.ID},
		{"an id of nobody", "X-Zammad-Ticket-Id: 99999", 0},
	} {
		message := h.inbound(tc.headers + "\nMessage-ID: <" + strings.ReplaceAll(tc.name, " ", "-") + "@example.org>\n" + mail("Subject: Re [Ticket#"+one.Ticket.Number+"]"))
		message.Options.Trusted = true
		h.receiveFrom(message)
		h.processAll()
		out := h.outcomeOf("<" + strings.ReplaceAll(tc.name, " ", "-") + "@example.org>")
		if tc.want == 0 && (out.Ticket.ID == one.Ticket.ID || out.Ticket.ID == two.Ticket.ID) || tc.want != 0 && out.Ticket.ID != tc.want {
			t.Errorf("%s: ticket %d, want %d", tc.name, out.Ticket.ID, tc.want)
		}
	}
}

func TestMergedTicketsLeadOneStepOn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var tickets [3]outcome
	for i := range tickets {
		tickets[i] = h.take(mail(fmt.Sprintf("Message-ID: <merged%d@example.org>", i)))
	}
	merged := ask[desk.StateID](h, `SELECT id FROM ticket_states WHERE name = 'merged'`)
	for i := range 2 { // the first into the second, the second into the third
		h.exec(`UPDATE tickets SET state_id = $2 WHERE id = $1`, tickets[i].Ticket.ID, merged)
		if _, err := h.store.AddLink(t.Context(), teamwork.LinkParent, tickets[i+1].Ticket.ID, tickets[i].Ticket.ID); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range []int{0, 2} { // what leads to a merged one leads nowhere
		if out := h.take(mail("Subject: Re [Ticket#" + tickets[i].Ticket.Number + "]")); out.Ticket.ID != tickets[want].Ticket.ID {
			t.Errorf("a mail to ticket %d came to ticket %d, want %d", tickets[i].Ticket.ID, out.Ticket.ID, tickets[want].Ticket.ID)
		}
	}
}

func TestArchivesAreFiledAsWhatTheyAre(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	resolved := ask[string](h, `INSERT INTO ticket_states (name, state_type_id, updated_by_id, created_by_id)
		SELECT 'archived', id, 1, 1 FROM ticket_state_types WHERE name = 'closed' RETURNING id::text`)
	channel := h.mailbox(map[string]any{"archive": "true", "archive_before": "2012-05-04", "archive_state_id": resolved})
	take := func(id string, headers ...string) outcome {
		message := h.inbound(mail(append(headers, "Message-ID: "+id)...))
		message.ChannelID = channel
		h.receiveFrom(message)
		h.processAll()
		return h.outcomeOf(id)
	}
	old := take("<old@example.org>", "Date: Thu, 3 May 2012 11:36:43 +0200")
	if fmt.Sprint(old.Ticket.StateID) != resolved || old.Ticket.CreatedAt.Format(time.DateOnly) != "2012-05-03" {
		t.Errorf("old mail: state %d, created %v", old.Ticket.StateID, old.Ticket.CreatedAt)
	}
	answer := take("<answer@example.org>", "Date: Fri, 4 May 2012 23:36:43 +0000", "Subject: other", "In-Reply-To: <old@example.org>")
	if answer.Ticket.ID != old.Ticket.ID || fmt.Sprint(answer.Ticket.StateID) != resolved {
		t.Errorf("its answer: ticket %d in state %d, want %d, still archived", answer.Ticket.ID, answer.Ticket.StateID, old.Ticket.ID)
	}
	if n := ask[int](h, `SELECT count(*) FROM outbox WHERE kind = 'ticket.changed'`); n != 0 {
		t.Errorf("%d events of archived mail", n)
	}
	if young := take("<young@example.org>", "Date: Sat, 5 May 2012 00:00:01 +0000"); young.Ticket.StateID != desk.StateNew {
		t.Errorf("a mail behind the archive is in state %d", young.Ticket.StateID)
	}
}

func TestTrustedMailNamesANewCustomer(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for range 2 { // the second finds whom the first has made
		message := h.inbound(mail("X-Zammad-Customer-Login: JDoe", "X-Zammad-Customer-Email: jane@example.org", "X-Zammad-Customer-Firstname: Jane", "X-Zammad-Customer-Lastname: Doe"))
		message.Options.Trusted = true
		message.Raw = append(message.Raw, message.ExternalID...)
		h.receiveFrom(message)
	}
	h.processAll()
	if got := ask[string](h, `SELECT string_agg(login || ' ' || email || ' ' || firstname || ' ' || lastname, ', ') FROM users WHERE email = 'jane@example.org'`); got != "jdoe jane@example.org Jane Doe" {
		t.Errorf("customers = %s", got)
	}
	if n := ask[int](h, `SELECT count(*) FROM tickets t JOIN users u ON u.id = t.customer_id AND u.login = 'jdoe'`); n != 2 {
		t.Errorf("%d tickets of the customer, want 2", n)
	}
}
