package importer_test

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"postroom/internal/blob"
	"postroom/internal/desk"
	"postroom/internal/egress"
	moving "postroom/internal/importer"
	"postroom/internal/store"
	"postroom/jobs/importer"
	"postroom/jobs/jobtest"
	"postroom/jobs/task"
)

// office is an installation that takes a Kayako over, which answers as a test says.
type office struct {
	*jobtest.Office
	job *importer.Run
	id  desk.HelpdeskImportID
}

func open(t *testing.T, answer http.HandlerFunc) *office {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	o := &office{Office: jobtest.Open(t)}
	for name, value := range map[string]string{"import_kayako_endpoint": server.URL, "import_kayako_endpoint_username": "kai@old.example", "import_kayako_endpoint_password": "s3cret"} {
		if err := o.PutSettingValue(t.Context(), name, value); err != nil {
			t.Fatal(err)
		}
	}
	loopback := egress.Policy{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	quiet := slog.New(slog.DiscardHandler)
	o.job = importer.New(o.Store, moving.New(o.Store, blob.New(t.TempDir()), loopback, quiet), quiet)
	var err error
	if o.id, err = moving.Begin(t.Context(), o.Store, "kayako"); err != nil {
		t.Fatal(err)
	}
	return o
}

const waiting = `SELECT id FROM outbox WHERE kind = 'import.run'`

// work does the work that waits.
func (o *office) work() error {
	o.T.Helper()
	id := jobtest.Ask[desk.OutboxID](o.Office, waiting)
	var t task.HelpdeskToImport
	if err := json.Unmarshal(jobtest.Ask[[]byte](o.Office, `SELECT payload FROM outbox WHERE id = $1`, id), &t); err != nil {
		o.T.Fatal(err)
	}
	return o.job.Work(o.T.Context(), t, id)
}

func TestImportRunsAndEnds(t *testing.T) {
	t.Parallel()
	o := open(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"data": []}`)) })
	if err := o.work(); err != nil {
		t.Fatal(err)
	}
	if left := jobtest.All[int64](o.Office, waiting); len(left) != 0 {
		t.Errorf("work is left: %v", left)
	}
	if done := jobtest.Ask[bool](o.Office, `SELECT finished_at IS NOT NULL AND error = '' FROM helpdesk_imports`); !done {
		t.Error("the run has not ended well")
	}
}

func TestImportRestsAsLongAsItIsTold(t *testing.T) {
	t.Parallel()
	o := open(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "120")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	before := time.Now()
	if err := o.work(); err != nil {
		t.Fatal(err)
	}
	due := jobtest.Ask[time.Time](o.Office, `SELECT process_at FROM outbox WHERE kind = 'import.run'`)
	if rest := due.Sub(before); rest < 119*time.Second || rest > 150*time.Second {
		t.Errorf("a rest of %s, want 2 minutes", rest)
	}
}

func TestImportEndsEarlyWithoutHope(t *testing.T) {
	t.Parallel()
	o := open(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	if err := o.work(); err != nil {
		t.Fatal(err)
	}
	if left := jobtest.All[int64](o.Office, waiting); len(left) != 0 {
		t.Errorf("work is left: %v", left)
	}
	reason := jobtest.Ask[string](o.Office, `SELECT error FROM helpdesk_imports WHERE finished_at IS NOT NULL`)
	if want := "import of kayako: fields: /cases/fields.json: the helpdesk refuses our credentials (status 401)"; reason != want {
		t.Errorf("reason %q, want %q", reason, want)
	}
}

func TestImportIsTriedAgainInTrouble(t *testing.T) {
	t.Parallel()
	o := open(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	err := o.work()
	if err == nil || desk.Permanent(err) {
		t.Fatalf("%v, want an error that is tried again", err)
	}
	// And when that was often enough:
	id := jobtest.Ask[desk.OutboxID](o.Office, waiting)
	if err := o.InTx(t.Context(), func(tx *store.Store) error {
		return o.job.GiveUp(t.Context(), tx, task.HelpdeskToImport{HelpdeskImportID: o.id}, id, errors.New("out of patience"))
	}); err != nil {
		t.Fatal(err)
	}
	if reason := jobtest.Ask[string](o.Office, `SELECT error FROM helpdesk_imports WHERE finished_at IS NOT NULL`); reason != "out of patience" {
		t.Errorf("reason %q", reason)
	}
	if mode := jobtest.Ask[string](o.Office, `SELECT state_current->>'value' FROM settings WHERE name = 'import_mode'`); mode != "false" {
		t.Errorf("import_mode %s after the end", mode)
	}
}
