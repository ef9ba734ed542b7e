package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/internal/store/outbox"
	"postroom/jobs/task"
)

// announce announces n pieces of work and returns them as the relay sees them.
func announce(t *testing.T, b *base, n int) []outbox.Work {
	t.Helper()
	for i := range n {
		if err := b.Announce(t.Context(), task.MessageReceived{InboundID: desk.InboundID(i + 1)}); err != nil {
			t.Fatal(err)
		}
	}
	work, err := b.PendingWork(t.Context(), 0, 1000)
	if err != nil || len(work) != n {
		t.Fatalf("%d pending rows, %v, want %d", len(work), err, n)
	}
	return work
}

func TestPendingWorkIsMarkedAndPutBack(t *testing.T) {
	t.Parallel()
	b := open(t)
	work := announce(t, b, 5)
	if rest, err := b.PendingWork(t.Context(), work[1].ID, 2); err != nil || len(rest) != 2 || rest[0].ID != work[2].ID {
		t.Errorf("two rows after the second = %v, %v, want the third and fourth", rest, err)
	}
	if marked, err := b.MarkEnqueued(t.Context(), work[:4]); err != nil || len(marked) != 4 {
		t.Fatalf("marked %v, %v, want 4", marked, err)
	}
	if marked, err := b.MarkEnqueued(t.Context(), work[:4]); err != nil || len(marked) != 0 {
		t.Errorf("marked %v again, %v, want none", marked, err)
	}
	var after outbox.Work
	for _, want := range []int{3, 1, 0} {
		list, err := b.EnqueuedWork(t.Context(), after, 0, 3)
		if err != nil || len(list) != want {
			t.Fatalf("page of enqueued rows = %v, %v, want %d", list, err, want)
		}
		if want > 0 {
			after = list[want-1]
		}
	}
	if young, err := b.EnqueuedWork(t.Context(), outbox.Work{}, time.Hour, 3); err != nil || len(young) != 0 {
		t.Errorf("rows enqueued an hour ago = %v, %v, want none", young, err)
	}
	if n, err := b.PutBack(t.Context(), work[:1]); n != 1 || err != nil {
		t.Errorf("put back %d, %v, want 1", n, err)
	}
	if n, err := b.PutBackAll(t.Context()); n != 3 || err != nil {
		t.Errorf("put the rest back: %d, %v, want 3", n, err)
	}
}

// A worker may be faster than the relay and keep its row for minutes.
func TestLockedWorkHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	b := open(t)
	work := announce(t, b, 3)
	err := b.InTx(t.Context(), func(tx *store.Store) error {
		if err := tx.StartTask(t.Context(), work[0].ID); err != nil {
			return err
		}
		marked, err := b.MarkEnqueued(t.Context(), work)
		if err != nil || len(marked) != 2 {
			t.Errorf("marked %v, %v, want the two that are free", marked, err)
		}
		n, busy, err := b.PutBackLost(t.Context(), work, 9)
		if n != 2 || len(busy) != 1 || busy[0] != work[0].ID || err != nil {
			t.Errorf("put back %d, busy %v, %v; want 2 and the locked one", n, busy, err)
		}
		return tx.FinishTask(t.Context(), work[0].ID)
	})
	if err != nil {
		t.Fatal(err)
	}
	n, busy, err := b.PutBackLost(t.Context(), work, 9)
	if n != 0 || len(busy) != 0 || err != nil {
		t.Errorf("put back %d, busy %v, %v; want nothing: one is done, two have a new generation", n, busy, err)
	}
}

func TestWorkDiesAtItsLimit(t *testing.T) {
	t.Parallel()
	b := open(t)
	id := announce(t, b, 1)[0].ID
	for attempt := 1; attempt <= 3; attempt++ {
		f, err := b.FailTask(t.Context(), id, fmt.Sprintf("failure %d", attempt), 3)
		if err != nil || f.Attempts != attempt || f.Dead != (attempt == 3) {
			t.Errorf("attempt %d: %+v, %v, want dead only at the third", attempt, f, err)
		}
	}
	if _, err := b.FailTask(t.Context(), id, "again", 3); !errors.Is(err, desk.ErrNotFound) {
		t.Errorf("failing dead work: %v, want not found", err)
	}
	if err := b.StartTask(t.Context(), id); !errors.Is(err, desk.ErrNotFound) {
		t.Errorf("starting dead work: %v, want not found", err)
	}
	if pending, err := b.PendingWork(t.Context(), 0, 10); err != nil || len(pending) != 0 {
		t.Errorf("pending = %v, %v, want none", pending, err)
	}
	if dead, err := b.DeadWork(t.Context(), 10); err != nil || len(dead) != 1 || *dead[0].LastError != "failure 3" {
		t.Errorf("dead = %+v, %v, want the row with its last error", dead, err)
	}
}

func TestFailingWorkIsRetriedOrDroppedUnlessAWorkerIsAtIt(t *testing.T) {
	t.Parallel()
	b := open(t)
	work := announce(t, b, 4) // one to retry, one to drop, one claimed, one locked
	ids := make([]desk.OutboxID, len(work))
	for i, w := range work {
		ids[i] = w.ID
		if _, err := b.FailTask(t.Context(), w.ID, "no", 9); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.ClaimTask(t.Context(), ids[2], time.Minute); err != nil {
		t.Fatal(err)
	}
	err := b.InTx(t.Context(), func(tx *store.Store) error {
		if err := tx.StartTask(t.Context(), ids[3]); err != nil {
			return err
		}
		if n, err := b.DropWork(t.Context(), ids[1:]...); n != 1 || err != nil {
			t.Errorf("dropped %d, %v, want the one that nobody is at", n, err)
		}
		if n, err := b.RetryWork(t.Context(), ids...); n != 1 || err != nil {
			t.Errorf("retried %d, %v, want the one that nobody is at", n, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := b.RetryWork(t.Context()); n != 0 || err != nil {
		t.Errorf("retried %d, %v without naming any, want none: none is dead", n, err)
	}
	if generation, err := b.Generation(t.Context(), ids[0]); generation != 1 || err != nil {
		t.Errorf("generation of the retried one = %d, %v, want 1", generation, err)
	}
	if failing, err := b.FailingWork(t.Context(), 10); err != nil || len(failing) != 2 || failing[0].ID != ids[2] {
		t.Errorf("failing = %+v, %v, want those that a worker is at", failing, err)
	}
}

func TestWorkThatNeverFailedIsNeitherRetriedNorDropped(t *testing.T) {
	t.Parallel()
	b := open(t)
	work := announce(t, b, 4)
	for _, w := range work[:3] {
		if _, err := b.FailTask(t.Context(), w.ID, "no", 1); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := b.DropWork(t.Context(), work[0].ID, work[3].ID); n != 1 || err != nil {
		t.Errorf("dropped %d, %v, want the dead one alone", n, err)
	}
	if n, err := b.DropWork(t.Context()); n != 0 || err != nil {
		t.Errorf("dropped %d, %v without naming any, want none", n, err)
	}
	if n, err := b.RetryWork(t.Context(), work[1].ID, work[3].ID); n != 1 || err != nil {
		t.Errorf("retried %d, %v, want the dead one alone", n, err)
	}
	if n, err := b.RetryWork(t.Context()); n != 1 || err != nil {
		t.Errorf("retried %d, %v without naming any, want all that is left", n, err)
	}
	pending, err := b.PendingWork(t.Context(), 0, 10)
	if err != nil || len(pending) != 3 || pending[0].Generation != 1 || pending[2].Generation != 0 {
		t.Errorf("pending = %+v, %v, want three, the retried ones with a new generation", pending, err)
	}
}

func TestClaimedWorkIsLeftToItsWorker(t *testing.T) {
	t.Parallel()
	b := open(t)
	id := announce(t, b, 1)[0].ID
	if err := b.ClaimTask(t.Context(), id, time.Minute); err != nil {
		t.Fatal(err)
	}
	if err := b.ClaimTask(t.Context(), id, time.Minute); !errors.Is(err, outbox.ErrClaimed) {
		t.Errorf("second claim: %v, want %v", err, outbox.ErrClaimed)
	}
	if err := b.ReleaseTask(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if err := b.ClaimTask(t.Context(), id, -time.Minute); err != nil {
		t.Errorf("claim after the release: %v", err)
	}
	if err := b.ClaimTask(t.Context(), id, time.Minute); err != nil {
		t.Errorf("claim after the end of another: %v", err)
	}
	if err := b.FinishTask(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if err := b.ClaimTask(t.Context(), id, time.Minute); !errors.Is(err, desk.ErrNotFound) {
		t.Errorf("claim of done work: %v, want not found", err)
	}
}

func TestWorkIsCounted(t *testing.T) {
	t.Parallel()
	b := open(t)
	work := announce(t, b, 4)
	later := time.Now().Add(time.Hour)
	if err := b.AnnounceAt(t.Context(), &later, task.BlobsReleased{}); err != nil {
		t.Fatal(err)
	}
	for i, limit := range []int{1, 9} {
		if _, err := b.FailTask(t.Context(), work[i].ID, "no", limit); err != nil {
			t.Fatal(err)
		}
	}
	b.exec(`UPDATE outbox SET created_at = created_at - interval '1 hour' WHERE queue = 'inbound'`)
	counts, err := b.WorkCounts(t.Context())
	if err != nil || len(counts) != 2 {
		t.Fatalf("counts = %+v, %v, want two queues", counts, err)
	}
	inbound, maintenance := counts[0], counts[1]
	if inbound.Oldest < 59*time.Minute || inbound.Oldest > 2*time.Hour || maintenance.Oldest != 0 {
		t.Errorf("oldest: %s and %s, want an hour and none", inbound.Oldest, maintenance.Oldest)
	}
	inbound.Oldest = 0
	if want := (outbox.Count{Queue: "inbound", Waiting: 3, Failing: 1, Dead: 1}); inbound != want {
		t.Errorf("counts = %+v, want %+v", inbound, want)
	}
	if want := (outbox.Count{Queue: "maintenance", Later: 1}); maintenance != want {
		t.Errorf("counts = %+v, want %+v", maintenance, want)
	}
}

func TestOneCandidateLeads(t *testing.T) {
	t.Parallel()
	b := open(t)
	first, second := candidate(t, b), candidate(t, b)
	if leads, err := first.TryLead(t.Context()); !leads || err != nil {
		t.Fatalf("first leads: %v, %v, want true", leads, err)
	}
	if leads, err := second.TryLead(t.Context()); leads || err != nil {
		t.Errorf("second leads too: %v, %v", leads, err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for deadline := time.Now().Add(20 * time.Second); ; <-again.C { // the server ends the first connection in its own time
		leads, err := second.TryLead(t.Context())
		if leads {
			break
		}
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("second leads after the first: %v, %v, want true", leads, err)
		}
	}
	if err := second.Listen(t.Context(), outbox.Channel); err != nil {
		t.Fatal(err)
	}
	announce(t, b, 1)
	if _, err := second.Hear(t.Context()); err != nil {
		t.Errorf("did not hear of the work: %v", err)
	}
	ask[int](b, `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'postroom test' AND datname = current_database()`)
	if _, err := second.Hear(t.Context()); err == nil {
		t.Error("the leader did not notice that it lost its connection")
	}
}

func candidate(t *testing.T, b *base) *outbox.Candidate {
	t.Helper()
	c, err := b.Candidate(t.Context(), "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}
