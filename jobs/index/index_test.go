package index_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"postroom/channels"
	"postroom/internal/desk"
	"postroom/internal/devstack/searchengine"
	"postroom/internal/elastic"
	"postroom/internal/store"
	"postroom/internal/store/indexing"
	"postroom/jobs/jobtest"
	"postroom/jobs/task"
)

func TestWithoutAnEngineNothingIsNoted(t *testing.T) {
	t.Parallel()
	o := &office{Office: jobtest.Open(t)}
	o.tickets(1001, 1003)
	if n := jobtest.Ask[int](o.Office, `SELECT count(*) FROM search_changes`); n != 0 || len(o.wakes()) != 0 {
		t.Errorf("%d changes and %d pieces of work for an engine that is not there", n, len(o.wakes()))
	}
}

// TestIndexesThatMissedChangesAreForgotten says when: while there was no engine, or while indexes had other
// names, nobody told them.
func TestIndexesThatMissedChangesAreForgotten(t *testing.T) {
	t.Parallel()
	o := openAt(t, "http://127.0.0.1:1", "zammad")
	for _, tc := range []struct {
		setting, value string
		left           int
	}{
		{"es_url", "http://127.0.0.1:2", 2}, // the same engine may be somewhere else
		{"es_user", "somebody", 2},
		{"es_index", "zammad", 2},
		{"es_index", "other", 0},
		{"es_url", "", 0},
	} {
		o.Exec(`DELETE FROM search_indexes`)
		o.Exec(`INSERT INTO search_indexes (name, object, serving) VALUES ('zammad_ticket-1', 'ticket', true), ('zammad_ticket-2', 'ticket', false)`)
		if err := o.PutSettingValue(t.Context(), tc.setting, tc.value); err != nil {
			t.Fatal(err)
		}
		if left := jobtest.Ask[int](o.Office, `SELECT count(*) FROM search_indexes`); left != tc.left {
			t.Errorf("%s = %q: %d indexes are kept up to date, want %d", tc.setting, tc.value, left, tc.left)
		}
	}
}

// TestNoTransactionWaitsForTheEngine has an engine take its time with a bulk: meanwhile nothing is open in
// the database, others leave what was claimed alone, and who is stopped gives it back.
func TestNoTransactionWaitsForTheEngine(t *testing.T) {
	t.Parallel()
	asked, stop := make(chan struct{}, 8), make(chan struct{})
	engine := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path != "/_bulk" {
			_, _ = w.Write([]byte(`{"slow_ticket-1":{"aliases":{}}}`))
			return
		}
		asked <- struct{}{}
		select {
		case <-stop:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(engine.Close)
	t.Cleanup(func() { close(stop) })
	o := openAt(t, engine.URL, "slow")
	o.Exec(`INSERT INTO search_indexes (name, object, serving) VALUES ('slow_ticket-1', 'ticket', true)`)
	o.tickets(1001, 1001)
	ctx, cancel := context.WithCancel(t.Context())
	wake, ended := o.wakes()[0], make(chan error, 1)
	go func() { ended <- o.job.Work(ctx, task.SearchChanged{}, wake) }()
	select {
	case <-asked:
	case err := <-ended:
		t.Fatalf("the engine was not asked: %v", err)
	}
	if n := jobtest.Ask[int](o.Office, `
		SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'`); n > 0 {
		t.Errorf("%d transactions wait for the engine", n)
	}
	waiting := jobtest.Ask[int](o.Office, `SELECT count(*) FROM search_changes`)
	if claimed, err := o.ClaimSearchChanges(t.Context(), 10, 10, time.Minute); err != nil || len(claimed) > 0 || waiting == 0 {
		t.Errorf("%d of %d changes can be claimed a second time (%v)", len(claimed), waiting, err)
	}
	if n, err := o.WakeSearch(t.Context()); n > 0 || err != nil {
		t.Errorf("%d workers woken for what one is at (%v)", n, err)
	}
	cancel()
	if err := <-ended; err == nil {
		t.Error("work that was stopped ended well")
	}
	claimed, err := o.ClaimSearchChanges(t.Context(), 10, 10, time.Minute)
	if err != nil || len(claimed) == 0 || len(claimed[0].Rows) != waiting {
		t.Errorf("%v can be claimed afterwards (%v), want all %d changes", claimed, err, waiting)
	}
}

func TestFreshChangesDoNotWaitForThoseOfAWholeGroup(t *testing.T) {
	t.Parallel()
	o := openAt(t, "http://127.0.0.1:1", "order")
	o.tickets(1001, 1700)
	claim := func(fresh, spread int) []indexing.SearchChange {
		t.Helper()
		changes, err := o.ClaimSearchChanges(t.Context(), fresh, spread, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		return changes
	}
	claim(10_000, 0)
	if err := o.SpreadSearchChange(t.Context(), elastic.Group, []int64{1}); err != nil {
		t.Fatal(err)
	}
	o.Exec(`UPDATE tickets SET title = 'fresh' WHERE id = 1699`)
	o.Exec(`UPDATE users SET firstname = 'Fresh' WHERE id = 1`)
	got := claim(10_000, 0)
	if len(got) != 2 || got[0].Object != elastic.Ticket || got[0].ObjectID != 1699 || got[1].Object != elastic.User {
		t.Errorf("what people changed is %+v, want a ticket and a user", got)
	}
	if first := claim(10_000, 100); len(first) != 100 {
		t.Errorf("%d tickets of the group are claimed at once, want 100", len(first))
	}
	if others := claim(10_000, 10_000); len(others) != 601 { // with the first ticket
		t.Errorf("%d tickets of the group are left, want 601", len(others))
	}
}

func TestRefusedChangesWait(t *testing.T) {
	t.Parallel()
	engine := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"error":{"type":"illegal_argument_exception","reason":"not like this"}}`))
	}))
	t.Cleanup(engine.Close)
	o := openAt(t, engine.URL, "refused")
	o.Exec(`INSERT INTO search_indexes (name, object, serving) VALUES ('refused_ticket-1', 'ticket', true), ('refused_ticket-2', 'ticket', false)`)
	o.tickets(1001, 1001)
	err := o.job.Work(t.Context(), task.SearchChanged{}, o.wakes()[0])
	if _, later := errors.AsType[*channels.LaterError](err); !later {
		t.Errorf("%v, want one that comes again", err)
	}
	if _, err := o.WakeSearch(t.Context()); err != nil {
		t.Fatal(err)
	}
	changes, indexes := jobtest.Ask[int](o.Office, `SELECT count(*) FROM search_changes`), jobtest.Ask[int](o.Office, `SELECT count(*) FROM search_indexes`)
	if changes == 0 || indexes != 2 || len(o.wakes()) != 1 {
		t.Errorf("%d changes, %d indexes and %d pieces of work are left, want some, 2 and 1", changes, indexes, len(o.wakes()))
	}
}

func TestAllChangesAreTakenHoweverFewRecordsTheyAreOf(t *testing.T) {
	t.Parallel()
	o := openAt(t, "", "none") // what is taken is dropped: there is nobody to tell
	o.Exec(`INSERT INTO search_changes (object, object_id) SELECT 'ticket', 1001 FROM generate_series(1, 1200)`)
	o.Exec(`SELECT wake_search()`)
	if err := o.job.Work(t.Context(), task.SearchChanged{}, o.wakes()[0]); err != nil {
		t.Fatal(err)
	}
	if n := jobtest.Ask[int](o.Office, `SELECT count(*) FROM search_changes`); n != 0 {
		t.Errorf("%d changes of one ticket wait for somebody to notice them", n)
	}
}

func TestManyChangesBecomeOneDocument(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.rebuild(nil, elastic.Ticket)
	before := o.written(elastic.Ticket)
	o.tickets(1001, 1001)
	for range 10 {
		o.Exec(`UPDATE tickets SET title = title || '!', note = 'changed' WHERE id = 1001`)
	}
	if n := len(o.wakes()); n != 1 {
		t.Errorf("%d pieces of work wait for one ticket, want 1", n)
	}
	o.work()
	if n := o.written(elastic.Ticket) - before; n != 1 {
		t.Errorf("ticket was written %d times, want once", n)
	}
	got := o.document(elastic.Ticket, 1001)
	if got["title"] != "Question 1001!!!!!!!!!!" || dig(got, "group", "name") != "Users" || dig(got, "state", "name") != "new" {
		t.Errorf("document = %v", got)
	}
	if n := o.count(elastic.Ticket, "article.body:1001"); n != 1 {
		t.Errorf("%d tickets have the words of the article, want 1", n)
	}
	if n := o.count(elastic.Ticket, "article.body:strong+article.body:p"); n != 0 {
		t.Error("tags of HTML are words")
	}
}

func TestWhatAChangeReaches(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.Exec(`INSERT INTO organizations (id, name, updated_by_id, created_by_id) VALUES (70, 'Acme', 1, 1)`)
	o.Exec(`INSERT INTO users (id, login, firstname, email, organization_id, updated_by_id, created_by_id)
		VALUES (71, 'nina', 'Nina', 'nina@example.org', 70, 1, 1)`)
	o.tickets(1001, 1002)
	o.Exec(`UPDATE tickets SET customer_id = 71, organization_id = 70 WHERE id = 1001`)
	o.rebuild(nil, elastic.Objects...)
	o.work()
	for _, tc := range []struct {
		name, sql, object string
		id                int64
		path              []string
		want              any
	}{
		{"an organization's name, its tickets", `UPDATE organizations SET name = 'Apex' WHERE id = 70`, elastic.Ticket, 1001, []string{"organization", "name"}, "Apex"},
		{"an organization's name, its people", ``, elastic.User, 71, []string{"organization", "name"}, "Apex"},
		{"a customer's name, the tickets", `UPDATE users SET firstname = 'Nora' WHERE id = 71`, elastic.Ticket, 1001, []string{"customer", "firstname"}, "Nora"},
		{"a group's name, its tickets", `UPDATE groups SET name = 'Sales', name_last = 'Sales' WHERE id = 1`, elastic.Ticket, 1002, []string{"group", "name"}, "Sales"},
		{"a state's name, its tickets", `UPDATE ticket_states SET name = 'fresh' WHERE id = 1`, elastic.Ticket, 1002, []string{"state", "name"}, "fresh"},
		{"a role", `INSERT INTO roles_users (user_id, role_id) VALUES (71, 2)`, elastic.User, 71, []string{"role_ids"}, []any{2.0}},
	} {
		if tc.sql != "" {
			o.Exec(tc.sql)
			o.work()
		}
		if got := dig(o.document(tc.object, tc.id), tc.path...); !equal(got, tc.want) {
			t.Errorf("%s: %v = %v, want %v", tc.name, tc.path, got, tc.want)
		}
	}
	// A sign-in is no reason to write all tickets of somebody again.
	before := o.written(elastic.Ticket)
	o.Exec(`UPDATE users SET last_login = now(), updated_at = now() WHERE id = 71`)
	o.work()
	if n := o.written(elastic.Ticket) - before; n != 0 {
		t.Errorf("a sign-in wrote %d tickets again", n)
	}
}

func equal(got, want any) bool {
	a, isList := got.([]any)
	b, _ := want.([]any)
	if !isList {
		return got == want
	}
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestTagsAndMentionsReachTheTicket(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.rebuild(nil, elastic.Ticket)
	o.tickets(1001, 1001)
	o.work()
	o.Exec(`INSERT INTO tags (id, name, created_by_id) VALUES (90, 'order', 1)`)
	o.Exec(`INSERT INTO taggings (tag_id, object, o_id, created_by_id) VALUES (90, 'Ticket', 1001, 1)`)
	o.Exec(`INSERT INTO mentions (ticket_id, user_id, updated_by_id, created_by_id) VALUES (1001, 1, 1, 1)`)
	o.work()
	got := o.document(elastic.Ticket, 1001)
	if !equal(got["tags"], []any{"order"}) || !equal(got["mention_user_ids"], []any{1.0}) {
		t.Errorf("tags %v, mentions %v", got["tags"], got["mention_user_ids"])
	}
	o.Exec(`DELETE FROM taggings`)
	o.work()
	if got := o.document(elastic.Ticket, 1001)["tags"]; !equal(got, []any{}) {
		t.Errorf("tags %v after the last was taken away", got)
	}
}

func TestDeletedRecordsLeaveTheIndex(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.tickets(1001, 1002)
	o.rebuild(nil, elastic.Ticket)
	o.work()
	if err := o.InTx(t.Context(), func(tx *store.Store) error {
		_, err := tx.DeleteTicket(t.Context(), desk.TicketID(1001))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	o.work()
	if n := o.count(elastic.Ticket, "*"); o.document(elastic.Ticket, 1001) != nil || n != 2 { // 1002, and the first ticket
		t.Errorf("%d tickets in the index, and the deleted one is %v", n, o.document(elastic.Ticket, 1001))
	}
}

func TestOlderDocumentNeverOverwritesANewer(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.rebuild(nil, elastic.Ticket)
	client, err := elastic.NewEngine(elastic.Keys{}).Client(desk.Settings{"es_url": quoted(o.url), "es_index": quoted(o.prefix)})
	if err != nil {
		t.Fatal(err)
	}
	index := jobtest.Ask[string](o.Office, `SELECT name FROM search_indexes WHERE object = 'ticket'`)
	write := func(version int64, document string) {
		t.Helper()
		op := elastic.Op{Index: index, ID: 5, Version: version}
		if document != "" {
			op.Document = []byte(document)
		}
		outcomes, err := client.Bulk(t.Context(), []elastic.Op{op})
		if err != nil || outcomes[0].Fate != elastic.Written {
			t.Fatalf("version %d: %v, %v", version, outcomes, err)
		}
	}
	write(70, `{"title":"newer"}`)
	write(69, `{"title":"older"}`)
	if got := o.document(elastic.Ticket, 5)["title"]; got != "newer" {
		t.Errorf("title %q, want that of the newer document", got)
	}
	write(80, "")
	write(79, `{"title":"from before it was deleted"}`)
	if got := o.document(elastic.Ticket, 5); got != nil {
		t.Errorf("a deleted document came back: %v", got)
	}
}

func quoted(text string) []byte { return []byte(`"` + text + `"`) }

func TestLostIndexIsNotMadeByAccident(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.rebuild(nil, elastic.Ticket)
	index := jobtest.Ask[string](o.Office, `SELECT name FROM search_indexes WHERE object = 'ticket'`)
	client, err := elastic.NewEngine(elastic.Keys{}).Client(desk.Settings{"es_url": quoted(o.url), "es_index": quoted(o.prefix)})
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Delete(t.Context(), index); err != nil {
		t.Fatal(err)
	}
	o.tickets(1001, 1001)
	o.work()
	if all := o.ask(o.prefix + "_*/_alias"); len(all) != 0 {
		t.Errorf("indexes %v, want none", all)
	}
	if n := jobtest.Ask[int](o.Office, `SELECT count(*) FROM search_indexes`); n != 0 {
		t.Errorf("%d indexes are thought to be there", n)
	}
	o.rebuild(nil, elastic.Ticket)
	if o.document(elastic.Ticket, 1001) == nil {
		t.Error("a rebuild did not bring the index back")
	}
}

func TestAWordOfEveryEngine(t *testing.T) {
	t.Parallel()
	client, err := elastic.NewEngine(elastic.Keys{}).Client(desk.Settings{"es_url": quoted(searchengine.URL(t)), "es_index": quoted("nobody")})
	if err != nil {
		t.Fatal(err)
	}
	chosen, err := searchengine.Chosen()
	if err != nil {
		t.Fatal(err)
	}
	info, err := client.Info(t.Context())
	if err != nil || info.Product != chosen.Product || !strings.HasPrefix(info.Version, chosen.Major+".") {
		t.Errorf("engine %+v, %v, want %s", info, err, chosen.Name)
	}
	if serves, err := client.Serves(t.Context(), elastic.Ticket, "nobody_ticket-1"); serves || err != nil {
		t.Errorf("an index that nobody made serves: %v, %v", serves, err)
	}
	if found, err := client.Search(t.Context(), []string{elastic.Ticket}, map[string]any{"query": map[string]any{"match_all": struct{}{}}}); err != nil || found.Total != 0 {
		t.Errorf("search in an index that nobody made: %+v, %v", found, err)
	}
}
