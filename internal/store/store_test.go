package store_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/jobs/task"
)

func TestTransactionHappensAsAWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	b := open(t)
	broken := errors.New("broken")
	err := b.InTx(t.Context(), func(tx *store.Store) error {
		ticket := desk.Ticket{Number: "1", Title: "x", GroupID: 1, StateID: 1, PriorityID: 2, OwnerID: 1, CustomerID: 2}
		ticket.CreatedByID, ticket.UpdatedByID = 2, 2
		if err := tx.InsertTicket(t.Context(), &ticket); err != nil {
			return err
		}
		if err := tx.Announce(t.Context(), task.MessageReceived{InboundID: 1}); err != nil {
			return err
		}
		return broken
	})
	if !errors.Is(err, broken) {
		t.Errorf("error = %v, want ours", err)
	}
	if tickets, work := ask[int](b, `SELECT count(*) FROM tickets`), ask[int](b, `SELECT count(*) FROM outbox`); tickets+work != 0 {
		t.Errorf("%d tickets and %d tasks are left over", tickets, work)
	}
}

func TestTransactionInTransactionJoinsIt(t *testing.T) {
	t.Parallel()
	b := open(t)
	broken := errors.New("broken")
	err := b.InTx(t.Context(), func(tx *store.Store) error {
		inner := tx.InTx(t.Context(), func(same *store.Store) error {
			return same.Announce(t.Context(), task.MessageReceived{InboundID: 1})
		})
		return errors.Join(inner, broken)
	})
	if !errors.Is(err, broken) || ask[int](b, `SELECT count(*) FROM outbox`) != 0 {
		t.Errorf("error = %v, and the inner transaction stayed", err)
	}
}

func TestErrorsOfTheDatabaseBecomeOurs(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.ticket("1")
	twin := desk.Ticket{Number: "1", Title: "x", GroupID: 1, StateID: 1, PriorityID: 2, OwnerID: 1, CustomerID: 2}
	twin.CreatedByID, twin.UpdatedByID = 2, 2
	orphan := twin
	orphan.Number, orphan.GroupID = "2", 99
	odd := twin
	odd.Number, odd.Title = "3", "nul\x00"
	for _, tc := range []struct {
		name      string
		ticket    desk.Ticket
		is        error
		permanent bool
	}{
		{"a number twice", twin, desk.ErrConflict, false},
		{"a group that is not there", orphan, nil, true},
		{"a text that can't be held", odd, nil, true},
	} {
		err := b.InsertTicket(t.Context(), &tc.ticket)
		if err == nil || tc.is != nil && !errors.Is(err, tc.is) || desk.Permanent(err) != tc.permanent {
			t.Errorf("%s: error = %v (permanent: %v), want %v (permanent: %v)", tc.name, err, desk.Permanent(err), tc.is, tc.permanent)
		}
	}
	if _, err := b.Ticket(t.Context(), 999); !errors.Is(err, desk.ErrNotFound) || !strings.Contains(err.Error(), "Couldn't find Ticket with 'id'=999") {
		t.Errorf("error of a ticket that is not there = %v", err)
	}
}

func TestDatabaseThatIsGoneIsUnavailable(t *testing.T) {
	t.Parallel()
	s, err := store.Open(context.Background(), store.Options{URL: "postgres://nobody@127.0.0.1:1/none?connect_timeout=1"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	for name, err := range map[string]error{
		"ping":        s.Ping(t.Context()),
		"transaction": s.InTx(t.Context(), func(*store.Store) error { return nil }),
	} {
		if !errors.Is(err, desk.ErrUnavailable) || desk.Permanent(err) {
			t.Errorf("%s: error = %v, want desk.ErrUnavailable", name, err)
		}
	}
}

func TestTimesAreUTCToTheMillisecond(t *testing.T) {
	t.Parallel()
	b := open(t)
	zone := time.FixedZone("far", 5*3600)
	at := time.Date(2026, 5, 4, 9, 30, 15, 123_000_000, zone)
	ticket := desk.Ticket{Number: "1", Title: "x", GroupID: 1, StateID: 1, PriorityID: 2, OwnerID: 1, CustomerID: 2, PendingTime: &at}
	ticket.CreatedByID, ticket.UpdatedByID, ticket.CreatedAt = 2, 2, at
	if err := b.InsertTicket(t.Context(), &ticket); err != nil {
		t.Fatal(err)
	}
	got, err := b.Ticket(t.Context(), ticket.ID)
	if err != nil {
		t.Fatal(err)
	}
	if !got.PendingTime.Equal(at) || !got.CreatedAt.Equal(at) || got.CreatedAt.Location() != time.UTC {
		t.Errorf("times = %v and %v, want %v in UTC", got.PendingTime, got.CreatedAt, at)
	}
}
