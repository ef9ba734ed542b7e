package jobs

import (
	"context"
	"testing"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/internal/store/outbox"
	"postroom/jobs/jobtest"
)

// reconciler returns one that is faster than in production.
func (r *rig) reconciler(t testing.TB) *Reconciler {
	t.Helper()
	reconciler := NewReconciler(r.store, r.redis, r.log)
	reconciler.house = r.house(t)
	reconciler.timing = timing{
		leases: 100 * time.Millisecond, rounds: 100 * time.Millisecond, trust: 500 * time.Millisecond, between: time.Millisecond,
	}
	return reconciler
}

func TestTasksThatRedisForgotAreMadeAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	stop := start(t, NewRelay(r.store, r.redis, r.log).Run)
	r.announce(t, 0, 20)
	r.wait(t, 30*time.Second, 20, `SELECT count(*) FROM outbox WHERE enqueued_at IS NOT NULL`)
	stop()
	// A failover that lost the last writes, but not the marker.
	if err := r.redis.Del(t.Context(), "asynq:{maintenance}:pending").Err(); err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= 20; n++ {
		if err := r.redis.Del(t.Context(), r.house(t).taskKey(outbox.Work{ID: desk.OutboxID(n), Queue: "maintenance"})).Err(); err != nil {
			t.Fatal(err)
		}
	}
	start(t, NewRelay(r.store, r.redis, r.log).Run)
	start(t, r.reconciler(t).Run)
	start(t, r.workers(4, r.errands()).Run)
	r.onceEach(t, 20)
}

func TestKnownTasksAreLeftAlone(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	start(t, NewRelay(r.store, r.redis, r.log).Run)
	r.announce(t, 0, 20)
	later := time.Now().Add(time.Hour)
	if err := r.store.AnnounceAt(t.Context(), &later, errand{N: 20}); err != nil {
		t.Fatal(err)
	}
	r.wait(t, 30*time.Second, 21, `SELECT count(*) FROM outbox WHERE enqueued_at IS NOT NULL`)
	reconciler := r.reconciler(t)
	reconciler.trust = 0
	if err := reconciler.findForgotten(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if err := reconciler.recoverLost(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := r.number(t, `SELECT count(*) FROM outbox WHERE enqueued_at IS NULL OR generation > 0 OR attempts > 0`); n != 0 {
		t.Errorf("%d rows were put back, want none", n)
	}
}

// takeAsDead takes a task like a worker that is killed right afterwards.
func takeAsDead(t *testing.T, r *rig, lease time.Duration) string {
	t.Helper()
	ctx, active := t.Context(), "asynq:{maintenance}:active"
	id, err := r.redis.RPopLPush(ctx, "asynq:{maintenance}:pending", active).Result()
	if err != nil {
		t.Fatal(err)
	}
	pipe := r.redis.TxPipeline()
	pipe.HSet(ctx, "asynq:{maintenance}:t:"+id, "state", "active")
	pipe.ZAdd(ctx, "asynq:{maintenance}:lease", redis.Z{Member: id, Score: float64(time.Now().Add(lease).Unix())})
	if _, err := pipe.Exec(ctx); err != nil {
		t.Fatal(err)
	}
	return id
}

func TestWorkOfADeadWorkerGoesOn(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	start(t, NewRelay(r.store, r.redis, r.log).Run)
	r.announce(t, 0, 1)
	r.wait(t, 30*time.Second, 1, `SELECT count(*) FROM outbox WHERE enqueued_at IS NOT NULL`)
	id := takeAsDead(t, r, time.Second)
	start(t, r.reconciler(t).Run)
	start(t, r.workers(2, r.errands()).Run)
	r.onceEach(t, 1)
	for _, key := range []string{"asynq:{maintenance}:t:" + id, "asynq:{maintenance}:active", "asynq:{maintenance}:lease"} {
		if !jobtest.Eventually(30*time.Second, func() bool { return r.redis.Exists(t.Context(), key).Val() == 0 }) {
			t.Errorf("%s is still there", key)
		}
	}
}

// loseWorkers lets a row's workers die so many times.
func (r *rig) loseWorkers(t *testing.T, times int) {
	t.Helper()
	relay, reconciler := r.leading(t), r.reconciler(t)
	for n := range times {
		relay.cursor = 0
		if _, err := relay.pass(t.Context()); err != nil {
			t.Fatal(err)
		}
		takeAsDead(t, r, -time.Minute)
		if err := reconciler.recoverLost(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := r.number(t, `SELECT attempts FROM outbox`); got != n+1 {
			t.Fatalf("attempts = %d after %d lost workers", got, n+1)
		}
	}
}

func TestMessageThatKillsItsWorkersIsGivenUp(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.announce(t, 0, 1)
	r.loseWorkers(t, lostWorkers)
	attempts, given := 0, make(chan error, 1)
	start(t, NewRelay(r.store, r.redis, r.log).Run)
	start(t, r.workers(1, Handle(mourner{
		jobFunc: func(ctx context.Context, e errand, id desk.OutboxID) error {
			attempts++
			return r.effect(ctx, e, id)
		},
		giveUp: func(_ context.Context, _ *store.Store, _ errand, _ desk.OutboxID, reason error) error {
			given <- reason
			return nil
		},
	}, Patient(time.Minute))).Run)
	if reason := <-given; reason == nil || attempts != 0 {
		t.Errorf("given up because of %v after %d more attempts, want a reason and none", reason, attempts)
	}
	r.wait(t, 30*time.Second, 1, deadRows)
	if n, err := r.store.RetryWork(t.Context()); n != 1 || err != nil { // the cause is mended
		t.Fatalf("retried %d, %v, want 1", n, err)
	}
	r.onceEach(t, 1)
}

func TestMessageThatKillsItsWorkersToTheLastEndsDead(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.announce(t, 0, 1)
	r.loseWorkers(t, lostWorkers+1)
	dead, err := r.store.DeadWork(t.Context(), 10)
	if err != nil || len(dead) != 1 || dead[0].LastError == nil {
		t.Fatalf("dead work = %+v, %v, want the one row with its error", dead, err)
	}
}

func TestLockedWorkIsNotLost(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	start(t, NewRelay(r.store, r.redis, r.log).Run)
	r.announce(t, 0, 1)
	r.wait(t, 30*time.Second, 1, `SELECT count(*) FROM outbox WHERE enqueued_at IS NOT NULL`)
	id := takeAsDead(t, r, -time.Minute)
	tx, err := r.db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }()
	if _, err := tx.Exec(t.Context(), `SELECT FROM outbox FOR UPDATE`); err != nil {
		t.Fatal(err)
	}
	if err := r.reconciler(t).recoverLost(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r.redis.Exists(t.Context(), "asynq:{maintenance}:t:"+id).Val() == 0 {
		t.Error("the task of a worker that lives was taken away")
	}
	if n := r.number(t, `SELECT generation FROM outbox`); n != 0 {
		t.Errorf("generation = %d, want 0", n)
	}
}

// The keys we look at are asynq's own: this test fails when a new version of asynq names them otherwise.
func TestKeysAreAsynqs(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	start(t, NewRelay(r.store, r.redis, r.log).Run)
	running, release := make(chan struct{}), make(chan struct{})
	defer close(release)
	start(t, r.workers(1, Handle(jobFunc[errand](func(context.Context, errand, desk.OutboxID) error {
		close(running)
		<-release
		return nil
	}), Policy{Timeout: time.Minute, Attempts: 1, Delay: backOff})).Run)
	r.announce(t, 0, 1)
	<-running
	ctx := t.Context()
	tasks, err := asynq.NewInspectorFromRedisClient(r.redis).ListActiveTasks("maintenance")
	if err != nil || len(tasks) != 1 {
		t.Fatalf("active tasks = %v, %v, want one", tasks, err)
	}
	w, ok := r.house(t).workOf("maintenance", tasks[0].ID)
	if !ok || w.ID != 1 || w.Generation != 0 {
		t.Errorf("task %s is of row %+v, want row 1, generation 0", tasks[0].ID, w)
	}
	if r.redis.Exists(ctx, r.house(t).taskKey(w)).Val() != 1 {
		t.Errorf("no task at %s", r.house(t).taskKey(w))
	}
	if r.redis.ZScore(ctx, leaseKey("maintenance"), tasks[0].ID).Val() < float64(time.Now().Add(-time.Minute).Unix()) {
		t.Errorf("no lease at %s", leaseKey("maintenance"))
	}
	if ids := r.redis.LRange(ctx, activeKey("maintenance"), 0, -1).Val(); len(ids) != 1 || ids[0] != tasks[0].ID {
		t.Errorf("active tasks at %s: %v, want %s", activeKey("maintenance"), ids, tasks[0].ID)
	}
}
