package store_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/rules"
	"postroom/internal/store/lookup"
	"postroom/internal/store/table"
)

// TestSearchForWhatWasMadeBeforeATime compares the pages that are put together from months with what
// the order of the list says.
func TestSearchForWhatWasMadeBeforeATime(t *testing.T) {
	t.Parallel()
	b := open(t)
	// Made one after the other, changed at any time since.
	b.exec(`INSERT INTO tickets (id, number, title, group_id, priority_id, state_id, customer_id, updated_by_id, created_by_id, created_at, updated_at)
		SELECT 1000 + n, 'old' || n, 'Old', 1, 2, 1, 2, 1, 1, made, made + (n * 7919 % 97) * interval '9 days'
		FROM (SELECT n, timestamptz '2020-01-31 22:00Z' + n * interval '9 days 10 hours' AS made FROM generate_series(1, 120) n) tickets`)
	for _, tc := range []struct{ operator, value, where string }{
		{"before (absolute)", "2019-01-01T00:00:00Z", `false`},
		{"before (absolute)", "2020-05-01T00:00:00Z", `created_at <= '2020-05-01'`},
		{"before (absolute)", "2021-09-30T23:59:59Z", `created_at <= '2021-09-30 23:59:59'`},
		{"before (absolute)", "2199-01-01T00:00:00Z", `true`},
		{"before (relative)", "1", `created_at <= now() - interval '1 minute'`},
		{"within last (relative)", "2000000", `created_at BETWEEN now() - interval '2000000 minutes' AND now()`},
		{"after (absolute)", "2021-09-30T23:59:59Z", `created_at >= '2021-09-30 23:59:59'`},
	} {
		created := fmt.Sprintf(`"ticket.created_at": {"operator": %q, "value": %q, "range": "minute"}`, tc.operator, tc.value)
		alone := b.asking(desk.TicketScope{All: true}, `{`+created+`}`)
		titled := b.asking(desk.TicketScope{Groups: []desk.GroupID{1}}, `{`+created+`, "ticket.title": {"operator": "is", "value": "Old"}}`)
		for _, page := range []table.Page{{Limit: 7}, {Limit: 7, Offset: 7}, {Limit: 50, Offset: 100}, {Limit: 500}, {Limit: 5, Offset: 2000}} {
			alone.Page, titled.Page = page, page
			if got, want := b.found(alone), b.made(tc.where, page); !slices.Equal(got, want) {
				t.Errorf("%s %s, %+v: %v, want %v", tc.operator, tc.value, page, got, want)
			}
			if got, want := b.found(titled), b.made("title = 'Old' AND "+tc.where, page); !slices.Equal(got, want) {
				t.Errorf("%s %s and a title, %+v: %v, want %v", tc.operator, tc.value, page, got, want)
			}
		}
	}
	strange := b.asking(desk.TicketScope{Groups: []desk.GroupID{99}}, `{"ticket.created_at": {"operator": "before (absolute)", "value": "2030-01-01T00:00:00Z"}}`)
	strange.Limit = 10
	if got := b.found(strange); len(got) != 0 {
		t.Errorf("who sees no such group finds %v", got)
	}
}

// asking is a search for what a condition holds of.
func (b *base) asking(scope desk.TicketScope, condition string) lookup.Search {
	b.t.Helper()
	c, err := b.Catalog(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	parsed, err := rules.ParseCondition(json.RawMessage(condition), rules.TicketAttributes(c))
	if err != nil {
		b.t.Fatal(err)
	}
	bound, err := parsed.Bind(rules.Context{Now: time.Now()})
	if err != nil {
		b.t.Fatal(err)
	}
	return lookup.Search{Scope: scope, Search: table.Search{Condition: bound}}
}

// found are the ids of the tickets that a search finds.
func (b *base) found(search lookup.Search) (ids []int64) {
	b.t.Helper()
	tickets, err := b.SearchTickets(b.t.Context(), search)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, t := range tickets {
		ids = append(ids, int64(t.ID))
	}
	return ids
}

// made are the ids of the tickets on a page of a list, last changed first.
func (b *base) made(where string, page table.Page) (ids []int64) {
	b.t.Helper()
	rows, _ := b.db.Query(b.t.Context(), `SELECT id FROM tickets WHERE `+where+` ORDER BY updated_at DESC, id DESC LIMIT $1 OFFSET $2`, page.Limit, page.Offset)
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		b.t.Fatal(err)
	}
	return ids
}
