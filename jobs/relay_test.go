package jobs

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"postroom/internal/desk"
	"postroom/internal/pause"
	"postroom/internal/store"
	"postroom/jobs/jobtest"
)

func TestAnnouncedWorkIsDoneOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	start(t, NewRelay(r.store, r.redis, r.log).Run)
	start(t, r.workers(8, r.errands()).Run)
	for from := int64(0); from < 600; from += 50 {
		r.announce(t, from, from+50)
	}
	r.onceEach(t, 600)
	var keys []string
	var err error
	if !jobtest.Eventually(30*time.Second, func() bool { // a row is done a moment before its task
		keys, err = r.redis.Keys(t.Context(), "asynq:{maintenance}:t:*").Result()
		return err != nil || len(keys) == 0
	}) || err != nil {
		t.Errorf("tasks left in Redis: %v, %v", keys, err)
	}
}

func TestWorkStartsAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	start(t, NewRelay(r.store, r.redis, r.log).Run)
	start(t, r.workers(2, r.errands()).Run)
	r.announce(t, 0, 1)
	r.wait(t, 30*time.Second, 1, effects) // relay and workers are up
	for n := int64(1); n < 6; n++ {
		began := time.Now()
		r.announce(t, n, n+1)
		r.wait(t, 30*time.Second, int(n)+1, effects)
		// Without the notification it would take the relay's poll, half a second on average.
		t.Logf("done after %s", time.Since(began).Round(time.Millisecond))
	}
	r.onceEach(t, 6)
}

func TestRelayHandsOverOnlyCommittedWork(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	start(t, NewRelay(r.store, r.redis, r.log).Run)
	start(t, r.workers(4, r.errands()).Run)
	rollback := errors.New("rolled back")
	err := r.store.InTx(t.Context(), func(tx *store.Store) error {
		return errors.Join(tx.Announce(t.Context(), errand{N: 1}), rollback)
	})
	if !errors.Is(err, rollback) {
		t.Fatalf("error = %v, want %v", err, rollback)
	}
	r.announce(t, 2, 3)
	r.onceEach(t, 1)
}

// A row that commits after later ones must be found, though the relay looks at old rows seldom.
func TestRelayFindsLateCommits(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	start(t, NewRelay(r.store, r.redis, r.log).Run)
	start(t, r.workers(4, r.errands()).Run)
	tx, err := r.db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }()
	const early = `INSERT INTO outbox (queue, kind, payload) VALUES ('maintenance', 'test.errand', '{"n":0}')`
	if _, err := tx.Exec(t.Context(), early); err != nil {
		t.Fatal(err)
	}
	r.announce(t, 1, 100)
	r.wait(t, 30*time.Second, 99, effects)
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.onceEach(t, 100)
}

func TestDelayedWorkComesWhenItIsDue(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	start(t, NewRelay(r.store, r.redis, r.log).Run)
	var at atomic.Int64
	start(t, r.workers(1, Handle(jobFunc[errand](func(ctx context.Context, e errand, id desk.OutboxID) error {
		at.Store(time.Now().UnixMilli())
		return r.effect(ctx, e, id)
	}), Patient(time.Minute))).Run)
	due := time.Now().Add(3 * time.Second)
	if err := r.store.AnnounceAt(t.Context(), &due, errand{N: 1}); err != nil {
		t.Fatal(err)
	}
	r.onceEach(t, 1)
	// asynq counts in whole seconds, so work may begin within the second in which it is due. The clock may
	// be set back a little between its look and ours.
	if began := time.UnixMilli(at.Load()); began.Before(due.Add(-2 * time.Second)) {
		t.Errorf("began %s before it was due", due.Sub(began))
	}
}

func TestOneRelayLeadsAndAnotherTakesOver(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	start(t, NewRelay(r.store, r.redis, r.log).Run)
	start(t, NewRelay(r.openStore(t), dial(t, r.redisURL), r.log).Run)
	start(t, r.workers(4, r.errands()).Run)
	const leaders = `
		SELECT count(*)
		FROM pg_locks l
		JOIN pg_stat_activity a USING (pid)
		WHERE l.locktype = 'advisory' AND l.granted AND a.application_name = 'postroom outbox relay'
			AND a.datname = current_database()`
	r.wait(t, 30*time.Second, 1, leaders)
	r.announce(t, 0, 100)
	r.wait(t, 30*time.Second, 100, effects)
	// What kill -9 of the leading process looks like to the database, while work keeps coming.
	const kill = `
		SELECT count(pg_terminate_backend(l.pid))
		FROM pg_locks l
		JOIN pg_stat_activity a USING (pid)
		WHERE l.locktype = 'advisory' AND l.granted AND a.application_name = 'postroom outbox relay'
			AND a.datname = current_database()`
	if n := r.number(t, kill); n != 1 {
		t.Fatalf("killed %d leaders, want 1", n)
	}
	r.announce(t, 100, 200)
	r.wait(t, 30*time.Second, 200, effects)
	r.wait(t, 30*time.Second, 1, leaders)
	r.onceEach(t, 200)
}

func TestWorkSurvivesFlushInMidRun(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	start(t, NewRelay(r.store, r.redis, r.log).Run)
	start(t, r.reconciler(t).Run)
	slow := Handle(jobFunc[errand](func(ctx context.Context, e errand, id desk.OutboxID) error {
		pause.For(ctx, 5*time.Millisecond)
		return r.effect(ctx, e, id)
	}), Patient(time.Minute))
	start(t, r.workers(4, slow).Run)
	r.announce(t, 0, 500)
	for _, after := range []int{50, 200, 350} {
		if !jobtest.Eventually(30*time.Second, func() bool { return r.number(t, effects) >= after }) {
			t.Fatalf("fewer than %d effects", after)
		}
		if err := r.redis.FlushAll(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
	}
	r.onceEach(t, 500)
}

func TestWorkWaitsWhileRedisIsDown(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	redisGate, url := newGate(t, r.redisURL)
	r.redis = dial(t, url)
	start(t, NewRelay(r.store, r.redis, r.log).Run)
	start(t, r.reconciler(t).Run)
	start(t, r.workers(4, r.errands()).Run)
	r.announce(t, 0, 50)
	r.wait(t, 30*time.Second, 50, effects)
	redisGate.set(true)
	r.announce(t, 50, 300)
	r.wait(t, 30*time.Second, 250, outboxRows)
	redisGate.set(false)
	r.onceEach(t, 300)
}

// leading returns a relay whose passes the test makes itself.
func (r *rig) leading(t testing.TB) *Relay {
	t.Helper()
	relay := NewRelay(r.store, r.redis, r.log)
	relay.house, relay.handed, relay.roundOverAll = r.house(t), map[desk.OutboxID]int{}, time.Now()
	return relay
}

// Redis still holds the tasks of a database that was replaced: their rows' ids are other rows' now.
func TestTasksOfAnotherDatabaseAreNotWorkedOn(t *testing.T) {
	t.Parallel()
	old, r := newRig(t), newRig(t)
	stop := start(t, NewRelay(old.store, r.redis, old.log).Run)
	old.announce(t, 1000, 1020)
	old.wait(t, 30*time.Second, 20, `SELECT count(*) FROM outbox WHERE enqueued_at IS NOT NULL`)
	stop()
	r.announce(t, 0, 20)
	start(t, r.workers(4, r.errands()).Run)
	start(t, NewRelay(r.store, r.redis, r.log).Run)
	r.onceEach(t, 20)
	if n := r.number(t, `SELECT count(*) FROM history WHERE object = 'Errand' AND o_id >= 1000`); n != 0 {
		t.Errorf("%d errands of the old database had effects", n)
	}
}

// While a long transaction keeps vacuum away, what is left of done rows must not slow the relay down.
func TestRelayKeepsItsPaceBesideALongTransaction(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.announce(t, 0, 1)
	relay := r.leading(t)
	for range 3 {
		relay.roundOverAll = time.Now().Add(-2 * roundOverAll)
		if _, err := relay.pass(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if relay.floor == 0 || relay.cursor != relay.floor {
		t.Errorf("after three rounds over all, cursor = %d and floor = %d, want both behind the first row", relay.cursor, relay.floor)
	}
	if err := r.store.InTx(t.Context(), func(tx *store.Store) error {
		return tx.Announce(t.Context(), errand{N: 2})
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := relay.pass(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := r.number(t, `SELECT count(*) FROM outbox WHERE enqueued_at IS NULL`); n != 0 {
		t.Errorf("%d rows still pending, want none", n)
	}
}
