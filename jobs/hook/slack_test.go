package hook_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"postroom/internal/desk"
	"postroom/internal/egress"
	"postroom/jobs/hook"
	"postroom/jobs/task"
)

// slack configures two channels at a receiver, and lets an event of ticket 1 happen.
func (o *office) slack(r *receiver, policy egress.Policy, e desk.TicketEvent) task.Kind {
	o.t.Helper()
	config, err := json.Marshal(map[string]any{"items": []map[string]any{
		{"types": []string{"create", "update", "escalation"}, "group_ids": []string{"1"}, "webhook": r.URL + "/secret", "channel": "#desk", "username": "desk"},
		{"types": "create", "group_ids": "1", "webhook": r.URL + "/other", "expand": true},
		{"types": []string{"create"}, "group_ids": []string{"2"}, "webhook": r.URL + "/elsewhere"},
		{"types": []string{"create"}, "webhook": ""},
	}})
	if err != nil {
		o.t.Fatal(err)
	}
	_, err = o.db.Exec(o.t.Context(), `
		UPDATE settings
		SET state_current = jsonb_build_object('value', CASE name WHEN 'slack_config' THEN $1::jsonb ELSE 'true' END)
		WHERE name IN ('slack_config', 'slack_integration')`, config)
	if err != nil {
		o.t.Fatal(err)
	}
	o.ForgetCatalog()
	c, err := o.Catalog(o.t.Context())
	if err != nil {
		o.t.Fatal(err)
	}
	e.TicketID, e.By = 1, 1
	work := hook.ForSlack(c, e)
	if work == nil {
		return nil
	}
	if err := o.Announce(o.t.Context(), work); err != nil {
		o.t.Fatal(err)
	}
	job := hook.NewSlack(o.Store, policy, slog.New(slog.DiscardHandler))
	for range 2 { // a task may come twice
		row := desk.OutboxID(o.ask(`SELECT coalesce(max(id), 0) FROM outbox WHERE kind = 'slack.tell'`))
		if err := job.Work(o.t.Context(), work.(task.SlackToTell), row); err != nil {
			o.t.Fatal(err)
		}
	}
	return work
}

func TestChannelsOfSlackHearOfTickets(t *testing.T) {
	t.Parallel()
	o, r := open(t), newReceiver(t, httptest.NewServer)
	first := desk.ArticleID(o.ask(`SELECT min(id) FROM ticket_articles WHERE ticket_id = 1`))
	moved := desk.AttributeChanges{"state_id": {float64(1), float64(4)}, "owner_id": {float64(1), nil}}
	quiet := desk.AttributeChanges{"escalation_at": {nil, "2026-01-01T00:00:00.000Z"}}
	for _, tc := range []struct {
		name  string
		event desk.TicketEvent
		paths []string
		says  string
	}{
		{"a new ticket", desk.TicketEvent{Type: desk.EventCreate, ArticleID: first}, []string{"/secret", "/other"}, "Created by"},
		{"a change", desk.TicketEvent{Type: desk.EventUpdate, Changes: moved}, []string{"/secret"}, "State: new -> closed"},
		{"what nobody sees", desk.TicketEvent{Type: desk.EventUpdate, Changes: quiet}, nil, ""},
		{"an escalation", desk.TicketEvent{Type: desk.EventEscalation, ArticleID: first}, []string{"/secret"}, "Escalated!"},
		{"a reminder, which none wants", desk.TicketEvent{Type: desk.EventReminderReached}, nil, ""},
		{"a merge", desk.TicketEvent{Type: desk.EventMergedInto}, nil, ""},
		{"what is done quietly", desk.TicketEvent{Type: desk.EventCreate, Quiet: true}, nil, ""},
	} {
		r.got, r.bodies = nil, nil
		o.slack(r, loopback, tc.event)
		var paths []string
		for i, got := range r.got {
			paths = append(paths, got.URL.Path)
			if !strings.Contains(string(r.bodies[i]), strings.ReplaceAll(tc.says, ">", `\u003e`)) {
				t.Errorf("%s: %s", tc.name, r.bodies[i])
			}
		}
		if strings.Join(paths, " ") != strings.Join(tc.paths, " ") {
			t.Errorf("%s: posted to %q, want %q", tc.name, paths, tc.paths)
		}
	}
	o.slack(r, loopback, desk.TicketEvent{Type: desk.EventCreate, ArticleID: first})
	var folded, expanded struct {
		Text, Channel, Username string
		Attachments             []struct{ Text, Color string }
	}
	for i, into := range []any{&folded, &expanded} {
		if err := json.Unmarshal(r.bodies[i], into); err != nil {
			t.Fatal(err)
		}
	}
	if folded.Channel != "#desk" || folded.Username != "desk" || len(folded.Attachments) != 1 || folded.Attachments[0].Color != "#faab00" {
		t.Errorf("folded: %s", r.bodies[0])
	}
	if expanded.Channel != "" || len(expanded.Attachments) != 0 || expanded.Text != folded.Text+"\n"+folded.Attachments[0].Text {
		t.Errorf("expanded: %s", r.bodies[1])
	}
	if n := o.ask(`SELECT count(*) FROM outbox WHERE kind = 'slack.tell'`); n != 0 {
		t.Errorf("%d events are left", n)
	}
}

func TestAChannelOfSlackThatIsAwayHoldsUpNothing(t *testing.T) {
	t.Parallel()
	o, r := open(t), newReceiver(t, httptest.NewServer)
	r.status = http.StatusNotFound
	o.slack(r, loopback, desk.TicketEvent{Type: desk.EventCreate})
	o.slack(r, egress.Policy{}, desk.TicketEvent{Type: desk.EventCreate}) // a private address
	if len(r.got) != 2 {
		t.Errorf("%d requests, want one a channel", len(r.got))
	}
	if n := o.ask(`SELECT count(*) FROM http_logs WHERE facility = 'slack_webhook' AND status IN ('404', 'failed') AND url NOT LIKE '%secret%'`); n != 4 {
		t.Errorf("%d log entries, want 4", n)
	}
	if n := o.ask(`SELECT count(*) FROM outbox WHERE kind = 'slack.tell'`); n != 0 {
		t.Errorf("%d events are left", n)
	}
}
