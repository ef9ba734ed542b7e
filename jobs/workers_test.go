package jobs

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"postroom/internal/desk"
	"postroom/internal/pause"
	"postroom/internal/store"
	"postroom/internal/store/outbox"
	"postroom/jobs/jobtest"
	"postroom/jobs/task"
)

// impatient tries three times without much waiting.
func impatient(timeout time.Duration) Policy {
	return Policy{Timeout: timeout, Attempts: 3, Delay: func(int) time.Duration { return 0 }}
}

// works starts relay and workers for one handler and announces one errand.
func (r *rig) works(t *testing.T, h Handler) (stop func()) {
	t.Helper()
	start(t, NewRelay(r.store, r.redis, r.log).Run)
	stop = start(t, r.workers(2, h).Run)
	r.announce(t, 1, 2)
	return stop
}

const deadRows = `SELECT count(*) FROM outbox WHERE dead_at IS NOT NULL`

func TestFailedWorkIsTriedAgainThenDeadThenRetriedByHand(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var attempts atomic.Int64
	var mended atomic.Bool
	r.works(t, Handle(jobFunc[errand](func(ctx context.Context, e errand, id desk.OutboxID) error {
		attempts.Add(1)
		if mended.Load() {
			return r.effect(ctx, e, id)
		}
		return errors.New("the third pigeon is lost")
	}), impatient(time.Minute)))
	r.wait(t, 30*time.Second, 1, deadRows)
	if n := attempts.Load(); n != 3 {
		t.Errorf("%d attempts, want 3", n)
	}
	dead, err := r.store.DeadWork(t.Context(), 10)
	if err != nil || len(dead) != 1 {
		t.Fatalf("dead work = %v, %v, want one row", dead, err)
	}
	if d := dead[0]; d.Attempts != 3 || d.LastError == nil || *d.LastError != "the third pigeon is lost" || d.Kind != "test.errand" {
		t.Errorf("dead row = %+v, want 3 attempts and the error", d)
	}
	counts, err := r.store.WorkCounts(t.Context())
	if err != nil || len(counts) != 1 || counts[0].Dead != 1 || counts[0].Waiting != 0 {
		t.Errorf("counts = %+v, %v, want one dead row in one queue", counts, err)
	}
	mended.Store(true)
	if n, err := r.store.RetryWork(t.Context(), dead[0].ID); n != 1 || err != nil {
		t.Fatalf("retry = %d, %v, want 1 row", n, err)
	}
	r.onceEach(t, 1)
}

func TestALongWaitIsCutShortByHand(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var attempts atomic.Int64
	failing := Policy{Timeout: time.Minute, Attempts: 9, Delay: func(failed int) time.Duration {
		if attempts.Load() > 1 {
			return time.Hour
		}
		return 5 * time.Second // the first task: it fires while the second one waits
	}}
	r.works(t, Handle(jobFunc[errand](func(context.Context, errand, desk.OutboxID) error {
		attempts.Add(1)
		return errors.New("no pigeon flies")
	}), failing))
	r.wait(t, 30*time.Second, 1, `SELECT count(*) FROM outbox WHERE attempts = 1`)
	if n, err := r.store.RetryWork(t.Context(), 1); n != 1 || err != nil {
		t.Fatalf("retry = %d, %v, want 1 row", n, err)
	}
	r.wait(t, 30*time.Second, 1, `SELECT count(*) FROM outbox WHERE attempts = 1 AND generation = 1`)
	overtaken := r.house(t).taskKey(outbox.Work{ID: 1, Generation: 0, Queue: task.Maintenance})
	if !jobtest.Eventually(30*time.Second, func() bool { return r.redis.Exists(t.Context(), overtaken).Val() == 0 }) {
		t.Error("the overtaken task goes on")
	}
	if n := attempts.Load(); n != 2 {
		t.Errorf("%d attempts, want 2: the overtaken task is void", n)
	}
}

func TestDroppedDeadWorkIsGone(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.works(t, Handle(jobFunc[errand](func(context.Context, errand, desk.OutboxID) error {
		return &desk.InvalidError{Field: "n", Reason: "never"}
	}), impatient(time.Minute)))
	r.wait(t, 30*time.Second, 1, deadRows)
	if n := r.number(t, `SELECT attempts FROM outbox`); n != 1 {
		t.Errorf("%d attempts at what is permanently wrong, want 1", n)
	}
	if n, err := r.store.DropWork(t.Context(), 1); n != 1 || err != nil {
		t.Errorf("drop = %d, %v, want 1 row", n, err)
	}
	r.wait(t, 30*time.Second, 0, outboxRows)
}

func TestPanicsAreFailures(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var attempts atomic.Int64
	r.works(t, Handle(jobFunc[errand](func(ctx context.Context, e errand, id desk.OutboxID) error {
		if attempts.Add(1) < 3 {
			panic("on the first two attempts")
		}
		return r.effect(ctx, e, id)
	}), impatient(time.Minute)))
	r.onceEach(t, 1)
}

func TestFailingWorkIsVisible(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.works(t, Handle(jobFunc[errand](func(context.Context, errand, desk.OutboxID) error {
		return errors.New("not today")
	}), Policy{Timeout: time.Minute, Attempts: 3, Delay: func(int) time.Duration { return time.Hour }}))
	r.wait(t, 30*time.Second, 1, `SELECT attempts FROM outbox`)
	failing, err := r.store.FailingWork(t.Context(), 10)
	if err != nil || len(failing) != 1 || *failing[0].LastError != "not today" {
		t.Errorf("failing work = %+v, %v, want the row and its error", failing, err)
	}
	if _, err := r.db.Exec(t.Context(), `UPDATE outbox SET created_at = created_at - interval '1 minute'`); err != nil {
		t.Fatal(err)
	}
	counts, err := r.store.WorkCounts(t.Context())
	if err != nil || len(counts) != 1 || counts[0].Failing != 1 || counts[0].Waiting != 1 || counts[0].Oldest <= 0 {
		t.Errorf("counts = %+v, %v, want one failing row that waits", counts, err)
	}
}

func TestUnavailableStoresAreNoFailure(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var attempts atomic.Int64
	r.works(t, Handle(jobFunc[errand](func(ctx context.Context, e errand, id desk.OutboxID) error {
		if attempts.Add(1) < 3 {
			return fmt.Errorf("database: %w", desk.ErrUnavailable)
		}
		if n := r.number(t, `SELECT attempts FROM outbox`); n != 0 {
			t.Errorf("attempts = %d, want none counted", n)
		}
		return r.effect(ctx, e, id)
	}), Policy{Timeout: time.Minute, Attempts: 1, Delay: backOff}))
	r.onceEach(t, 1)
}

func TestWorkThatTakesTooLongFails(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.works(t, Handle(jobFunc[errand](func(ctx context.Context, _ errand, _ desk.OutboxID) error {
		<-ctx.Done()
		return fmt.Errorf("database: %w: %w", desk.ErrUnavailable, ctx.Err()) // as store says it
	}), Policy{Timeout: 50 * time.Millisecond, Attempts: 2, Delay: func(int) time.Duration { return 0 }}))
	r.wait(t, 30*time.Second, 1, deadRows)
}

func TestWorkThatIgnoresItsTimeHoldsUpNobody(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	release := make(chan struct{})
	defer close(release)
	r.works(t, Handle(jobFunc[errand](func(ctx context.Context, e errand, id desk.OutboxID) error {
		if e.N == 1 {
			<-release
		}
		return r.effect(ctx, e, id)
	}), Policy{Timeout: 8 * time.Second, Attempts: 1, Delay: backOff}))
	r.wait(t, lastWord+30*time.Second, 1, deadRows)
	r.announce(t, 2, 12)
	r.wait(t, 30*time.Second, 10, effects)
}

func TestUnknownKindsFailVisibly(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.works(t, Handle(jobFunc[task.BlobsReleased](func(context.Context, task.BlobsReleased, desk.OutboxID) error {
		return nil
	}), Patient(time.Minute)))
	r.wait(t, 30*time.Second, 1, `SELECT count(*) FROM outbox WHERE last_error LIKE 'no handler for test.errand%'`)
}

type mourner struct {
	jobFunc[errand]
	giveUp func(ctx context.Context, tx *store.Store, e errand, id desk.OutboxID, reason error) error
}

func (m mourner) GiveUp(ctx context.Context, tx *store.Store, e errand, id desk.OutboxID, reason error) error {
	return m.giveUp(ctx, tx, e, id, reason)
}

func TestJobMayFinishWhatItGivesUp(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	failure := errors.New("no")
	r.works(t, Handle(mourner{
		jobFunc: func(context.Context, errand, desk.OutboxID) error { return failure },
		giveUp: func(ctx context.Context, tx *store.Store, e errand, id desk.OutboxID, reason error) error {
			if !errors.Is(reason, failure) || e.N != 1 {
				t.Errorf("gave up errand %d because of %v, want 1 and %v", e.N, reason, failure)
			}
			change := desk.Change{Object: "Errand", OID: e.N, Type: "mourned", By: desk.SystemUser}
			return errors.Join(tx.AddHistory(ctx, []desk.Change{change}), tx.FinishTask(ctx, id))
		},
	}, impatient(time.Minute)))
	r.onceEach(t, 1)
}

// Nothing that a job does in the end may keep its work from being seen and from getting rarer.
func TestFailureToGiveUpIsCounted(t *testing.T) {
	t.Parallel()
	for name, failure := range map[string]error{"plain": errors.New("no space"), "missing": desk.ErrNotFound} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			policy := impatient(time.Minute)
			policy.Delay = func(attempt int) time.Duration { return time.Hour * time.Duration(attempt/5) }
			r.works(t, Handle(mourner{
				jobFunc: func(context.Context, errand, desk.OutboxID) error { return errors.New("no") },
				giveUp:  func(context.Context, *store.Store, errand, desk.OutboxID, error) error { return failure },
			}, policy))
			r.wait(t, 30*time.Second, 5, `SELECT attempts FROM outbox WHERE dead_at IS NULL`)
			r.wait(t, 30*time.Second, 1, `SELECT count(*) FROM outbox WHERE last_error LIKE 'no; giving up: ' || $1 || '%'`, failure.Error())
		})
	}
}

func TestStoppingFinishesWhatIsInHand(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	begun := make(chan struct{})
	stop := r.works(t, Handle(jobFunc[errand](func(ctx context.Context, e errand, id desk.OutboxID) error {
		close(begun)
		pause.For(ctx, 300*time.Millisecond)
		return r.effect(ctx, e, id)
	}), impatient(time.Minute)))
	<-begun
	stop()
	if n := r.number(t, effects); n != 1 {
		t.Errorf("%d effects after stopping, want 1", n)
	}
}

func TestStoppingReturnsWhatTakesTooLong(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	begun := make(chan struct{}, 1)
	start(t, NewRelay(r.store, r.redis, r.log).Run)
	hurried := NewWorkers(r.store, r.redis, r.log, WorkersOptions{
		Counts: map[string]int{task.Maintenance: 1}, ShutdownWithin: time.Second,
	}, Handle(jobFunc[errand](func(ctx context.Context, _ errand, _ desk.OutboxID) error {
		begun <- struct{}{}
		<-ctx.Done()
		return ctx.Err()
	}), impatient(time.Minute)))
	stop := start(t, hurried.Run)
	r.announce(t, 1, 2)
	<-begun
	began := time.Now()
	stop()
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("stopping took %s, want about 1s", took)
	}
	if n := r.number(t, `SELECT attempts FROM outbox`); n != 0 {
		t.Errorf("attempts = %d, want 0: to be stopped is no failure", n)
	}
	// Nobody has to wait for the end of a lease: the task is in its queue.
	start(t, r.workers(1, r.errands()).Run)
	r.wait(t, 30*time.Second, 1, effects)
}

func TestQueuesDoNotHoldEachOtherUp(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	start(t, NewRelay(r.store, r.redis, r.log).Run)
	release := make(chan struct{})
	w := NewWorkers(r.store, r.redis, r.log, WorkersOptions{
		Counts:         map[string]int{task.Maintenance: 1, task.Inbound: 1},
		ShutdownWithin: 5 * time.Second,
	}, r.errands(), Handle(jobFunc[task.MessageReceived](func(ctx context.Context, _ task.MessageReceived, id desk.OutboxID) error {
		<-release
		return r.store.FinishTask(ctx, id)
	}), Patient(time.Minute)))
	start(t, w.Run)
	for range 5 {
		if err := r.store.Announce(t.Context(), task.MessageReceived{InboundID: 1}); err != nil {
			t.Fatal(err)
		}
	}
	r.announce(t, 1, 11)
	r.wait(t, 30*time.Second, 10, effects)
	close(release)
	r.onceEach(t, 10)
}

func TestBackOffEnds(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		attempt int
		want    time.Duration
	}{{1, time.Second}, {2, 2 * time.Second}, {5, 16 * time.Second}, {11, 10 * time.Minute}, {1000, 10 * time.Minute}} {
		if got := backOff(tc.attempt); got != tc.want {
			t.Errorf("delay after attempt %d = %s, want %s", tc.attempt, got, tc.want)
		}
	}
}

func TestPayloadsCarryTheRow(t *testing.T) {
	t.Parallel()
	ours := house{"ours"}
	for _, payload := range []string{`{}`, `{"n": 5}`} {
		made, _ := ours.newTask(outbox.Work{ID: 17, Generation: 2, Kind: "test.errand", Payload: []byte(payload)})
		if head, err := ours.head(made.Payload()); head.OutboxID != 17 || err != nil {
			t.Errorf("row of %s = %d, %v, want 17", made.Payload(), head.OutboxID, err)
		}
		if _, err := decode[errand](made.Payload()); err != nil {
			t.Errorf("decode %s: %v", made.Payload(), err)
		}
		if _, err := (house{"theirs"}).head(made.Payload()); err == nil {
			t.Errorf("another installation took %s for its own", made.Payload())
		}
	}
	if _, err := ours.head([]byte(`{"n":5,"house":"ours"}`)); err == nil {
		t.Error("a payload without outbox_id was taken")
	}
	for _, id := range []string{"", "o1.0", "o1.0.theirs", "ox.0.ours", "o1.x.ours", "b0b1c2d3-uuid"} {
		if w, ok := ours.workOf("inbound", id); ok {
			t.Errorf("task %q was taken for row %d", id, w.ID)
		}
	}
}
