package jobs

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"postroom/internal/desk"
	"postroom/internal/pause"
	"postroom/internal/store"
	"postroom/internal/store/outbox"
	"postroom/jobs/task"
)

// Reconciler puts back work that queues or workers lost. It compares the outbox, which is the
// truth, with what Redis knows:
//
//   - Redis lost everything: the relay sees that (checkMarker) and puts all rows back.
//   - Redis lost some tasks (a failover, an eviction): every row that a queue has had for a while is
//     asked for; without a task it becomes pending again, with the same task id.
//   - A worker died: its tasks stay active, with a lease that nobody renews. asynq would wait for
//     another 30 to 90 s; we take the task away when its lease ends and give the row a new task id.
//
// Putting back is always safe: a row that was done meanwhile is gone, one whose worker lives is locked.
type Reconciler struct {
	store *store.Store
	redis redis.UniversalClient
	log   *slog.Logger
	house house // known while we lead
	timing
}

// timing is how often the reconciler looks, and how long it trusts a queue. Tests are faster.
type timing struct {
	leases  time.Duration // between two looks at leases
	rounds  time.Duration // between two rounds through the enqueued rows
	trust   time.Duration // a row is not asked for before it has been with a queue for so long
	between time.Duration // between two batches of a round: many waiting rows must not cost much
}

// NewReconciler returns a reconciler. It starts nothing.
func NewReconciler(s *store.Store, client redis.UniversalClient, log *slog.Logger) *Reconciler {
	return &Reconciler{store: s, redis: client, log: log, timing: timing{
		leases: 2 * time.Second, rounds: 10 * time.Second, trust: 30 * time.Second, between: 200 * time.Millisecond,
	}}
}

const (
	reconcileBatch = 2000
	// lostWorkers is how often a row may lose its worker. A message that kills its process at
	// every attempt is given up then, without being looked into once more.
	lostWorkers = 12
)

// Run reconciles until ctx ends, whenever this process leads.
func (r *Reconciler) Run(ctx context.Context) error {
	election := leader{name: "outbox reconciler", store: r.store, log: r.log, work: r.reconcile}
	return election.run(ctx)
}

func (r *Reconciler) reconcile(ctx context.Context, _ <-chan string) error {
	var err error
	if r.house, err = houseOf(ctx, r.store); err != nil {
		return err
	}
	leases := time.NewTicker(r.leases)
	defer leases.Stop()
	rounds := time.NewTicker(r.rounds)
	defer rounds.Stop()
	failing := false
	for {
		var err error
		select {
		case <-ctx.Done():
			return nil
		case <-leases.C:
			err = r.recoverLost(ctx)
		case <-rounds.C:
			err = r.findForgotten(ctx, leases.C)
		}
		if err != nil && ctx.Err() == nil && !failing {
			r.log.WarnContext(ctx, "reconciler stopped, trying again", "error", err)
		}
		failing = err != nil
	}
}

// findForgotten goes once through the rows that a queue should have. It looks at leases in between.
func (r *Reconciler) findForgotten(ctx context.Context, leases <-chan time.Time) error {
	var after outbox.Work
	for {
		work, err := r.store.EnqueuedWork(ctx, after, r.trust, reconcileBatch)
		if err != nil || len(work) == 0 {
			return err
		}
		unknown, err := r.unknown(ctx, work)
		if err != nil {
			return err
		}
		if len(unknown) > 0 {
			n, err := r.store.PutBack(ctx, unknown)
			if err != nil {
				return err
			}
			r.log.WarnContext(ctx, "redis lost tasks, enqueueing them again", "rows", n)
		}
		if len(work) < reconcileBatch {
			return nil
		}
		after = work[len(work)-1]
		select {
		case <-leases:
			if err := r.recoverLost(ctx); err != nil {
				return err
			}
		default:
		}
		if !pause.For(ctx, r.between) {
			return nil
		}
	}
}

// unknown returns those rows for which Redis has no task.
func (r *Reconciler) unknown(ctx context.Context, work []outbox.Work) ([]outbox.Work, error) {
	pipe := r.redis.Pipeline()
	answers := make([]*redis.IntCmd, len(work))
	for i, w := range work {
		answers[i] = pipe.Exists(ctx, r.house.taskKey(w))
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, fmt.Errorf("ask redis for %d tasks: %w", len(work), err)
	}
	var unknown []outbox.Work
	for i, answer := range answers {
		if answer.Val() == 0 {
			unknown = append(unknown, work[i])
		}
	}
	return unknown, nil
}

// recoverLost makes the rows of dead workers pending again.
func (r *Reconciler) recoverLost(ctx context.Context) error {
	for _, queue := range task.Queues {
		lost, err := r.expired(ctx, queue)
		if err != nil {
			return err
		}
		if len(lost) == 0 {
			continue
		}
		n, busy, err := r.store.PutBackLost(ctx, lost, lostWorkers)
		if err != nil {
			return err
		}
		if n > 0 {
			r.log.WarnContext(ctx, "workers died, their work goes on elsewhere", "queue", queue, "rows", n)
		}
		if err := r.forget(ctx, lost, busy); err != nil {
			return err
		}
	}
	return nil
}

// expired returns the tasks of a queue whose lease nobody renews. A living worker renews every 5 s
// for 30 s (heartbeat.go, LeaseDuration), so clocks may differ by 20 s.
func (r *Reconciler) expired(ctx context.Context, queue string) ([]outbox.Work, error) {
	now := strconv.FormatInt(time.Now().Unix(), 10)
	ids, err := r.redis.ZRangeByScore(ctx, leaseKey(queue), &redis.ZRangeBy{Min: "-inf", Max: now, Count: reconcileBatch}).Result()
	if err != nil {
		return nil, fmt.Errorf("leases of %s: %w", queue, err)
	}
	var lost []outbox.Work
	for _, id := range ids {
		if w, ok := r.house.workOf(queue, id); ok {
			lost = append(lost, w)
		}
	}
	return lost, nil
}

// forgetTask removes an active task whose lease has ended, unless it was renewed meanwhile. Without
// it asynq would run the old task too, after another minute; that would find no row or the same
// row at work, and only cost time.
//
// KEYS: lease, active, task. ARGV: task id, now in Unix seconds.
var forgetTask = redis.NewScript(`
local ends = redis.call("ZSCORE", KEYS[1], ARGV[1])
if not ends or tonumber(ends) > tonumber(ARGV[2]) then
	return 0
end
redis.call("ZREM", KEYS[1], ARGV[1])
redis.call("LREM", KEYS[2], 0, ARGV[1])
redis.call("DEL", KEYS[3])
return 1`)

func (r *Reconciler) forget(ctx context.Context, lost []outbox.Work, busy []desk.OutboxID) error {
	alive := map[desk.OutboxID]bool{}
	for _, id := range busy {
		alive[id] = true
	}
	for _, w := range lost {
		if alive[w.ID] {
			continue
		}
		keys := []string{leaseKey(w.Queue), activeKey(w.Queue), r.house.taskKey(w)}
		if err := forgetTask.Run(ctx, r.redis, keys, r.house.taskID(w), time.Now().Unix()).Err(); err != nil {
			return fmt.Errorf("forget task %s: %w", r.house.taskID(w), err)
		}
	}
	return nil
}
