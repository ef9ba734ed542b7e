package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"postroom/internal/devstack"
)

// get asks the API and decodes the answer.
func get(t *testing.T, url, token string, v any) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Token token="+token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if v != nil && response.StatusCode == http.StatusOK {
		if err := json.Unmarshal(body, v); err != nil {
			t.Fatalf("%s: %v: %s", url, err, body)
		}
	}
	return response.StatusCode
}

// awaitTicket waits until the API shows a ticket of this title.
func awaitTicket(t *testing.T, base, token, title string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		var tickets []struct{ Title string }
		if status := get(t, base+"/api/v1/tickets", token, &tickets); status != http.StatusOK {
			t.Fatalf("GET tickets: %d", status)
		}
		for _, ticket := range tickets {
			if ticket.Title == title {
				return
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("no ticket %q: there are %v", title, tickets)
		}
	}
}

func match(t *testing.T, text, pattern string) string {
	t.Helper()
	found := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if found == nil {
		t.Fatalf("%q does not match %s", text, pattern)
	}
	return found[1]
}

const (
	baseURL  = `ready on (http://[^\s]+)`
	apiToken = `API token  (\S+)`
)

func TestAllMakesATicketOfAMail(t *testing.T) {
	t.Parallel()
	s, _ := newShell(t, "REDIS_URL="+devstack.Redis(t), "ZAMMAD_RAILS_PORT=0", "AUTOWIZARD_RELATIVE_PATH="+t.TempDir()+"/none.json")
	all := s.start("all")
	out := all.printed("ready on")
	base, token := match(t, out, baseURL), match(t, out, apiToken)
	var me struct{ Login string }
	if status := get(t, base+"/api/v1/users/me", token, &me); status != http.StatusOK || me.Login != "admin@localhost" {
		t.Errorf("users/me = %d, %+v", status, me)
	}
	s.okWith(mail, "mail", "ingest", "--group", "Users")
	awaitTicket(t, base, token, "It broke")
	if logged, _ := all.err.read(); strings.Contains(logged, token) {
		t.Error("the token was logged")
	}
	if status := all.ends(); status != 0 {
		logged, _ := all.err.read()
		t.Errorf("exit %d: %s", status, logged)
	}

	again := s.start("all")
	if out := again.printed("ready on"); strings.Contains(out, "password") {
		t.Errorf("the second start prints a password: %s", out)
	}
	if status := again.ends(); status != 0 {
		t.Errorf("second run: exit %d", status)
	}
}

func TestPartsTogetherDoWhatAllDoes(t *testing.T) {
	t.Parallel()
	s, _ := newShell(t, "REDIS_URL="+devstack.Redis(t), "ZAMMAD_RAILS_PORT=0", "AUTOWIZARD_RELATIVE_PATH="+t.TempDir()+"/none.json")
	parts := []*running{s.start("api"), s.start("work", "--queues", "inbound,deliver"), s.start("schedule"), s.start("poll")}
	base := match(t, parts[0].printed("ready on"), baseURL)
	told := ""
	for _, part := range parts {
		told += part.printed("ready")
	}
	wantIn(t, "what the parts say", told, "workers are ready: inbound ", ", deliver ")
	if n := strings.Count(told, "administrator was created"); n != 1 {
		t.Errorf("%d of 4 parts created an administrator, want one", n)
	}
	s.okWith(mail, "mail", "ingest")
	awaitTicket(t, base, match(t, told, apiToken), "It broke")
	for i, part := range parts {
		if status := part.ends(); status != 0 {
			logged, _ := part.err.read()
			t.Errorf("part %d: exit %d: %s", i, status, logged)
		}
	}
}

func TestAutoWizardAtTheFirstStart(t *testing.T) {
	t.Parallel()
	const wizard = `{"Users": [{"login": "boss@example.com", "email": "boss@example.com", "password": "Correct-Horse-1"}], "Groups": [{"name": "Support", "users": ["boss@example.com"]}]}`
	s, conn := newShell(t, "ZAMMAD_RAILS_PORT=0", "AUTOWIZARD_JSON="+base64.StdEncoding.EncodeToString([]byte(wizard)))
	api := s.start("api")
	out := api.printed("ready on")
	if strings.Contains(out, "password") {
		t.Errorf("an administrator was created beside the auto wizard's: %s", out)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, match(t, out, baseURL)+"/api/v1/users/me", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.SetBasicAuth("boss@example.com", "Correct-Horse-1")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("the auto wizard's user signs in with %d", response.StatusCode)
	}
	if n := value(t, conn, `SELECT count(*) FROM groups_users WHERE user_id = 3 AND access = 'full'`); n != "2" {
		t.Errorf("full access to %s groups, want 2", n)
	}
	if status := api.ends(); status != 0 {
		t.Errorf("exit %d", status)
	}
}

func TestAutoWizardFileIsAppliedWhenAskedFor(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "wizard.json")
	if err := os.WriteFile(file, []byte(`{"Token": "sesame", "Users": [{"login": "boss@example.com", "password": "x"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	s, conn := newShell(t, "ZAMMAD_RAILS_PORT=0", "AUTOWIZARD_RELATIVE_PATH="+file)
	api := s.start("api")
	out := api.printed("ready on")
	if strings.Contains(out, "password") {
		t.Errorf("an administrator was created although an auto wizard waits: %s", out)
	}
	base := match(t, out, baseURL) + "/api/v1/getting_started"
	for _, step := range []struct{ path, want string }{
		{"", `{"auto_wizard":true}`},
		{"/auto_wizard", `"auto_wizard_success":false`},
		{"/auto_wizard/sesame", `"auto_wizard_success":true`},
		{"/auto_wizard/sesame", `"setup_done":true`},
	} {
		response, err := http.Get(base + step.path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || !strings.Contains(string(body), step.want) {
			t.Errorf("GET getting_started%s = %s, %v, want %s", step.path, body, err, step.want)
		}
	}
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Errorf("the file is still there: %v", err)
	}
	if n := value(t, conn, `SELECT count(*) FROM roles_users WHERE user_id = 3`); n != "2" {
		t.Errorf("the auto wizard's first user has %s roles, want 2", n)
	}
	if status := api.ends(); status != 0 {
		t.Errorf("exit %d", status)
	}
}

func TestPortThatIsTaken(t *testing.T) {
	t.Parallel()
	s, _ := newShell(t, "ZAMMAD_RAILS_PORT=0")
	api := s.start("api")
	port := match(t, api.printed("ready on"), `:(\d+)\s`)
	s.environ = append(s.environ, "ZAMMAD_RAILS_PORT="+port)
	s.fails(1, "ZAMMAD_RAILS_PORT", "api")
	if status := api.ends(); status != 0 {
		t.Errorf("exit %d", status)
	}
}

func TestWorkNeedsWorkersAndRedis(t *testing.T) {
	t.Parallel()
	s, _ := newShell(t)
	s.fails(1, `no queue "inbond"`, "work", "--queues", "inbond")
	s.fails(1, "--queues names none", "work", "--queues", "")
	s.fails(1, "REDIS_URL", "work")
	s.fails(1, "REDIS_URL", "schedule")
	s.environ = append(s.environ, "REDIS_URL=redis://127.0.0.1:1", "WORKERS_DELIVER=0", "ZAMMAD_PROCESS_SCHEDULED_JOBS_DISABLE=1")
	s.fails(1, "no workers", "work", "--queues", "deliver")
	s.fails(1, "ZAMMAD_PROCESS_SCHEDULED_JOBS_DISABLE", "poll")
}

// The parts of a process end together, and an accident of one is told.
func TestOnePartThatFailsStopsTheOthers(t *testing.T) {
	t.Parallel()
	p := &program{environ: []string{"DATA_DIR=" + t.TempDir()}, err: io.Discard, over: make(chan struct{})}
	defer close(p.over)
	cfg, log, err := p.prepare()
	if err != nil {
		t.Fatal(err)
	}
	stopped := false
	err = p.runParts(t.Context(), cfg, log,
		part{"broken", func(context.Context) error { return fmt.Errorf("a wheel came off") }},
		part{"good", func(ctx context.Context) error { <-ctx.Done(); stopped = true; return nil }})
	if err == nil || !strings.Contains(err.Error(), "broken ended: a wheel came off") || !stopped {
		t.Errorf("error %v, the other stopped: %v", err, stopped)
	}
}
