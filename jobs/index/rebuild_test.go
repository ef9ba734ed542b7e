package index_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"postroom/internal/desk"
	"postroom/internal/elastic"
	"postroom/jobs/index"
	"postroom/jobs/jobtest"
)

func TestRebuildGoesOnWhereItWasStopped(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.tickets(1001, 3500)
	ctx, stop := context.WithCancel(t.Context())
	var seen atomic.Int64
	first := &index.Rebuild{Writer: o.writer, Workers: 2, Progress: func(p index.Progress) {
		if seen.Store(p.Done); p.Done >= 1000 {
			stop()
		}
	}}
	if err := first.Run(ctx, []string{elastic.Ticket}); !errors.Is(err, context.Canceled) {
		t.Fatalf("a rebuild that was stopped ended with %v", err)
	}
	if status := o.ask("_alias/" + o.prefix + "_ticket")["status"]; status != 404.0 {
		t.Errorf("half an index serves: status %v, want 404", status)
	}
	resumed, last := false, index.Progress{}
	o.rebuild(func(p index.Progress) { resumed, last = resumed || p.Resumed, p }, elastic.Ticket)
	if !resumed || !last.Finished {
		t.Errorf("the second run began anew (resumed %v), or did not end: %+v", resumed, last)
	}
	if n := o.count(elastic.Ticket, "*"); n != 2501 { // and the first ticket
		t.Errorf("%d tickets in the index, want 2501", n)
	}
}

func TestChangesDuringARebuildReachBothIndexes(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.tickets(1001, 2200)
	o.rebuild(nil, elastic.Ticket)
	old := jobtest.Ask[string](o.Office, `SELECT name FROM search_indexes WHERE serving`)
	stop := o.atWork(2)
	defer stop()
	did := false
	o.rebuild(func(p index.Progress) {
		if did || p.Done < 500 || p.Finished {
			return
		}
		did = true
		o.tickets(5001, 5050)
		o.Exec(`UPDATE tickets SET title = 'changed meanwhile' WHERE id IN (1001, 2200)`)
		o.Exec(`DELETE FROM ticket_articles WHERE ticket_id = 1500`)
		o.Exec(`DELETE FROM tickets WHERE id = 1500`)
		o.eventually("the old index knows of a change during the rebuild", func() bool {
			return o.document(elastic.Ticket, 1001)["title"] == "changed meanwhile"
		})
	}, elastic.Ticket)
	now := jobtest.Ask[string](o.Office, `SELECT name FROM search_indexes WHERE serving`)
	if now == old || !did {
		t.Fatalf("index %s serves after the rebuild, as before", now)
	}
	records := jobtest.Ask[int](o.Office, `SELECT count(*) FROM tickets`)
	o.eventually("the new index has every ticket", func() bool { return o.count(elastic.Ticket, "*") == records })
	for _, id := range []int64{1001, 2200} {
		if got := o.document(elastic.Ticket, id)["title"]; got != "changed meanwhile" {
			t.Errorf("ticket %d is called %q in the new index", id, got)
		}
	}
	if all := o.ask(o.prefix + "_ticket-*/_alias"); len(all) != 1 {
		t.Errorf("%d indexes of tickets are left, want one", len(all))
	}
	if o.document(elastic.Ticket, 1500) != nil {
		t.Error("a ticket that was deleted meanwhile is in the new index")
	}
}

func TestRebuildLeavesIndexesOfOthersAlone(t *testing.T) {
	t.Parallel()
	o := open(t)
	client, err := elastic.NewEngine(elastic.Keys{}).Client(desk.Settings{"es_url": quoted(o.url), "es_index": quoted(o.prefix)})
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Create(t.Context(), o.prefix+"_group", elastic.Group, nil); err != nil {
		t.Fatal(err)
	}
	r := &index.Rebuild{Writer: o.writer, Workers: 1}
	err = r.Run(t.Context(), []string{elastic.Group})
	if err == nil || !strings.Contains(err.Error(), "--replace") {
		t.Fatalf("error %v, want one that says how the other's index can be replaced", err)
	}
	r.Replace = true
	if err := r.Run(t.Context(), []string{elastic.Group}); err != nil {
		t.Fatal(err)
	}
	if got := o.document(elastic.Group, 1)["name"]; got != "Users" {
		t.Errorf("group %v", got)
	}
}
