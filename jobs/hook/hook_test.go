package hook_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"postroom/internal/desk"
	"postroom/internal/egress"
	"postroom/internal/store"
	"postroom/internal/store/library"
	"postroom/jobs/hook"
	"postroom/jobs/jobtest"
	"postroom/jobs/task"
)

// receiver is another system. It answers with the status that is asked for, and keeps what it got.
type receiver struct {
	*httptest.Server
	status int
	got    []*http.Request
	bodies [][]byte
}

func newReceiver(t *testing.T, start func(http.Handler) *httptest.Server) *receiver {
	r := &receiver{status: http.StatusOK}
	r.Server = start(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		body, _ := io.ReadAll(request.Body)
		r.got, r.bodies = append(r.got, request), append(r.bodies, body)
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(r.status)
		fmt.Fprint(w, "thanks")
	}))
	t.Cleanup(r.Close)
	return r
}

type office struct {
	*store.Store
	t  *testing.T
	db *pgxpool.Pool
}

var loopback = egress.Policy{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}

func open(t *testing.T) *office {
	t.Helper()
	installation := jobtest.Open(t)
	o := &office{Store: installation.Store, t: t, db: installation.DB}
	return o
}

func (o *office) webhook(w desk.Webhook) desk.WebhookID {
	o.t.Helper()
	w.Name, w.Active = "report", true
	err := o.InTx(o.t.Context(), func(tx *store.Store) error { return library.Webhooks.Insert(o.t.Context(), tx.DB, &w, 1) })
	if err != nil {
		o.t.Fatal(err)
	}
	return w.ID
}

// call announces a call about ticket 1, which every installation has, and makes one attempt.
func (o *office) call(id desk.WebhookID, policy egress.Policy) (task.WebhookToCall, desk.OutboxID, error) {
	o.t.Helper()
	article := o.ask(`SELECT min(id) FROM ticket_articles WHERE ticket_id = 1`)
	t := task.WebhookToCall{
		WebhookID: id, TicketID: 1, ArticleID: desk.ArticleID(article), Rule: "to the \n other", RuleType: "Trigger", Delivery: "d-1",
		Event: desk.TicketEvent{TicketID: 1, Type: desk.EventUpdate, By: 2, Changes: desk.AttributeChanges{"state_id": {float64(1), float64(4)}}},
	}
	if err := o.Announce(o.t.Context(), t); err != nil {
		o.t.Fatal(err)
	}
	row := desk.OutboxID(o.ask(`SELECT max(id) FROM outbox WHERE kind = 'webhook.call'`))
	return t, row, hook.New(o.Store, policy, slog.New(slog.DiscardHandler)).Work(o.t.Context(), t, row)
}

func (o *office) ask(sql string, args ...any) (n int64) {
	o.t.Helper()
	if err := o.db.QueryRow(o.t.Context(), sql, args...).Scan(&n); err != nil {
		o.t.Fatalf("%s: %v", sql, err)
	}
	return n
}

func TestWebhooksAreCalledAndSigned(t *testing.T) {
	t.Parallel()
	o, r := open(t), newReceiver(t, httptest.NewServer)
	id := o.webhook(desk.Webhook{
		Endpoint: r.URL + "/in", SSLVerify: true, SignatureToken: new("secret"), BasicAuthUsername: new("user"), BasicAuthPassword: new("pass"),
	})
	if _, _, err := o.call(id, loopback); err != nil {
		t.Fatal(err)
	}
	if len(r.got) != 1 {
		t.Fatalf("%d requests, want 1", len(r.got))
	}
	got, body := r.got[0], r.bodies[0]
	for header, want := range map[string]string{
		"Content-Type": "application/json; charset=utf-8", "User-Agent": "Zammad User Agent", "X-Zammad-Trigger": "to the   other",
		"X-Zammad-Delivery": "d-1", "X-Hub-Signature": hook.Signature("secret", body),
	} {
		if header := got.Header.Get(header); header != want {
			t.Errorf("header %q, want %q", header, want)
		}
	}
	if user, password, _ := got.BasicAuth(); user != "user" || password != "pass" || got.Method != "POST" || got.URL.Path != "/in" {
		t.Errorf("%s %s as %s:%s", got.Method, got.URL, user, password)
	}
	var sent struct {
		Ticket struct {
			ID    int
			State string
			Owner struct{ Login string }
		}
		Article struct{ ID, TicketID int }
	}
	if err := json.Unmarshal(body, &sent); err != nil || sent.Ticket.ID != 1 || sent.Ticket.State != "new" || sent.Article.ID == 0 {
		t.Errorf("%s: %v", body, err)
	}
	if n := o.ask(`SELECT count(*) FROM http_logs WHERE facility = 'webhook' AND direction = 'out' AND status = '200' AND response->>'content' = 'thanks'`); n != 1 {
		t.Errorf("%d log entries, want 1", n)
	}
	if n := o.ask(`SELECT count(*) FROM outbox WHERE kind = 'webhook.call'`); n != 0 {
		t.Errorf("%d calls are left", n)
	}
	if want := "sha1=f75efc0f29bf50c23f99b30b86f7c78fdaf5f11d"; hook.Signature("secret", []byte("payload")) != want {
		t.Errorf("signature %s, want %s", hook.Signature("secret", []byte("payload")), want)
	}
}

func TestAFailedCallIsRepeatedAsTheSameDelivery(t *testing.T) {
	t.Parallel()
	o, r := open(t), newReceiver(t, httptest.NewServer)
	id := o.webhook(desk.Webhook{Endpoint: r.URL, SSLVerify: true})
	for _, status := range []int{http.StatusInternalServerError, http.StatusFound} {
		r.status = status
		work, row, err := o.call(id, loopback)
		if err == nil || desk.Permanent(err) {
			t.Fatalf("%d: %v, want to be called again", status, err)
		}
		o.db.Exec(t.Context(), `UPDATE outbox SET claimed_until = NULL`)
		r.status = http.StatusNoContent
		if err := hook.New(o.Store, loopback, slog.New(slog.DiscardHandler)).Work(t.Context(), work, row); err != nil {
			t.Fatal(err)
		}
		last := r.got[len(r.got)-2:]
		if last[0].Header.Get("X-Zammad-Delivery") != last[1].Header.Get("X-Zammad-Delivery") || last[1].URL.Path != "/" {
			t.Errorf("%d: %s then %s", status, last[0].Header, last[1].Header)
		}
	}
	if n := o.ask(`SELECT count(*) FROM http_logs`); n != 4 {
		t.Errorf("%d log entries, want one an attempt", n)
	}
}

func TestCallsKeepToTheOutside(t *testing.T) {
	t.Parallel()
	o, r := open(t), newReceiver(t, httptest.NewServer)
	_, _, err := o.call(o.webhook(desk.Webhook{Endpoint: r.URL, SSLVerify: true}), egress.Policy{})
	if !desk.Permanent(err) || len(r.got) != 0 {
		t.Errorf("%v and %d requests, want none for good", err, len(r.got))
	}
}

func TestCertificatesCountUnlessSwitchedOff(t *testing.T) {
	t.Parallel()
	o, r := open(t), newReceiver(t, httptest.NewTLSServer)
	id := o.webhook(desk.Webhook{Endpoint: r.URL, SSLVerify: true})
	if _, _, err := o.call(id, loopback); err == nil {
		t.Error("an unknown certificate was taken")
	}
	if _, err := o.db.Exec(t.Context(), `UPDATE webhooks SET ssl_verify = false`); err != nil {
		t.Fatal(err)
	}
	if _, _, err := o.call(id, loopback); err != nil {
		t.Errorf("although switched off: %v", err)
	}
}

func TestOwnPayloadsAreFilledIn(t *testing.T) {
	t.Parallel()
	o, r := open(t), newReceiver(t, httptest.NewServer)
	payload := `{"id": "#{ticket.id}", "who": "#{ticket.customer.firstname} said", "none": "#{ticket.organization.note}", "ids": "#{ticket.article_ids}",
		"odd": "#{ticket.foo}", "other": "#{foo.bar}", "whole": "#{ticket}", "owner": "#{ticket.customer}",
		"hook": "#{config.ticket_hook}#{ticket.number}", "what": "#{notification.changes}", "link": "#{notification.link}"}`
	id := o.webhook(desk.Webhook{Endpoint: r.URL, SSLVerify: true, CustomizedPayload: true, CustomPayload: &payload})
	if _, err := o.db.Exec(t.Context(), `UPDATE users SET firstname = E'Ni"na\n' WHERE id = (SELECT customer_id FROM tickets WHERE id = 1)`); err != nil {
		t.Fatal(err)
	}
	if _, _, err := o.call(id, loopback); err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(r.bodies[0], &got); err != nil {
		t.Fatalf("%s: %v", r.bodies[0], err)
	}
	for name, want := range map[string]any{
		"id": float64(1), "who": "Ni\"na\n said", "odd": "#{ticket.foo / no such method}", "other": "#{foo / no such object}",
		"whole": "#{ticket / missing method}", "owner": "#{ticket.customer / missing method}", "what": "State: new -> closed",
	} {
		if got[name] != want {
			t.Errorf("%s: %#v, want %#v", name, got[name], want)
		}
	}
	if ids, list := got["ids"].([]any); !list || len(ids) != 1 {
		t.Errorf("ids: %v", got["ids"])
	}
	if hook, _ := got["hook"].(string); !strings.HasPrefix(hook, "Ticket#") {
		t.Errorf("hook: %v", got["hook"])
	}
}

func TestPayloadsLaidReadyAreJSON(t *testing.T) {
	t.Parallel()
	o, r := open(t), newReceiver(t, httptest.NewServer)
	for _, kind := range []string{"Mattermost", "MicrosoftTeams", "RocketChat", "Slack"} {
		id := o.webhook(desk.Webhook{
			Endpoint: r.URL, SSLVerify: true, PreDefinedWebhookType: &kind,
			Preferences: map[string]any{"pre_defined_webhook": map[string]any{"messaging_channel": "#desk"}},
		})
		if _, _, err := o.call(id, loopback); err != nil {
			t.Fatal(err)
		}
		body := r.bodies[len(r.bodies)-1]
		if !json.Valid(body) || strings.Contains(string(body), "#{ticket") || strings.Contains(string(body), "no such object") {
			t.Errorf("%s: %s", kind, body)
		}
	}
}
