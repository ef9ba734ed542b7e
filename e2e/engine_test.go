package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"postroom/internal/devstack"
	"postroom/internal/devstack/searchengine"
	"postroom/internal/elastic"
)

// How long the search engine is away, and how often something changes meanwhile.
const (
	hangsFor = 20 * time.Second // it listens, and answers nobody
	awayFor  = 61 * time.Second // from then on until it comes back
	every    = 100 * time.Millisecond
)

// TestSearchEngineAwayForAMinute takes the search engine away from an installation in which tickets, people
// and organizations come and change all the while, by REST and by mail. Nobody waits for it, and when it is
// back every index has what the database has.
func TestSearchEngineAwayForAMinute(t *testing.T) {
	t.Parallel()
	node, databaseURL := searchengine.Own(t), devstack.Database(t)
	in := newInstance(t, databaseURL, devstack.Redis(t))
	in.start()
	in.mustRun("settings", "set", "es_url", node.URL)
	in.mustRun("search", "rebuild")
	db, err := pgx.Connect(t.Context(), databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(context.WithoutCancel(t.Context()))
	work := &officeWork{instance: in, db: db}
	work.goOnFor(5 * time.Second)
	in.waitUntil(time.Minute, "the first changes are in the index", func() error { return work.sameCounts(node.URL) })

	before := work.done
	node.Freeze()
	work.goOnFor(hangsFor)
	node.Kill(t)
	work.goOnFor(awayFor - hangsFor)
	waiting := func() int { return work.ask(`SELECT count(DISTINCT (object, object_id)) FROM search_changes`) }
	for deadline := time.Now().Add(2 * time.Minute); work.done < before+100 || waiting() < 100; { // a slow machine takes longer
		if work.goOnFor(time.Second); time.Now().After(deadline) {
			t.Fatalf("%d changes were made while the search engine was away, and %d records wait for it, want 100 and more of each", work.done-before, waiting())
		}
	}
	if err := work.findsLast(); err != nil {
		t.Error(err)
	}
	node.Restart(t)
	work.goOnFor(5 * time.Second)
	in.waitUntil(3*time.Minute, "every index has what the database has", func() error { return work.sameCounts(node.URL) })
	if dead := work.ask(`SELECT count(*) FROM outbox WHERE dead_at IS NOT NULL`); dead > 0 {
		t.Errorf("%d pieces of work gave up", dead)
	}
	in.stop()
}

// officeWork is what people and mails do.
type officeWork struct {
	*instance
	db      *pgx.Conn
	done    int
	tickets []int64 // that were made by REST and not deleted
	mails   int
}

// goOnFor changes something again and again.
func (w *officeWork) goOnFor(span time.Duration) {
	w.t.Helper()
	until, ticker := time.After(span), time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-until:
			return
		case <-ticker.C:
		}
		if err := w.change(w.done); err != nil {
			w.t.Fatalf("change %d: %v", w.done, err)
		}
		w.done++
	}
}

// change does the nth piece of work.
func (w *officeWork) change(n int) error {
	var made struct{ ID int64 }
	switch {
	case n%40 == 7:
		return w.mail(n)
	case n%40 == 17:
		return w.seldom(n)
	case n%3 == 0 || len(w.tickets) < 2:
		err := w.post("/api/v1/tickets", map[string]any{
			"title": fmt.Sprintf("Order %d", n), "group_id": 1, "customer_id": fmt.Sprintf("guess:customer%d@example.net", n),
			"article": map[string]any{"body": "Where is it?", "type": "note", "internal": false},
		}, &made)
		w.tickets = append(w.tickets, made.ID)
		return err
	case n%40 == 31:
		last := w.tickets[0]
		w.tickets = w.tickets[1:]
		return w.call(http.MethodDelete, fmt.Sprintf("/api/v1/tickets/%d", last), nil, nil)
	case n%3 == 1:
		path := fmt.Sprintf("/api/v1/tickets/%d", w.tickets[n%len(w.tickets)])
		return w.call(http.MethodPut, path, map[string]any{"title": fmt.Sprintf("Changed by %d", n)}, nil)
	}
	return w.post("/api/v1/ticket_articles", map[string]any{"ticket_id": w.tickets[len(w.tickets)-1], "body": "On its way", "type": "note"}, nil)
}

// mail has a mail come in.
func (w *officeWork) mail(n int) error {
	w.mails++
	text := fmt.Sprintf("From: customer%d@example.net\r\nTo: support@example.com\r\nSubject: Mail %d\r\nMessage-ID: <%d@example.net>\r\n\r\nHello\r\n", n, n, n)
	if out, code := w.run(strings.NewReader(text), "mail", "ingest"); code != 0 {
		return fmt.Errorf("mail ingest: exit code %d: %s", code, out)
	}
	return nil
}

// seldom changes what has an index of its own beside tickets and people.
func (w *officeWork) seldom(n int) error {
	name := fmt.Sprintf("Name %d", n)
	for path, body := range map[string]map[string]any{
		"organizations": {"name": name}, "groups": {"name": name}, "ticket_priorities": {"name": name}, "ticket_states": {"name": name, "state_type_id": 2},
	} {
		if err := w.post("/api/v1/"+path, body, nil); err != nil {
			return err
		}
	}
	_, err := w.db.Exec(w.t.Context(), `INSERT INTO cti_logs (direction, state, call_id) VALUES ('in', 'newCall', $1)`, name)
	return err
}

// findsLast searches for the ticket that was made last.
func (w *officeWork) findsLast() error {
	var found []struct{ ID int64 }
	last := w.tickets[len(w.tickets)-1]
	if err := w.get(fmt.Sprintf("/api/v1/tickets/search?query=id:%d", last), &found); err != nil {
		return err
	}
	if len(found) != 1 || found[0].ID != last {
		return fmt.Errorf("without the engine a search finds %v, want ticket %d", found, last)
	}
	return nil
}

// indexed are the tables whose rows have documents, by the kind of document.
var indexed = map[string]string{
	elastic.Ticket: "tickets", elastic.User: "users", elastic.Organization: "organizations", elastic.Group: "groups",
	elastic.State: "ticket_states", elastic.Priority: "ticket_priorities", elastic.CTILog: "cti_logs",
	elastic.ChatSession: "chat_sessions", elastic.KB: "knowledge_base_translations", elastic.KBAnswer: "knowledge_base_answer_translations",
	elastic.KBCategory: "knowledge_base_category_translations",
}

// sameCounts compares every index with its table, and the titles of tickets that were changed.
func (w *officeWork) sameCounts(engine string) error {
	for _, object := range elastic.Objects {
		table, records := indexed[object], 0
		if table != "" {
			records = w.ask(`SELECT count(*) FROM ` + table)
		}
		documents, err := documentsIn(w.t.Context(), engine, object, "*")
		if err != nil || documents != records {
			return fmt.Errorf("%d documents of %s for %d records (%v)", documents, object, records, err)
		}
	}
	changed := w.ask(`SELECT count(*) FROM tickets WHERE title LIKE 'Changed%'`)
	if found, err := documentsIn(w.t.Context(), engine, elastic.Ticket, "title:changed"); err != nil || found != changed || changed == 0 {
		return fmt.Errorf("%d tickets in the index are changed, and %d in the database (%v)", found, changed, err)
	}
	if came := w.ask(`SELECT count(*) FROM tickets WHERE title LIKE 'Mail%'`); came != w.mails {
		return fmt.Errorf("%d tickets of %d mails", came, w.mails)
	}
	return nil
}

func (w *officeWork) ask(sql string) (n int) {
	w.t.Helper()
	if err := w.db.QueryRow(w.t.Context(), sql).Scan(&n); err != nil {
		w.t.Fatalf("%s: %v", sql, err)
	}
	return n
}

// documentsIn asks the engine itself.
func documentsIn(ctx context.Context, engine, object, query string) (int, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, engine+"/zammad_"+object+"/_count?q="+url.QueryEscape(query), http.NoBody)
	if err != nil {
		return 0, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	var counted struct{ Count int }
	if err := json.NewDecoder(answer.Body).Decode(&counted); err != nil {
		return 0, err
	}
	if answer.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("the engine answers %s", answer.Status)
	}
	return counted.Count, nil
}
