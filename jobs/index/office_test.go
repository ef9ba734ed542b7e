package index_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"postroom/channels"
	"postroom/internal/blob"
	"postroom/internal/desk"
	"postroom/internal/devstack/searchengine"
	"postroom/internal/elastic"
	"postroom/internal/extract"
	"postroom/internal/store/outbox"
	"postroom/jobs/index"
	"postroom/jobs/jobtest"
	"postroom/jobs/task"
)

// office is an installation with a search engine, in which nobody works but who is told to.
type office struct {
	*jobtest.Office
	url    string
	prefix string
	blobs  *blob.Store
	writer *index.Writer
	job    *index.Changes
}

// extractor is the environment variable that makes the test binary the process that reads PDFs.
const extractor = "POSTROOM_TEST_EXTRACT"

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == extractor {
		if err := extract.Alone(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func open(t *testing.T) *office { return openAt(t, searchengine.URL(t), searchengine.Namespace(t)) }

func openAt(t *testing.T, url, prefix string) *office {
	t.Helper()
	o := &office{Office: jobtest.Open(t), url: url, prefix: prefix, blobs: blob.New(t.TempDir())}
	o.connect()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	o.writer = index.NewWriter(o.Store, o.blobs, elastic.NewEngine(elastic.Keys{}), extract.New(self, extractor), slog.New(slog.DiscardHandler))
	o.job = index.NewChanges(o.writer)
	return o
}

// connect sets the search engine, as an operator does.
func (o *office) connect() {
	o.T.Helper()
	for name, value := range map[string]string{"es_url": o.url, "es_index": o.prefix} {
		if err := o.PutSettingValue(o.T.Context(), name, value); err != nil {
			o.T.Fatal(err)
		}
	}
	o.ForgetCatalog()
}

// tickets makes tickets of an article each, with a trigger's worth of other rows.
func (o *office) tickets(from, to int) {
	o.T.Helper()
	o.Exec(`
		INSERT INTO tickets (id, number, title, group_id, state_id, priority_id, owner_id, customer_id, article_count,
			create_article_type_id, create_article_sender_id, updated_by_id, created_by_id)
		SELECT n, 'T' || n, 'Question ' || n, 1, 1, 2, 1, 1, 1, 1, 2, 1, 1 FROM generate_series($1::int, $2::int) AS n`, from, to)
	o.Exec(`
		INSERT INTO ticket_articles (id, ticket_id, type_id, sender_id, "from", subject, body, content_type, updated_by_id, created_by_id)
		SELECT n, n, 1, 2, 'Nina <nina@example.org>', 'Hello', '<p>Where is order <b>' || n || '</b>?</p>', 'text/html', 1, 1
		FROM generate_series($1::int, $2::int) AS n`, from, to)
}

// wakes returns the rows of the outbox that wake a worker.
func (o *office) wakes() []desk.OutboxID {
	return jobtest.All[desk.OutboxID](o.Office, `SELECT id FROM outbox WHERE kind = 'search.changed' AND dead_at IS NULL ORDER BY id`)
}

// work works off what waits, until nothing does.
func (o *office) work() {
	o.T.Helper()
	for wakes := o.wakes(); len(wakes) > 0; wakes = o.wakes() {
		for _, id := range wakes {
			if err := o.job.Work(o.T.Context(), task.SearchChanged{}, id); err != nil {
				o.T.Fatalf("work: %v", err)
			}
		}
	}
	if n := jobtest.Ask[int](o.Office, `SELECT count(*) FROM search_changes`); n > 0 {
		o.T.Fatalf("%d changes are left, and nobody was told of them", n)
	}
}

// atWork works in the background as workers and maintenance do, until the test says stop. Failures
// count only where they are none that may come again.
func (o *office) atWork(workers int) (stop func()) {
	ctx, cancel := context.WithCancel(o.T.Context())
	var running sync.WaitGroup
	for range workers {
		running.Go(func() {
			ticker := time.NewTicker(20 * time.Millisecond)
			defer ticker.Stop()
			for {
				select {
				case <-ctx.Done():
					return
				case <-ticker.C:
				}
				_, _ = o.WakeSearch(ctx)
				rows, _ := o.DB.Query(ctx, `SELECT id FROM outbox WHERE kind = 'search.changed' AND dead_at IS NULL ORDER BY random() LIMIT 1`)
				var id desk.OutboxID
				for rows.Next() {
					_ = rows.Scan(&id)
				}
				if id == 0 {
					continue
				}
				err := o.job.Work(ctx, task.SearchChanged{}, id)
				_, later := errors.AsType[*channels.LaterError](err)
				if err != nil && !later && !errors.Is(err, outbox.ErrClaimed) && ctx.Err() == nil {
					o.T.Errorf("work: %v", err)
				}
			}
		})
	}
	return func() { cancel(); running.Wait() }
}

func (o *office) rebuild(progress func(index.Progress), objects ...string) {
	o.T.Helper()
	r := &index.Rebuild{Writer: o.writer, Workers: 2, Progress: progress}
	if err := r.Run(o.T.Context(), objects); err != nil {
		o.T.Fatalf("rebuild: %v", err)
	}
}

// ask sends a request to the engine. A 404 is an empty answer.
func (o *office) ask(path string) (answer map[string]any) {
	o.T.Helper()
	request, err := http.NewRequestWithContext(o.T.Context(), http.MethodGet, o.url+"/"+path, http.NoBody)
	if err != nil {
		o.T.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		o.T.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err == nil {
		err = json.Unmarshal(text, &answer)
	}
	if err != nil {
		o.T.Fatalf("%s: %v: %s", path, err, text)
	}
	return answer
}

// document returns the document of a record; nil: there is none.
func (o *office) document(object string, id int64) map[string]any {
	o.T.Helper()
	answer := o.ask(fmt.Sprintf("%s_%s/_doc/%d", o.prefix, object, id))
	source, _ := answer["_source"].(map[string]any)
	return source
}

// count counts what searches would find now.
func (o *office) count(object, query string) int {
	o.T.Helper()
	o.ask(fmt.Sprintf("%s_%s/_refresh", o.prefix, object))
	n, _ := o.ask(fmt.Sprintf("%s_%s/_count?q=%s", o.prefix, object, query))["count"].(float64)
	return int(n)
}

// written says how often documents were written into the index of a kind.
func (o *office) written(object string) int {
	o.T.Helper()
	n := dig(o.ask(fmt.Sprintf("%s_%s/_stats/indexing", o.prefix, object)), "_all", "primaries", "indexing", "index_total")
	total, ok := n.(float64)
	if !ok {
		o.T.Fatalf("no statistics of %s: %v", object, n)
	}
	return int(total)
}

func dig(v any, path ...string) any {
	for _, name := range path {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	return v
}

func (o *office) eventually(what string, holds func() bool) {
	o.T.Helper()
	deadline := time.NewTimer(90 * time.Second)
	defer deadline.Stop()
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for !holds() {
		select {
		case <-deadline.C:
			o.T.Fatalf("not in time: %s", what)
		case <-ticker.C:
		}
	}
}
