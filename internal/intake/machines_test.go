package intake_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"postroom/internal/desk"
	"postroom/internal/desk/thread"
	"postroom/internal/store"
	"postroom/internal/store/arrivals"
)

// report is a delivery status notification about a mail.
func report(id, action, status, recipient, headers string) string {
	return mail("Message-ID: <dsn"+strings.Trim(id, "<>")+">", "From: MAILER-DAEMON@mx.example.com", "Subject: Undelivered", "Auto-Submitted: auto-replied",
		`Content-Type: multipart/report; report-type=delivery-status; boundary="BB"`) + `
--BB
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.com

Final-Recipient: rfc822; ` + recipient + `
Action: ` + action + `
Status: ` + status + `
--BB
Content-Type: message/rfc822

From: helpdesk@example.com
Message-ID: ` + id + headers + `

body
--BB--
`
}

func (h *house) flagged() []string {
	h.t.Helper()
	return ask[[]string](h, `SELECT coalesce(array_agg(email ORDER BY email), '{}') FROM users WHERE preferences->'mail_delivery_failed' = 'true'`)
}

func TestBouncesMarkWhomTheyMean(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	first := h.take(mail())
	for _, email := range []string{"gone@example.org", "here@example.org", "told@example.org"} {
		h.exec(`INSERT INTO users (login, email, updated_by_id, created_by_id) VALUES ($1, $1, 1, 1)`, email)
	}
	told := ask[int64](h, `SELECT id FROM users WHERE email = 'told@example.org'`)
	sent := func(id, to string, cc *string, sender desk.SenderID) {
		a := desk.Article{TicketID: first.Ticket.ID, TypeID: desk.ArticleEmail, SenderID: sender, Body: "x", To: &to, Cc: cc, MessageID: &id, MessageIDMD5: new(thread.MessageIDSum(id))}
		a.CreatedByID, a.UpdatedByID = 1, 1
		if err := h.store.InsertArticle(t.Context(), &a); err != nil {
			t.Fatal(err)
		}
	}
	sent("<two@x>", "gone@example.org, here@example.org", nil, desk.SenderAgent)
	sent("<one@x>", "here@example.org", new("Gone <Gone@example.org>"), desk.SenderSystem)
	h.exec(`INSERT INTO history (object, o_id, type, value_to, created_by_id, created_at) VALUES ('Ticket', $1, 'notification', 'told@example.org(update:email)', 1, '2026-03-01T10:00:05Z')`, first.Ticket.ID)
	notice := fmt.Sprintf("<notification.20260301100000.%d.%d.abc@zammad.example.com>", first.Ticket.ID, told)
	date := "\nDate: Sun, 01 Mar 2026 10:00:00 +0000"
	for _, tc := range []struct {
		name, raw string
		want      []string
	}{
		{"of several only the one it names", report("<two@x>", "failed", "5.1.1", "here@example.org", ""), []string{"here@example.org"}},
		{"Cc instead of To", report("<one@x>", "failed", "5.1.1", "", ""), []string{"gone@example.org"}},
		{"another reason", report("<one@x>", "failed", "5.2.2", "gone@example.org", ""), nil},
		{"it is still trying", report("<one@x>", "delayed", "4.4.1", "gone@example.org", ""), nil},
		{"a mail that nobody wrote", report("<none@x>", "failed", "5.1.1", "gone@example.org", ""), nil},
		{"a notification", report(notice, "failed", "5.1.1", "", date), []string{"told@example.org"}},
		{"a notification that left late", report(strings.Replace(notice, "abc", "abe", 1), "failed", "5.1.1", "", strings.Replace(date, "10:00", "10:05", 1)), []string{"told@example.org"}},
		{"a notification of another time", report(strings.Replace(notice, "abc", "abd", 1), "failed", "5.1.1", "", strings.Replace(date, "10:00", "11:00", 1)), nil},
	} {
		h.exec(`UPDATE users SET preferences = '{}'`)
		h.take(tc.raw)
		if got := h.flagged(); !slices.Equal(got, tc.want) {
			t.Errorf("%s: %q are marked, want %q", tc.name, got, tc.want)
		}
	}
}

func TestMonitoringTicketsCloseThemselves(t *testing.T) {
	t.Parallel()
	for _, system := range []string{"icinga", "nagios", "monit"} {
		h := newHouse(t)
		h.setting(system+"_integration", true)
		h.setting(system+"_sender", system+"@example.org")
		from, n := "From: "+system+"@example.org", 0
		tell := func(body string) outcome {
			n++
			return h.take(strings.Replace(mail(from, fmt.Sprintf("Message-ID: <%s%d@example.org>", system, n)), "\n\nhelp\n", "\n\n"+body, 1))
		}
		down := tell("Host: web1\nService: disk\nState: CRITICAL\n")
		worse := tell("Host: web1\nService: disk\nState: UNKNOWN\n")
		host := tell("Host: web1\nState: DOWN\n")
		if worse.Ticket.ID != down.Ticket.ID || host.Ticket.ID == down.Ticket.ID || down.Ticket.Preferences["channel_id"] != nil {
			t.Errorf("%s: tickets %d, %d, %d", system, down.Ticket.ID, worse.Ticket.ID, host.Ticket.ID)
		}
		up := tell("Host: web1\nService: disk\nState: OK\n")
		if up.Ticket.ID != down.Ticket.ID || up.Ticket.StateID != desk.StateClosed {
			t.Errorf("%s: recovery came to ticket %d in state %d, want %d, closed", system, up.Ticket.ID, up.Ticket.StateID, down.Ticket.ID)
		}
		if again := tell("Host: web1\nService: disk\nState: OK\n"); again.State != arrivals.Ignored {
			t.Errorf("%s: a recovery of nothing is %s", system, again.State)
		}
		h.setting(system+"_auto_close", false)
		if up := tell("Host: web1\nState: UP\n"); up.Ticket.ID != host.Ticket.ID || up.Ticket.StateID == desk.StateClosed {
			t.Errorf("%s: without auto close ticket %d is in state %d", system, up.Ticket.ID, up.Ticket.StateID)
		}
	}
}

// Many workers may see what one host says at once.
func TestOneProblemToldOftenIsOneTicket(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.setting("icinga_integration", true)
	h.setting("icinga_sender", "icinga@example.org")
	var raws []string
	for i := range 12 {
		raws = append(raws, strings.Replace(mail("From: icinga@example.org", fmt.Sprintf("Message-ID: <flood%d@example.org>", i)), "\n\nhelp\n", "\n\nHost: web1\nState: DOWN\n", 1))
	}
	h.receive(raws...)
	h.processParallel(6)
	if n := ask[int](h, `SELECT count(DISTINCT ticket_id) FROM inbound_messages`); n != 1 {
		t.Errorf("%d tickets, want 1", n)
	}
}

func TestNamesOfOtherSystemsLeadToTheirTickets(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	first := h.take(mail("X-JIRA-FingerPrint: 1", "Subject: [JIRA] (OPS-17) printer", "Message-ID: <j1@example.org>"))
	for _, tc := range []struct {
		name    string
		headers []string
		follows bool
	}{
		{"the same", []string{"X-JIRA-FingerPrint: 1", "Subject: [JIRA] (OPS-17) closed"}, true},
		{"another", []string{"X-JIRA-FingerPrint: 1", "Subject: [JIRA] (OPS-18) closed"}, false},
		{"of another address", []string{"X-JIRA-FingerPrint: 1", "Subject: [JIRA] (OPS-17) closed", "From: other@example.org"}, false},
		{"without the mark", []string{"Subject: [JIRA] (OPS-17) closed"}, false},
	} {
		if out := h.take(mail(tc.headers...)); (out.Ticket.ID == first.Ticket.ID) != tc.follows {
			t.Errorf("%s: ticket %d, first was %d", tc.name, out.Ticket.ID, first.Ticket.ID)
		}
	}
	// A merged ticket hands its names on.
	other := h.take(mail("Message-ID: <j2@example.org>"))
	if err := h.store.InTx(t.Context(), func(tx *store.Store) error {
		return tx.MergeAttached(t.Context(), first.Ticket.ID, other.Ticket.ID)
	}); err != nil {
		t.Fatal(err)
	}
	if out := h.take(mail("X-JIRA-FingerPrint: 1", "Subject: [JIRA] (OPS-17) again")); out.Ticket.ID != other.Ticket.ID {
		t.Errorf("after merging: ticket %d, want %d", out.Ticket.ID, other.Ticket.ID)
	}
}
