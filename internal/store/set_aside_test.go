package store_test

import (
	"strings"
	"testing"
)

func TestIndexesSetAsideComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	b := open(t)
	const indexes = `SELECT coalesce(string_agg(indexdef, E'\n' ORDER BY indexname), '') FROM pg_indexes WHERE tablename IN ('ticket_words', 'ticket_vocabulary')`
	before := ask[string](b, indexes)
	if !strings.Contains(before, "USING gin") {
		t.Fatalf("words have no index to set aside:\n%s", before)
	}
	if err := b.SetTextIndexesAside(t.Context(), "tickets", "ticket_words", "ticket_vocabulary"); err != nil {
		t.Fatal(err)
	}
	if now := ask[string](b, indexes); strings.Contains(now, "USING gin") || now == "" {
		t.Errorf("set aside, what is left is\n%s", now)
	}
	b.article(b.ticket("1").ID) // goes on meanwhile
	for range 2 {               // the second time there is nothing to do
		if err := b.RestoreTextIndexes(t.Context()); err != nil {
			t.Fatal(err)
		}
		if now := ask[string](b, indexes); now != before {
			t.Errorf("restored:\n%s\nwere:\n%s", now, before)
		}
	}
}
