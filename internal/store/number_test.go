package store_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"postroom/internal/desk"
	"postroom/internal/store"
)

func (b *base) catalog() *desk.Catalog {
	b.t.Helper()
	b.ForgetCatalog()
	c, err := b.Catalog(context.Background())
	if err != nil {
		b.t.Fatal(err)
	}
	return c
}

func TestNumbersCountUp(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 5, 12, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		name     string
		settings string
		want     []string
	}{
		{"increment", `('x', '1')`, []string{"1001", "1002", "1003"}},
		{"increment of five digits", `('ticket_number_increment', '{"value":{"min_size":5}}')`, []string{"10001", "10002", "10003"}},
		{"with a check digit", `('ticket_number_increment', '{"value":{"min_size":5,"checksum":true}}')`, []string{"10018", "10027", "10036"}},
		{"by date", `('ticket_number', '{"value":"Ticket::Number::Date"}')`, []string{"20261105100001", "20261105100002", "20261105100003"}},
	} {
		b := open(t)
		b.exec(`INSERT INTO settings (name, title, area, state_current, state_initial)
			SELECT name, name, 'x', value::jsonb, '{}' FROM (VALUES ` + tc.settings + `) AS v (name, value)
			ON CONFLICT (name) DO UPDATE SET state_current = EXCLUDED.state_current`)
		c := b.catalog()
		for _, want := range tc.want {
			if got, err := b.NextTicketNumber(t.Context(), c, now); got != want || err != nil {
				t.Errorf("%s: number = %s, %v; want %s", tc.name, got, err, want)
			}
		}
	}
}

func TestEachDayCountsAnew(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.exec(`UPDATE settings SET state_current = '{"value":"Ticket::Number::Date"}' WHERE name = 'ticket_number'`)
	c := b.catalog()
	for _, day := range []string{"20261105", "20261106"} {
		at, _ := time.Parse("20060102", day)
		if got, err := b.NextTicketNumber(t.Context(), c, at); got != day+"100001" || err != nil {
			t.Errorf("first number of %s = %s, %v", day, got, err)
		}
	}
}

func TestTakenNumbersAreSkipped(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.exec(`INSERT INTO tickets (group_id, priority_id, state_id, number, title, customer_id, updated_by_id, created_by_id)
		SELECT 1, 2, 1, '10' || CASE WHEN n < 100 THEN lpad(n::text, 2, '0') ELSE n::text END, 'x', 2, 1, 1 FROM generate_series(1, 3000) n`)
	got, err := b.NextTicketNumber(t.Context(), b.catalog(), time.Now())
	if err != nil || ask[int](b, `SELECT count(*) FROM tickets WHERE number = $1`, got) != 0 || !strings.HasPrefix(got, "10") {
		t.Errorf("number = %q, %v", got, err)
	}
}

// A number that is drawn and not used yet must not keep others waiting.
func TestNumbersDoNotWaitForOpenTransactions(t *testing.T) {
	t.Parallel()
	for _, generator := range []string{desk.NumberIncrement, desk.NumberDate} {
		b := open(t)
		b.exec(`UPDATE settings SET state_current = jsonb_build_object('value', $1::text) WHERE name = 'ticket_number'`, generator)
		c := b.catalog()
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		var drawn, done sync.WaitGroup
		numbers := make(chan string, 8)
		drawn.Add(8)
		for range 8 {
			done.Go(func() {
				err := b.InTx(ctx, func(tx *store.Store) error {
					number, err := tx.NextTicketNumber(ctx, c, time.Now())
					numbers <- number
					drawn.Done()
					drawn.Wait() // all have one before any commits
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		done.Wait()
		close(numbers)
		seen := map[string]bool{}
		for number := range numbers {
			seen[number] = true
		}
		if len(seen) != 8 || seen[""] {
			t.Errorf("%s: %d different numbers, want 8", generator, len(seen))
		}
	}
}
