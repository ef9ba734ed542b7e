package jobs

import (
	"log/slog"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"postroom/internal/devstack"
	"postroom/internal/store"
	"postroom/jobs/jobtest"
)

// A database of its own, because it is killed.
func TestWorkGoesOnAfterTheDatabaseWasKilled(t *testing.T) {
	t.Parallel()
	server := devstack.Postgres(t)
	if _, err := store.Migrate(t.Context(), server.URL()); err != nil {
		t.Fatal(err)
	}
	r := &rig{databaseURL: server.URL(), redisURL: devstack.Redis(t), log: slog.New(slog.DiscardHandler)}
	r.store, r.redis = r.openStore(t), dial(t, r.redisURL)
	var err error
	if r.db, err = pgxpool.New(t.Context(), r.databaseURL); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.db.Close)
	start(t, NewRelay(r.store, r.redis, r.log).Run)
	start(t, r.reconciler(t).Run)
	start(t, r.workers(4, r.errands()).Run)
	r.announce(t, 0, 500)
	if !jobtest.Eventually(30*time.Second, func() bool { return r.number(t, effects) > 20 }) {
		t.Fatal("nothing was done")
	}
	server.Kill()
	if err := server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !jobtest.Eventually(30*time.Second, func() bool { return r.store.Ping(t.Context()) == nil && r.db.Ping(t.Context()) == nil }) {
		t.Fatal("the database does not answer")
	}
	r.onceEach(t, 500)
	// Attempts that the kill cut short may count as failed, but none may have used up its patience.
	if n := r.number(t, deadRows); n != 0 {
		t.Errorf("%d rows died with the database", n)
	}
}
