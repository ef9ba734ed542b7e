package api_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"postroom/api"
	"postroom/api/apitest"
	"postroom/internal/desk"
	"postroom/internal/setup"
)

func TestMonitoringToken(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	catalog, err := o.Store.Catalog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ask := func(token string) apitest.Answer {
		return o.Send(o.Request(http.MethodGet, "/api/v1/monitoring/health_check?token="+url.QueryEscape(token), ""))
	}
	ask("").Refuses(403, "Authentication required")
	ask("wrong").Refuses(403, "Authentication required")
	if got := ask(catalog.Settings.String("monitoring_token")).Is(200).Object(); got["token"] != nil {
		t.Errorf("who came with the token is told it: %v", got)
	}
	if got := o.Get("chris", "/monitoring/health_check").Is(200).Object()["token"]; got != catalog.Settings.String("monitoring_token") {
		t.Errorf("an administrator is told %v", got)
	}
	o.Get("emma", "/monitoring/status").Refuses(403, "User authorization failed.")
	fresh := o.Post("chris", "/monitoring/token", "").Is(201).Object()["token"].(string)
	if len(fresh) != 54 {
		t.Errorf("new token %q, want 54 characters", fresh)
	}
	ask(catalog.Settings.String("monitoring_token")).Refuses(403, "Authentication required")
	ask(fresh).Is(200)
}

func TestHealth(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	o.Exec(`UPDATE channels SET created_at = now()`) // not as old as the database that this one was cloned from
	check := func() map[string]any { return o.Get("chris", "/monitoring/health_check").Is(200).Object() }
	if got := check(); got["healthy"] != true || got["message"] != "success" || fmt.Sprint(got["issues"], got["actions"]) != "[] []" {
		t.Errorf("healthy: %v", got)
	}
	o.Exec(`UPDATE channels SET status_in = 'error', last_log_in = E'no\nway', last_fetch = now() - interval '2 hours',
		options = '{"inbound": {"adapter": "imap", "options": {"host": "imap.example.com", "user": "u", "password": "hidden"}}}' WHERE id = 7`)
	o.Exec(`INSERT INTO outbox (queue, kind, payload, attempts, dead_at) VALUES ('deliver', 'article.deliver', '{}', 9, now())`)
	o.Exec(`INSERT INTO schedulers (name, object, timeplan, condition, perform, active, running, next_run_at, updated_by_id, created_by_id)
		SELECT name, 'Ticket', '{}', '{}', '{}', active, running, $1::timestamptz + late * interval '1 minute', 1, 1
		FROM (VALUES ('Nightly', true, false, 0), ('Off', false, false, 0), ('At it', true, true, 0), ('Punctual', true, false, 52560000))
			AS v (name, active, running, late)`, "2020-01-02T03:04:05Z")
	o.Exec(`INSERT INTO blobs (sha256, size, place) VALUES (sha256('x'), 1024 * 3000, 'File')`)
	o.Exec(`INSERT INTO inbound_messages (channel_kind, external_id, blob_id, state) SELECT 'email', 'x', id, 'failed' FROM blobs LIMIT 1`)
	got := check()
	want := []any{
		"Channel: Email::Account in host:imap.example.com;user:u; no way",
		"Channel: Email::Account in host:imap.example.com;user:u; is active but not fetched for about 2 hours",
		"emails that could not be processed: 1",
		"scheduler may not run (Nightly was due at 2020-01-02T03:04:05Z) - please contact your system administrator",
		"1 background jobs out of retries",
		"Failed to run background job #1 'article.deliver' 1 time(s) with 9 attempt(s).",
	}
	if fmt.Sprint(got["issues"]) != fmt.Sprint(want) || got["healthy"] != false || fmt.Sprint(got["actions"]) != "[restart_failed_jobs]" {
		t.Errorf("issues %v (%v), want %v", got["issues"], got, want)
	}
	if strings.Contains(fmt.Sprint(got), "hidden") {
		t.Error("a password is shown")
	}
	o.Post("chris", "/monitoring/restart_failed_jobs", "").Is(200).Same(t, "{}")
	o.Exec(`UPDATE channels SET active = false`)
	o.Exec(`UPDATE schedulers SET next_run_at = now() - interval '7 minutes' WHERE name = 'Nightly'`)
	if got := fmt.Sprint(check()["issues"]); got != "[emails that could not be processed: 1]" {
		t.Errorf("after a restart: %s", got)
	}
	status := o.Get("chris", "/monitoring/status").Is(200).Object()
	storage := status["storage"].(map[string]any)
	if counts := status["counts"].(map[string]any); counts["tickets"] != float64(1) || counts["knowledge_base_answers"] != float64(0) || storage["MB"] != float64(2) {
		t.Errorf("status %v", status)
	}
	if newest := status["last_created_at"].(map[string]any); newest["tickets"] == nil || len(newest) != 10 {
		t.Errorf("last_created_at %v", newest)
	}
}

func TestAmounts(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	o.NewTicket(1, "david", "second")
	o.Exec(`UPDATE tickets SET created_at = now()`) // the first one may be as old as the database that this one was cloned from
	for query, want := range map[string]string{
		"periode=1h":                              `{"count":2}`,
		"periode=1h&max_warning=2":                `{"state":"ok","count":2}`,
		"periode=60m&max_warning=1":               `{"state":"warning","message":"The limit of 1 was exceeded with 2 in the last 60m","count":2}`,
		"periode=1d&max_critical=1&max_warning=1": `{"state":"critical","message":"The limit of 1 was exceeded with 2 in the last 1d","count":2}`,
		"periode=900s&min_warning=2":              `{"state":"warning","message":"The minimum of 2 was undercut by 2 in the last 900s","count":2}`,
		"periode=1h&min_critical=5&max_warning=1": `{"state":"critical","message":"The minimum of 5 was undercut by 2 in the last 1h","count":2}`,
		"periode=99999999999d":                    `{"count":2}`,
	} {
		o.Get("chris", "/monitoring/amount_check?"+query).Is(200).Same(t, want)
	}
	for query, want := range map[string]string{
		"":                          "periode is missing!",
		"periode=1":                 "periode needs to have s, m, h or d as last!",
		"periode=xh":                "periode needs to be an integer!",
		"periode=h":                 "periode needs to be an integer!",
		"periode=1h&max_warning=0":  "max_warning needs to be an integer!",
		"periode=1h&max_warning=no": "max_warning needs to be an integer!",
	} {
		o.Get("chris", "/monitoring/amount_check?"+query).Refuses(422, want)
	}
}

// leftWizard is an auto wizard that does what a test says.
type leftWizard struct {
	waiting bool
	err     error
	token   string
}

func (w *leftWizard) Waiting() bool { return w.waiting }
func (w *leftWizard) Apply(_ context.Context, token string) (desk.UserID, error) {
	w.token = token
	return 0, w.err
}

func TestGettingStarted(t *testing.T) {
	t.Parallel()
	left := &leftWizard{waiting: true}
	o := apitest.Open(t, func(needs *api.Needs) { needs.AutoWizard = left })
	ask := func(path string) apitest.Answer {
		return o.Send(o.Request(http.MethodGet, "/api/v1/getting_started"+path, "")).Is(200)
	}
	const done = `{"setup_done":true,"import_mode":false,"import_backend":"","system_online_service":false}`
	ask("").Same(t, done)
	ask("/auto_wizard").Same(t, done)
	o.Exec(`TRUNCATE users CASCADE`) // an installation that nobody has set up
	ask("").Same(t, `{"auto_wizard":true}`)
	ask("/auto_wizard/s3cret").Same(t, `{"auto_wizard":true,"auto_wizard_success":true}`)
	if left.token != "s3cret" {
		t.Errorf("asked with token %q, want that of the address", left.token)
	}
	for _, tc := range []struct {
		err  error
		want string
	}{
		{setup.ErrNoAutoWizard, `{"auto_wizard":false}`},
		{setup.ErrSetUpAlready, done},
		{setup.ErrWrongToken, `{"auto_wizard":true,"auto_wizard_success":false,"message":"The auto wizard needs its token in the address."}`},
		{errors.New("disk full"), `{"auto_wizard":true,"auto_wizard_success":false,"message":"The auto wizard failed. The log says why."}`},
	} {
		left.err = tc.err
		ask("/auto_wizard").Same(t, tc.want)
	}
	left.waiting = false
	ask("").Same(t, strings.Replace(done, "true", "false", 1))
}
