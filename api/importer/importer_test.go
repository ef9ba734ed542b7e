package importer_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"postroom/api/apitest"
	"postroom/internal/blob"
	"postroom/internal/egress"
	"postroom/internal/importer"
)

// freshdesk is an account with one ticket of one customer.
func freshdesk(t *testing.T) string {
	t.Helper()
	const customer = `{"id": 9, "name": "Carla Customer", "email": "carla@velo.example"}`
	answers := map[string]string{
		"/api/v2/agents/me":     `{"id": 7, "contact": {"name": "Fred Fresh", "email": "fred@old.example"}}`,
		"/api/v2/roles":         `[{"id": 1, "name": "Administrator"}]`,
		"/api/v2/groups":        `[{"id": 71, "name": "Shop"}]`,
		"/api/v2/agents":        `[{"id": 7, "contact": {"name": "Fred Fresh", "email": "fred@old.example"}, "group_ids": [71], "role_ids": [1]}]`,
		"/api/v2/contacts":      `[` + customer + `]`,
		"/api/v2/tickets":       `[{"id": 4242, "subject": "Bell is mute", "status": 2, "priority": 1, "requester_id": 9, "group_id": 71, "created_at": "2021-01-01T00:00:00Z", "updated_at": "2021-01-02T00:00:00Z"}]`,
		"/api/v2/tickets/4242":  `{"id": 4242, "description": "<p>It is mute</p>", "source": 1, "requester": ` + customer + `}`,
		"/api/v2/ticket_fields": `[{"name": "cf_colour", "label": "Colour", "type": "custom_text"}]`,
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if token, _, _ := r.BasicAuth(); token != "k3y" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		answer, known := answers[r.URL.Path]
		if !known {
			answer = `[]`
		}
		_, _ = w.Write([]byte(answer))
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// finish does what workers do.
func finish(t *testing.T, o *apitest.Office, source string) {
	t.Helper()
	run, err := o.Store.LastHelpdeskImport(t.Context(), source)
	if err != nil {
		t.Fatal(err)
	}
	loopback := egress.Policy{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	worker := importer.New(o.Store, blob.New(t.TempDir()), loopback, slog.New(slog.DiscardHandler))
	done, err := worker.Advance(t.Context(), run.ID, time.Now().Add(10*time.Minute))
	if err != nil || !done {
		t.Fatalf("done %t, %v", done, err)
	}
}

func body(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestSomebodyWithoutAnAccountMovesIn(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	o.Exec(`TRUNCATE users CASCADE`) // an installation that nobody has set up
	o.Exec(`INSERT INTO users (id, login, firstname, updated_by_id, created_by_id) VALUES (1, '-', '-', 1, 1)`)
	b := o.Browser()
	b.Ask("GET", "/signshow", "")
	ask := func(method, path, body string) apitest.Answer {
		return b.Ask(method, "/import/freshdesk/"+path, body).Is(200)
	}
	address := freshdesk(t)

	if got := ask("POST", "url_check", `{"url": "yours.freshdesk.com"}`).Object(); got["result"] != "invalid" || got["message"] != "The provided URL is invalid." {
		t.Errorf("url_check without http: %v", got)
	}
	if got := ask("POST", "url_check", `{"url": "http://127.0.0.1:1"}`).Object(); got["result"] != "invalid" || got["message_human"] != "The connection was refused." {
		t.Errorf("url_check where nobody is: %v", got)
	}
	ask("POST", "url_check", body(t, map[string]any{"url": address})).Same(t, `{"result":"ok","url":"`+address+`"}`)
	if got := ask("POST", "credentials_check", `{}`).Object(); got["message_human"] != "Incomplete credentials" {
		t.Errorf("credentials_check without any: %v", got)
	}
	if got := ask("POST", "credentials_check", `{"token": "guessed"}`).Object(); got["result"] != "invalid" || got["message_human"] != "Invalid credentials!" {
		t.Errorf("credentials_check with a wrong token: %v", got)
	}
	if got := ask("POST", "import_start", "").Object(); got["result"] != "invalid" || got["message_human"] != "Incomplete credentials" {
		t.Errorf("import_start without credentials: %v", got)
	}
	ask("GET", "import_status", "").Same(t, `{"message":"not running"}`)
	ask("POST", "credentials_check", `{"token": "k3y"}`).Same(t, `{"result":"ok"}`)
	ask("POST", "import_start", "").Same(t, `{"result":"ok"}`)
	if got := ask("GET", "import_status", "").Object(); got["name"] != "Import::Freshdesk" || got["finished_at"] != nil {
		t.Errorf("import_status before workers began: %v", got)
	}
	if got := b.Ask("GET", "/getting_started", "").Is(200).Object(); got["import_mode"] != true || got["import_backend"] != "freshdesk" {
		t.Errorf("getting_started meanwhile: %v", got)
	}
	finish(t, o, "freshdesk")

	// Whoever waits sees that it has ended; nobody may begin another one.
	got := ask("GET", "import_status", "").Object()
	tickets, _ := got["result"].(map[string]any)["Tickets"].(map[string]any)
	if got["finished_at"] == nil || tickets["created"] != 1.0 || tickets["total"] != 1.0 {
		t.Errorf("import_status at the end: %v", got)
	}
	for _, path := range []string{"url_check", "credentials_check", "import_start"} {
		ask("POST", path, `{"url": "`+address+`", "token": "k3y"}`).Same(t, `{"setup_done":true}`)
	}
	// The administrator of the former helpdesk signs in with its key.
	req := o.Request("GET", "/api/v1/tickets?expand=true", "")
	req.Header.Set("Authorization", apitest.Basic("fred@old.example", "k3y"))
	list := o.Send(req).Is(200).List()
	if len(list) != 1 {
		t.Fatalf("%d tickets, want one", len(list))
	}
	ticket := list[0]
	for key, want := range map[string]any{
		"number": "4242", "title": "Bell is mute", "customer": "carla@velo.example", "group": "Shop", "state": "open", "priority": "1 low",
		"created_at": "2021-01-01T00:00:00.000Z", "updated_at": "2021-01-02T00:00:00.000Z",
	} {
		if ticket[key] != want {
			t.Errorf("%s of the ticket: %v, want %v", key, ticket[key], want)
		}
	}
}

func TestAdministratorsImportLater(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	address := freshdesk(t)
	start := func(who string) apitest.Answer { return o.Post(who, "/import/freshdesk/import_start", "").Is(200) }
	o.Post("emma", "/import/freshdesk/url_check", body(t, map[string]any{"url": address})).Is(200).Same(t, `{"setup_done":true}`)
	start("emma").Same(t, `{"setup_done":true}`)
	o.Get("emma", "/import/freshdesk/import_status").Is(200).Same(t, `{"setup_done":true}`)

	o.Post("boss", "/import/freshdesk/url_check", body(t, map[string]any{"url": address + "/"})).Is(200)
	o.Post("boss", "/import/freshdesk/credentials_check", `{"token": "k3y"}`).Is(200).Same(t, `{"result":"ok"}`)
	start("boss").Same(t, `{"result":"ok"}`)
	finish(t, o, "freshdesk")
	o.Exec(`UPDATE helpdesk_imports SET finished_at = finished_at - interval '2 hours'`)
	o.Get("emma", "/import/freshdesk/import_status").Is(200).Same(t, `{"setup_done":true}`)
	if got := o.Get("boss", "/import/freshdesk/import_status").Is(200).Object(); got["finished_at"] == nil {
		t.Errorf("import_status for administrators: %v", got)
	}
}

func TestMonitoringKnowsOfFailedImports(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	message := func() string {
		text, _ := o.Get("boss", "/monitoring/health_check").Is(200).Object()["message"].(string)
		return text
	}
	o.Exec(`INSERT INTO helpdesk_imports (source, error, finished_at) VALUES ('zendesk', 'refused', now())`)
	if got, want := message(), "Failed to run import backend 'Import::Zendesk'. Cause: refused"; !strings.Contains(got, want) {
		t.Errorf("a failed import: %s, want %s", got, want)
	}
	o.Exec(`INSERT INTO helpdesk_imports (source, updated_at) VALUES ('otrs', now() - interval '30 minutes')`)
	if got := message(); strings.Contains(got, "import") {
		t.Errorf("an import that rests: %s", got)
	}
	o.Exec(`UPDATE helpdesk_imports SET updated_at = now() - interval '3 hours'`)
	if got, want := message(), "Stuck import backend 'Import::OTRS' detected."; !strings.Contains(got, want) {
		t.Errorf("an import that does not move: %s, want %s", got, want)
	}
}

func TestOTRSIsInspected(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/otrs/index.pl":
			_, _ = w.Write([]byte("<html>powered by OTRS</html>"))
		case r.PostFormValue("Key") != "k3y":
			_, _ = w.Write([]byte(`{"Success": 0, "Error": "wrong key"}`))
		case r.PostFormValue("Object") == "DynamicField":
			_, _ = w.Write([]byte(`{"Success": 1, "Result": [` + strings.Repeat(`{"ValidID": "1"},`, 20) + `{"ValidID": "1"}]}`))
		case r.PostFormValue("Object") == "SysConfig":
			_, _ = w.Write([]byte(`{"Success": 1, "Result": [{"Key": "Process"}]}`))
		default:
			_, _ = w.Write([]byte(`{"Success": 1, "Result": []}`))
		}
	}))
	t.Cleanup(server.Close)
	at := server.URL + "/otrs/public.pl?Action=ZammadMigrator"
	for address, want := range map[string]string{
		at:                ("The key is missing: take the whole address that the migrator plugin shows."),
		at + ";Key=other": "Invalid credentials!",
		server.URL + "/otrs/index.pl?Action=ZammadMigrator&Key=k3y": "Host found, but no OTRS migrator is installed!",
	} {
		if got := o.Post("boss", "/import/otrs/url_check", body(t, map[string]any{"url": address})).Is(200).Object(); got["message_human"] != want {
			t.Errorf("%s: %v, want %s", address, got, want)
		}
	}
	o.Post("boss", "/import/otrs/url_check", body(t, map[string]any{"url": at + ";Key=k3y"})).Is(200)
	o.Post("boss", "/import/otrs/import_check", "").Is(200).Same(t, `{"result":"failed","issues":["otrsDynamicFields","otrsProcesses"]}`)
	o.Post("boss", "/import/otrs/import_start", "").Is(200).Same(t, `{"result":"ok"}`)
	status := func() map[string]any { return o.Get("boss", "/import/otrs/import_status").Is(200).Object() }
	if got := status(); got["result"] != "in_progress" {
		t.Errorf("status: %v", got)
	}
	finish(t, o, "otrs")
	if got := status(); got["result"] != "import_done" {
		t.Errorf("status at the end: %v", got)
	}
	c, err := o.Store.Catalog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if key := c.Settings.String("import_otrs_endpoint_key"); key != "k3y" || c.Settings.Bool("import_mode") {
		t.Errorf("key %q, import_mode %t", key, c.Settings.Bool("import_mode"))
	}
}
