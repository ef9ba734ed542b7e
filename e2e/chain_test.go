package e2e

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/mail"
	"strconv"
	"strings"
	"testing"
	"time"

	"postroom/internal/devstack"
	"postroom/internal/devstack/mailserver"
)

// TestFromAMailToItsReport is a ticket's way through all that administrators automate: a customer's
// mail gets its confirmation, its owner is warned and told by mail and online when nobody answers in
// time, a scheduler closes it, and another system gets a signed report of that.
func TestFromAMailToItsReport(t *testing.T) {
	t.Parallel()
	box := mailbox(t)
	for _, address := range []string{customerAddress, agentLogin} {
		if err := box.AddUser(address, customerPassword); err != nil {
			t.Fatal(err)
		}
	}
	mta, other := mailserver.NewMTA(t, box), newOtherSystem(t, 0)
	in := newInstance(t, devstack.Database(t), devstack.Redis(t))
	in.env = append(in.env, "OUTGOING_ALLOW=127.0.0.0/8")
	in.start()
	in.connectAccount(box, mta)
	in.notifyThrough(mta)
	var me struct{ ID int64 }
	if err := in.get("/api/v1/users/me", &me); err != nil {
		t.Fatal(err)
	}
	in.promiseOwned(me.ID)
	in.reportClosed(other.URL, "s3cret")

	send(t, mta, customerAddress, supportAddress, "Subject: Smoke in the office\r\nMessage-ID: <smoke@customer.example.net>\r\n", "It smells. Carla")
	opened := in.waitForTicket("Smoke in the office")
	confirmation := in.waitForMail(box, customerAddress, 1)
	if subject := confirmation.Header.Get("Subject"); !strings.Contains(subject, "Smoke in the office") || !strings.Contains(subject, opened.Number) {
		t.Errorf("the confirmation is called %q", subject)
	}
	var owned promised
	if err := in.call(http.MethodPut, fmt.Sprintf("/api/v1/tickets/%d", opened.ID), map[string]any{"owner_id": me.ID}, &owned); err != nil {
		t.Fatal(err)
	}
	if want := owned.CreatedAt.Add(time.Minute); owned.EscalationAt == nil || !owned.EscalationAt.Equal(want) {
		t.Fatalf("a ticket of %s escalates at %v, want %s", owned.CreatedAt, owned.EscalationAt, want)
	}
	in.closeEscalated() // saved now, it may begin in a minute: when the ticket has escalated
	in.waitForTold(box, owned, "escalation_warning", "Will escalate soon")
	in.waitForTold(box, owned, "escalation", "Escalated: ")
	in.waitForReport(other, owned.ID, "s3cret")
	in.stop()
}

// notifyThrough has agents be told by mail.
func (in *instance) notifyThrough(mta *mailserver.MTA) {
	in.t.Helper()
	var result struct{ Result, Message string }
	err := in.post("/api/v1/channels_email_notification", map[string]any{"adapter": "smtp", "options": map[string]any{
		"host": mta.Host(), "port": mta.SMTPPort, "ssl": false, "enable_starttls_auto": false, "email": supportAddress,
	}}, &result)
	if err != nil || result.Result != "ok" {
		in.t.Fatalf("mail of notifications: %+v, %v, want ok", result, err)
	}
}

// promiseOwned promises an answer within a minute on tickets that somebody owns.
func (in *instance) promiseOwned(owner int64) {
	in.t.Helper()
	var calendar struct{ ID int64 }
	if err := in.post("/api/v1/calendars", map[string]any{
		"name": "Minutes", "timezone": "UTC", "business_hours": minutesAround(time.Now().UTC()), "public_holidays": map[string]any{},
	}, &calendar); err != nil {
		in.t.Fatal(err)
	}
	if err := in.post("/api/v1/slas", map[string]any{
		"name": "Owned", "calendar_id": calendar.ID, "first_response_time": 1,
		"condition": map[string]any{"ticket.owner_id": map[string]any{"operator": "is", "pre_condition": "specific", "value": strconv.FormatInt(owner, 10)}},
	}, nil); err != nil {
		in.t.Fatal(err)
	}
}

// reportClosed makes a trigger that reports what was closed to another system.
func (in *instance) reportClosed(url, token string) {
	in.t.Helper()
	var webhook struct{ ID int64 }
	if err := in.post("/api/v1/webhooks", map[string]any{"name": "Archive", "endpoint": url, "signature_token": token}, &webhook); err != nil {
		in.t.Fatal(err)
	}
	if err := in.post("/api/v1/triggers", map[string]any{
		"name": "closed", "active": true,
		"condition": map[string]any{
			"ticket.action":   map[string]any{"operator": "is", "value": "update"},
			"ticket.state_id": map[string]any{"operator": "is", "value": []string{"4"}},
		},
		"perform": map[string]any{"notification.webhook": map[string]any{"webhook_id": fmt.Sprint(webhook.ID)}},
	}, nil); err != nil {
		in.t.Fatal(err)
	}
}

// closeEscalated makes a scheduler, in all slots there are, that closes what has escalated.
func (in *instance) closeEscalated() {
	in.t.Helper()
	on := func(names ...string) map[string]bool {
		all := map[string]bool{}
		for _, name := range names {
			all[name] = true
		}
		return all
	}
	hours := on()
	for hour := range 24 {
		hours[strconv.Itoa(hour)] = true
	}
	if err := in.post("/api/v1/jobs", map[string]any{
		"name": "Give up", "object": "Ticket", "active": true,
		"timeplan": map[string]any{"days": on("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), "hours": hours, "minutes": on("0", "10", "20", "30", "40", "50")},
		"condition": map[string]any{
			"ticket.escalation_at": map[string]any{"operator": "before (relative)", "value": "0", "range": "minute"},
		},
		"perform": map[string]any{"ticket.state_id": map[string]any{"value": "4"}},
	}, nil); err != nil {
		in.t.Fatal(err)
	}
}

// waitForTold waits until the agent was told of an event of a ticket, online and by a mail whose
// subject says so.
func (in *instance) waitForTold(box *mailserver.Server, about promised, event, subject string) {
	in.t.Helper()
	in.waitUntil(100*time.Second, "the owner is told of the "+event, func() error {
		var told []struct {
			Type string `json:"type"`
			OID  int64  `json:"o_id"`
		}
		if err := in.get("/api/v1/online_notifications?expand=true", &told); err != nil {
			return err
		}
		online := false
		for _, n := range told {
			online = online || n.Type == event && n.OID == about.ID
		}
		mails, err := box.Messages(agentLogin)
		if err != nil || !online {
			return fmt.Errorf("online: %+v (%v)", told, err)
		}
		var subjects []string
		for _, raw := range mails {
			m, err := mail.ReadMessage(bytes.NewReader(raw))
			if err != nil {
				return err
			}
			if subjects = append(subjects, m.Header.Get("Subject")); strings.Contains(subjects[len(subjects)-1], subject) {
				return nil
			}
		}
		return fmt.Errorf("mails %q, want one that says %q", subjects, subject)
	})
	if early := time.Until(*about.EscalationAt); event == "escalation" && early > time.Second {
		in.t.Errorf("told of the escalation %s before its time", early)
	}
}

// waitForReport waits until the other system got the closed ticket, with a signature.
func (in *instance) waitForReport(other *otherSystem, id int64, token string) {
	in.t.Helper()
	in.waitUntil(100*time.Second, "the scheduler has closed the ticket, and the report came", func() error {
		if n := len(other.reports()); n == 0 {
			return fmt.Errorf("%d reports", n)
		}
		return nil
	})
	report := other.reports()[0]
	sum := hmac.New(sha1.New, []byte(token))
	sum.Write(report.body)
	if got, want := report.header.Get("X-Hub-Signature"), "sha1="+hex.EncodeToString(sum.Sum(nil)); got != want {
		in.t.Errorf("signature %q, want %q", got, want)
	}
	var sent struct {
		Ticket struct {
			ID    int64
			State string
		}
	}
	if err := json.Unmarshal(report.body, &sent); err != nil {
		in.t.Fatal(err)
	}
	if sent.Ticket.ID != id || sent.Ticket.State != "closed" {
		in.t.Errorf("reported ticket %d in state %q, want %d, closed", sent.Ticket.ID, sent.Ticket.State, id)
	}
}
