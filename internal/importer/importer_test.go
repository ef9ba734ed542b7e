package importer_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"postroom/internal/blob"
	"postroom/internal/desk"
	"postroom/internal/devstack"
	"postroom/internal/egress"
	"postroom/internal/importer"
	"postroom/internal/setup"
	"postroom/internal/store"
)

// elsewhere is another helpdesk: it answers with files.
type elsewhere struct {
	*httptest.Server
	mu       sync.Mutex
	answers  map[string]string // what is asked for -> file, or the bytes themselves after a =
	asked    map[string]int
	meddle   func(w http.ResponseWriter, what string, times int) bool // answers instead, sometimes
	user     string                                                   // who is let in
	password string
}

// asks is what a request asks for: its path with the part of its query that says which page.
func asks(r *http.Request) string {
	query := r.URL.Query()
	page := cmp.Or(query.Get("page[after]"), query.Get("cursor"), query.Get("offset"), query.Get("after_id"), query.Get("page"))
	if r.Method == http.MethodPost {
		page = r.PostFormValue("Subaction") + r.PostFormValue("Object") + r.PostFormValue("Offset")
	}
	return strings.TrimSuffix(r.URL.Path+"|"+page, "|")
}

func open(t *testing.T, dir, user, password string, answers map[string]string) *elsewhere {
	t.Helper()
	e := &elsewhere{answers: answers, asked: map[string]int{}, user: user, password: password}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		what := asks(r)
		e.mu.Lock()
		e.asked[what]++
		times, meddle := e.asked[what], e.meddle
		file, known := e.answers[what]
		e.mu.Unlock()
		if name, pass, _ := r.BasicAuth(); name != e.user || pass != e.password {
			http.Error(w, `{"error": "Couldn't authenticate you"}`, http.StatusUnauthorized)
			return
		}
		if meddle != nil && meddle(w, what, times) {
			return
		}
		if !known {
			http.Error(w, `{"error": "RecordNotFound"}`, http.StatusNotFound)
			return
		}
		if body, is := strings.CutPrefix(file, "="); is {
			_, _ = w.Write([]byte(body))
			return
		}
		body, err := os.ReadFile(filepath.Join("testdata", dir, file))
		if err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(bytes.ReplaceAll(body, []byte("HOST"), []byte(e.URL)))
	}))
	t.Cleanup(e.Close)
	return e
}

// times is how often something was asked for.
func (e *elsewhere) times(what string) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.asked[what]
}

// office is a fresh installation that takes a helpdesk over.
type office struct {
	*store.Store
	*importer.Importer
	t  *testing.T
	db *pgxpool.Pool
}

func prepare(url string) error {
	ctx := context.Background()
	if _, err := store.Migrate(ctx, url); err != nil {
		return err
	}
	s, err := store.Open(ctx, store.Options{URL: url, SecretKey: make([]byte, 32)})
	if err != nil {
		return err
	}
	defer s.Close()
	return setup.Seed(ctx, s, setup.Address{})
}

func newOffice(t *testing.T, settings map[string]string) *office {
	t.Helper()
	url := devstack.DatabaseFrom(t, "installation of the importer tests", prepare)
	s, err := store.Open(t.Context(), store.Options{URL: url, SecretKey: make([]byte, 32), MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	for name, value := range settings {
		if err := s.PutSettingValue(t.Context(), name, value); err != nil {
			t.Fatal(err)
		}
	}
	db, err := pgxpool.New(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	loopback := egress.Policy{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	return &office{s, importer.New(s, blob.New(t.TempDir()), loopback, slog.New(slog.DiscardHandler)), t, db}
}

// want compares values of queries as text.
func (o *office) want(facts map[string]string) {
	o.t.Helper()
	for sql, want := range facts {
		var got *string
		if err := o.db.QueryRow(o.t.Context(), "SELECT ("+sql+")::text").Scan(&got); err != nil {
			o.t.Errorf("%s: %v", sql, err)
			continue
		}
		if text := "null"; got != nil && *got != want || got == nil && text != want {
			if got != nil {
				text = *got
			}
			o.t.Errorf("%s\n got %s\nwant %s", sql, text, want)
		}
	}
}

func (o *office) begin(source string) desk.HelpdeskImportID {
	o.t.Helper()
	id, err := importer.Begin(o.t.Context(), o.Store, source)
	if err != nil {
		o.t.Fatal(err)
	}
	return id
}

// advance takes a run further and fails if that fails.
func (o *office) advance(id desk.HelpdeskImportID) (done bool) {
	o.t.Helper()
	done, err := o.Advance(o.t.Context(), id, time.Now().Add(5*time.Minute))
	if err != nil {
		o.t.Fatal(err)
	}
	return done
}

// all runs a whole import.
func (o *office) all(source string) {
	o.t.Helper()
	if !o.advance(o.begin(source)) {
		o.t.Fatal("the import is not done")
	}
}

const counts = `SELECT string_agg(key || ' ' || concat_ws('/', value->>'sum', value->>'created', value->>'updated', value->>'unchanged',
	value->>'skipped', value->>'failed'), ', ' ORDER BY key) FROM helpdesk_imports, jsonb_each(result) WHERE id = (SELECT max(id) FROM helpdesk_imports)`

func TestOneImportAtATime(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	first := o.begin("zendesk")
	if again := o.begin("zendesk"); again != first {
		t.Errorf("a second request begins run %d, want the one that goes on, %d", again, first)
	}
	_, err := importer.Begin(t.Context(), o.Store, "kayako")
	if invalid, ok := errors.AsType[*desk.InvalidError](err); !ok || invalid.Field != "import_backend" {
		t.Errorf("another helpdesk meanwhile: %v, want an invalid import_backend", err)
	}
	o.want(map[string]string{
		`SELECT count(*) FROM outbox WHERE kind = 'import.run' AND queue = 'maintenance'`:                                             "1",
		`SELECT count(*) FROM helpdesk_imports`:                                                                                       "1",
		`SELECT string_agg(state_current->>'value', ' ' ORDER BY name) FROM settings WHERE name IN ('import_mode', 'import_backend')`: "zendesk true",
	})
	err = o.InTx(t.Context(), func(tx *store.Store) error { return importer.GiveUp(t.Context(), tx, first, errors.New("no luck")) })
	if err != nil {
		t.Fatal(err)
	}
	o.want(map[string]string{
		`SELECT error FROM helpdesk_imports WHERE finished_at IS NOT NULL`:        "no luck",
		`SELECT state_current->>'value' FROM settings WHERE name = 'import_mode'`: "false",
	})
	if again := o.begin("zendesk"); again != first {
		t.Errorf("after it ended early, run %d begins; want %d taken up", again, first)
	}
}
