package intake_test

import (
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"postroom/channels"
	"postroom/internal/desk"
	"postroom/internal/desk/thread"
	"postroom/internal/store/arrivals"
)

func isMissing(err error) bool { return errors.Is(err, desk.ErrNotFound) }

func TestOddMailsBecomeTickets(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	long := strings.Repeat("ü", 3500)
	for name, raw := range map[string]string{
		"NUL bytes":           "From: \x00a\x00@example.org\nTo: b@example.com\x00\nSubject: nul\x00l\nX-Odd: \x00\n\nbody\x00\n",
		"invalid UTF-8":       "From: \xff\xfe <a@example.org>\nTo: \xc3\x28 <b@example.com>\nSubject: \xe2\x28\xa1\n\n\xff\xfe\n",
		"long subject":        "From: a@example.org\nSubject: " + long + "\n\nx\n",
		"long addresses":      "From: a@example.org\nTo: " + strings.Repeat("x@example.org, ", 1000) + "y@example.org\nReply-To: " + long + "\n\nx\n",
		"long local part":     "From: " + strings.Repeat("a", 400) + "@example.org\n\nx\n",
		"long name":           "From: " + strings.Repeat("Jean ", 100) + "<jean@example.org>\n\nx\n",
		"long Message-ID":     "Message-ID: <" + strings.Repeat("m", 5000) + "@x>\nFrom: a@example.org\n\nx\n",
		"no headers but From": "From: a@example.org\n\n",
		"no address":          "From: nobody in particular\n\nx\n",
		"many references":     "From: a@example.org\nReferences: " + strings.Repeat("<r@x> <s@y> ", 5000) + "\nSubject: x\n\nx\n",
		"many numbers":        "From: a@example.org\nSubject: " + strings.Repeat("Ticket#1012345 ", 3000) + "\n\nx\n",
		"file with a NUL in its name": "From: a@example.org\nContent-Type: multipart/mixed; boundary=B\n\n--B\n" +
			"Content-Type: application/x-odd; name=\"a\x00b\xff.bin\"\nX-Part: \x00\xff\nContent-Disposition: attachment\n\nx\n--B--\n",
		"body of five megabytes": "From: a@example.org\nContent-Type: text/plain; charset=utf-8\n\n" + strings.Repeat(strings.Repeat("ü", 99)+"\n", 25_000),
	} {
		message := h.inbound(raw)
		h.receiveFrom(message)
		h.processAll()
		state := ask[string](h, `SELECT state FROM inbound_messages ORDER BY id DESC LIMIT 1`)
		if state != arrivals.Processed {
			t.Errorf("%s: state = %s", name, state)
			continue
		}
		article, err := h.store.Article(t.Context(), ask[desk.ArticleID](h, `SELECT article_id FROM inbound_messages ORDER BY id DESC LIMIT 1`))
		if err != nil {
			t.Fatal(err)
		}
		for what, limit := range map[*string]int{article.Subject: 3000, article.To: 3000, article.ReplyTo: 300, article.MessageID: 3000, &article.Body: 1_500_000} {
			if what != nil && utf8.RuneCountInString(*what) > limit {
				t.Errorf("%s: a text of %d characters, want at most %d", name, utf8.RuneCountInString(*what), limit)
			}
		}
	}
	if got := ask[int](h, `SELECT max(length(title)) FROM tickets`); got != 250 {
		t.Errorf("longest title has %d characters, want 250", got)
	}
}

func TestMailThatCannotBeReadIsPermanent(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for name, message := range map[string]channels.Inbound{
		"no sender":  {Kind: "email", ExternalID: "1", Raw: []byte("Subject: x\n\nx\n")},
		"no mail":    {Kind: "email", ExternalID: "2", Raw: []byte("\x00\x01\x02")},
		"empty":      {Kind: "email", ExternalID: "3", Raw: []byte{}},
		"other kind": {Kind: "pigeon", ExternalID: "4", Raw: []byte("coo")},
	} {
		h.receiveFrom(message)
		tasks := h.waiting()
		w := tasks[len(tasks)-1]
		if err := h.intake.Process(t.Context(), w.Inbound, w.Outbox); !desk.Permanent(err) {
			t.Errorf("%s: error = %v, want one that is permanent", name, err)
		}
		if state := ask[string](h, `SELECT state FROM inbound_messages WHERE id = $1`, w.Inbound); state != arrivals.Received {
			t.Errorf("%s: state = %s: it is the job's to end it", name, state)
		}
	}
}

func TestIgnoredMailLeavesNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	tickets, users := ask[int](h, `SELECT count(*) FROM tickets`), ask[int](h, `SELECT count(*) FROM users`)
	h.receive(mail("Message-ID: <1@zammad.example.com>", "Precedence: bulk", "From: nicole.braun@zammad.org", "To: nicole.braun@zammad.org"))
	h.processAll()
	h.setting("fqdn", "zammad.example.com:8080") // ids are made without the port
	h.receive(mail("Message-ID: <2@zammad.example.com>", "Precedence: bulk", "From: nicole.braun@zammad.org", "To: nicole.braun@zammad.org"))
	h.processAll()
	if states := ask[string](h, `SELECT string_agg(state, ' ') FROM inbound_messages`); states != arrivals.Ignored+" "+arrivals.Ignored {
		t.Errorf("states = %s, want ignored", states)
	}
	if n := ask[int](h, `SELECT count(*) FROM tickets`); n != tickets {
		t.Errorf("%d tickets, want %d", n, tickets)
	}
	if n := ask[int](h, `SELECT count(*) FROM users`); n != users {
		t.Errorf("%d users, want %d", n, users)
	}
}

func TestStrangersJoinTheOrganizationOfTheirDomain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.exec(`INSERT INTO organizations (id, name, domain, domain_assignment, updated_by_id, created_by_id)
		VALUES (50, 'Example', 'corp.example', true, 1, 1)`)
	out := h.take(mail("From: Eve <eve@corp.example>"))
	if out.Ticket.OrganizationID == nil || *out.Ticket.OrganizationID != 50 {
		t.Errorf("organization of the ticket = %v, want 50", out.Ticket.OrganizationID)
	}
}

func TestTrustedMailSteersItsTicket(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	agent := h.agent("agent@example.com")
	other := h.take(mail("Subject: other"))
	trusted := func(headers ...string) outcome {
		t.Helper()
		message := h.inbound(mail(headers...))
		message.Options.Trusted = true
		h.receiveFrom(message)
		h.processAll()
		id := ask[desk.ArticleID](h, `SELECT article_id FROM inbound_messages ORDER BY id DESC LIMIT 1`)
		article, err := h.store.Article(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		ticket, err := h.store.Ticket(t.Context(), article.TicketID)
		if err != nil {
			t.Fatal(err)
		}
		return outcome{Ticket: ticket, Article: article}
	}
	out := trusted("Subject: steered", "X-Zammad-Ticket-State: pending reminder", "X-Zammad-Ticket-Pending_Time: 2030-05-04T09:30:00Z",
		"X-Zammad-Ticket-Owner: agent@example.com", "X-Zammad-Ticket-Priority_id: 3", "X-Zammad-Article-Internal: true",
		"X-Zammad-Article-Type: note", "X-Zammad-Article-Sender: System")
	if out.Ticket.StateID != desk.StatePendingReminder || out.Ticket.PendingTime == nil || out.Ticket.OwnerID != agent || out.Ticket.PriorityID != 3 {
		t.Errorf("ticket = %+v", out.Ticket)
	}
	if !out.Article.Internal || out.Article.TypeID != desk.ArticleNote || out.Article.SenderID != desk.SenderSystem {
		t.Errorf("article = %+v", out.Article)
	}
	h.exec(`INSERT INTO organizations (id, name, updated_by_id, created_by_id) VALUES (60, 'Theirs', 1, 1), (61, 'Others', 1, 1)`)
	h.exec(`INSERT INTO organizations_users (organization_id, user_id) SELECT 60, id FROM users WHERE email = 'agent@example.com'`)
	for header, want := range map[string]desk.OrganizationID{"Organization: Theirs": 60, "Organization_id: 60": 60, "Organization: Others": 0, "Organization_id: 61": 0, "Organization_id: x": 0} {
		out = trusted("Subject: "+header, "X-Zammad-Ticket-Customer: agent@example.com", "X-Zammad-Ticket-"+header)
		if got := out.Ticket.OrganizationID; want == 0 && got != nil || want != 0 && (got == nil || *got != want) {
			t.Errorf("%s: organization %v, want %d", header, got, want)
		}
	}
	out = trusted("Subject: said otherwise", "X-Zammad-Article-From: Ann <ann@example.net>", "X-Zammad-Article-To: bob@example.net",
		"X-Zammad-Article-Cc: cy@example.net", "X-Zammad-Article-Reply_to: desk@example.net", "X-Zammad-Article-Subject: Better", "X-Zammad-Article-Origin_by: agent@example.com",
		"X-Zammad-Article-Message_id: <other@example.net>", "X-Zammad-Article-In_reply_to: <before@example.net>", "X-Zammad-Article-References: <a@b> <c@d>",
		`X-Zammad-Article-Preferences: {"kept": 1}`, "X-Zammad-Article-Created_at: 2020-05-04T09:30:00Z", "X-Zammad-Article-Updated_at: 2020-05-05T09:30:00Z",
		"X-Zammad-Article-Content_type: text/html", "X-Zammad-Article-Body: <b>hi</b><script>alert(1)</script>",
		"X-Zammad-Article-Ticket_id: 1", "X-Zammad-Article-Sender_id: 99", "X-Zammad-Article-Nosuch: 1")
	a := out.Article
	got := []any{*a.From, *a.To, *a.Cc, *a.ReplyTo, *a.Subject, *a.MessageID, *a.MessageIDMD5, *a.InReplyTo, *a.References, a.ContentType, a.Body, a.SenderID, a.Preferences["kept"], a.Preferences["is-auto-response"]}
	want := []any{"Ann <ann@example.net>", "bob@example.net", "cy@example.net", "desk@example.net", "Better", "<other@example.net>", thread.MessageIDSum("<other@example.net>"),
		"<before@example.net>", "<a@b> <c@d>", "text/html", "<b>hi</b>", desk.SenderCustomer, 1.0, false}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("article: got %v, want %v", got[i], want[i])
		}
	}
	if a.OriginByID == nil || *a.OriginByID != agent || a.CreatedAt.Format(time.DateOnly) != "2020-05-04" || a.UpdatedAt.Format(time.DateOnly) != "2020-05-05" || a.TicketID != out.Ticket.ID || out.Ticket.ID == 1 {
		t.Errorf("article = %+v of ticket %d", a, out.Ticket.ID)
	}
	out = trusted("Subject: by number", "X-Zammad-Ticket-Number: "+other.Ticket.Number, "X-Zammad-Ticket-Followup-State: closed",
		"X-Zammad-Session-User-Id: 1")
	if out.Ticket.ID != other.Ticket.ID || out.Ticket.StateID != desk.StateClosed || out.Article.CreatedByID != 1 || out.Ticket.LastCloseAt == nil {
		t.Errorf("follow-up on %d in state %d by %d, want on %d, closed, by the system", out.Ticket.ID, out.Ticket.StateID, out.Article.CreatedByID, other.Ticket.ID)
	}
	if out = trusted("Subject: by unknown number [Ticket#1]", "X-Zammad-Ticket-Number: 999"); out.Ticket.ID == other.Ticket.ID {
		t.Errorf("an unknown number found ticket %d", out.Ticket.ID)
	}
}

func TestTrustedMailSetsAttributesThatAdministratorsAdded(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.exec(`INSERT INTO object_manager_attributes (object, name, display, data_type, data_option, position, updated_by_id, created_by_id) VALUES
		('Ticket', 'order_no', 'Order', 'input', '{"maxlength": 5}', 1, 1, 1), ('Ticket', 'amount', 'Amount', 'integer', '{}', 2, 1, 1)`)
	for headers, want := range map[string]string{
		"X-Zammad-Ticket-Order_no: 1234567\r\nX-Zammad-Ticket-Amount: 12": `{"amount": 12, "order_no": "12345"}`,
		"X-Zammad-Ticket-Amount: many\r\nX-Zammad-Ticket-Nosuch: 1":       `{}`,
	} {
		message := h.inbound(mail("Subject: order", headers))
		message.Options.Trusted = true
		h.receiveFrom(message)
		h.processAll()
		if got := ask[string](h, `SELECT custom::text FROM tickets ORDER BY id DESC LIMIT 1`); got != want {
			t.Errorf("%q: %s, want %s", headers, got, want)
		}
	}
}
