package jobs

import (
	"testing"
	"time"

	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/jobs/jobtest"
)

// TestWordsAreIndexedByOneOfSeveral runs two indexers, of which one ends.
func TestWordsAreIndexedByOneOfSeveral(t *testing.T) {
	t.Parallel()
	r := newSeededRig(t)
	r.exec(t, `INSERT INTO users (id, login, updated_by_id, created_by_id) VALUES (2, 'nicole@example.org', 1, 1) ON CONFLICT DO NOTHING`)
	stop := start(t, NewWordIndexer(r.store, r.log).Run)
	start(t, NewWordIndexer(r.store, r.log).Run)
	indexed := func() bool { return one[int](t, r, `SELECT count(*) FROM ticket_words_due`) == 0 }
	r.newTicket(t, "100")
	until(t, "the first ticket is indexed", indexed)
	stop()
	ticket := r.newTicket(t, "200")
	until(t, "the other takes over", indexed)
	if err := r.store.InTx(t.Context(), func(tx *store.Store) error {
		locked, err := tx.LockTicket(t.Context(), ticket.ID)
		if err != nil {
			return err
		}
		locked.Title = "Zebra"
		return tx.SaveTicket(t.Context(), locked)
	}); err != nil {
		t.Fatal(err)
	}
	until(t, "a change is indexed", func() bool {
		return one[desk.TicketID](t, r, `SELECT coalesce(max(ticket_id), 0) FROM ticket_words WHERE words @@ 'zebra'`) == ticket.ID
	})
}

func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	if !jobtest.Eventually(30*time.Second, is) {
		t.Fatal("not so: " + what)
	}
}

func one[T any](t *testing.T, r *rig, sql string, args ...any) (found T) {
	t.Helper()
	if err := r.db.QueryRow(t.Context(), sql, args...).Scan(&found); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return found
}

// newTicket makes a ticket, as anybody would make it.
func (r *rig) newTicket(t *testing.T, number string) desk.Ticket {
	t.Helper()
	ticket := desk.Ticket{GroupID: 1, PriorityID: 2, StateID: 1, OwnerID: 1, CustomerID: 2, Number: number, Title: number}
	ticket.CreatedByID, ticket.UpdatedByID = 2, 2
	if err := r.store.InsertTicket(t.Context(), &ticket); err != nil {
		t.Fatal(err)
	}
	return ticket
}
