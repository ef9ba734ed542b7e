package jobs

import (
	"context"
	"fmt"
	"testing"
	"time"

	"postroom/internal/desk"
	"postroom/internal/pause"
	"postroom/internal/store"
	"postroom/jobs/task"
)

// idle is work that nobody does while a benchmark runs.
type idle struct{}

func (idle) Kind() string  { return "test.idle" }
func (idle) Queue() string { return task.Index }

// fill puts rows of another queue into outbox and Redis, as if its workers were away.
func (r *rig) fill(b *testing.B, rows int) {
	b.Helper()
	for from := 0; from < rows; from += 1000 {
		work := make([]task.Kind, min(1000, rows-from))
		for i := range work {
			work[i] = idle{}
		}
		if err := r.store.Announce(b.Context(), work...); err != nil {
			b.Fatal(err)
		}
	}
	r.wait(b, 5*time.Minute, rows, `SELECT count(*) FROM outbox WHERE enqueued_at IS NOT NULL`)
}

var waitingRows = []int{0, 100_000}

// BenchmarkRelay measures how fast rows get from the outbox into Redis.
func BenchmarkRelay(b *testing.B) {
	for _, waiting := range waitingRows {
		b.Run(fmt.Sprintf("waiting=%d", waiting), func(b *testing.B) {
			r := newRig(b)
			stop := start(b, NewRelay(r.store, r.redis, r.log).Run)
			r.fill(b, waiting)
			stop()
			for n := 0; n < b.N; n += 1000 {
				work := make([]task.Kind, min(1000, b.N-n))
				for i := range work {
					work[i] = errand{N: int64(n + i)}
				}
				if err := r.store.Announce(b.Context(), work...); err != nil {
					b.Fatal(err)
				}
			}
			b.ResetTimer()
			start(b, NewRelay(r.store, r.redis, r.log).Run)
			for r.redis.LLen(b.Context(), "asynq:{maintenance}:pending").Val() < int64(b.N) {
				pause.For(b.Context(), 5*time.Millisecond)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// BenchmarkWork measures the whole way: announced in a transaction of its own, relayed, worked off
// in another.
func BenchmarkWork(b *testing.B) {
	for _, waiting := range waitingRows {
		b.Run(fmt.Sprintf("waiting=%d", waiting), func(b *testing.B) {
			r := newRig(b)
			start(b, NewRelay(r.store, r.redis, r.log).Run)
			start(b, NewReconciler(r.store, r.redis, r.log).Run)
			r.fill(b, waiting)
			finish := jobFunc[errand](func(ctx context.Context, _ errand, id desk.OutboxID) error {
				return r.store.InTx(ctx, func(tx *store.Store) error {
					if err := tx.StartTask(ctx, id); err != nil {
						return ignoreDone(err)
					}
					return tx.FinishTask(ctx, id)
				})
			})
			start(b, r.workers(8, Handle(finish, Patient(time.Minute))).Run)
			b.ResetTimer()
			for n := 0; n < b.N; n += 100 {
				work := make([]task.Kind, min(100, b.N-n))
				for i := range work {
					work[i] = errand{N: int64(n + i)}
				}
				if err := r.store.Announce(b.Context(), work...); err != nil {
					b.Fatal(err)
				}
			}
			const left = `SELECT count(*) FROM (SELECT FROM outbox WHERE queue = 'maintenance' LIMIT 1) AS any_left`
			for r.number(b, left) > 0 {
				pause.For(b.Context(), 20*time.Millisecond)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
