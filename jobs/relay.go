package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"

	"postroom/internal/desk"
	"postroom/internal/pause"
	"postroom/internal/store"
	"postroom/internal/store/outbox"
)

// Relay hands pending outbox rows to the queues. One relay of all processes is at work at a time.
type Relay struct {
	store  *store.Store
	redis  redis.UniversalClient
	client *asynq.Client
	log    *slog.Logger

	// What follows belongs to the goroutine that leads.

	house house
	// handed are rows that a queue has but that could not be marked, because their worker was
	// faster and has them locked.
	handed map[desk.OutboxID]int
	// cursor is where the next batch starts. Most rounds start at floor, not at 0: rows up to floor
	// were handed over a while ago, and what is left of them piles up in the index while a long
	// transaction (a backup) keeps vacuum away. A row that was committed later than its neighbours
	// by more than that is found by the next round over all.
	cursor, floor, highest desk.OutboxID
	highestThen            desk.OutboxID // at the start of the last round over all
	roundOverAll           time.Time
	markerSeen             time.Time
}

// NewRelay returns a relay. It starts nothing.
func NewRelay(s *store.Store, client redis.UniversalClient, log *slog.Logger) *Relay {
	return &Relay{store: s, redis: client, client: asynq.NewClientFromRedisClient(client), log: log}
}

const (
	relayBatch   = 500
	relayHands   = 8 // goroutines that talk to Redis
	relayPoll    = time.Second
	relayGathers = 20 * time.Millisecond // between two batches: many rows cost hardly more than one
	roundOverAll = 10 * time.Second
	markerEvery  = time.Second
	relayPatient = 5 * time.Second // longest pause while Redis or the database is away
)

// markerKey names our installation in Redis as long as Redis remembers. When it is gone, so are the
// tasks; when it is another's, the tasks are not ours.
const markerKey = "postroom:outbox:marker"

// Run relays until ctx ends, whenever this process leads.
func (r *Relay) Run(ctx context.Context) error {
	election := leader{name: "outbox relay", store: r.store, log: r.log, listen: outbox.Channel, work: r.relay}
	return election.run(ctx)
}

func (r *Relay) relay(ctx context.Context, heard <-chan string) error {
	var err error
	if r.house, err = houseOf(ctx, r.store); err != nil {
		return err
	}
	r.handed = map[desk.OutboxID]int{}
	r.cursor, r.floor, r.highest, r.highestThen = 0, 0, 0, 0
	r.roundOverAll, r.markerSeen = time.Now(), time.Time{}
	failures := 0
	for {
		begun := time.Now()
		more, err := r.pass(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			if failures == 0 {
				r.log.WarnContext(ctx, "relay stopped, nothing is lost, trying again", "error", err)
			}
			failures++
			pause.For(ctx, min(100*time.Millisecond<<min(failures, 10), relayPatient))
			continue
		}
		if failures > 0 {
			r.log.InfoContext(ctx, "relay works again", "failures", failures)
			failures = 0
		}
		if !more {
			r.await(ctx, heard)
			pause.For(ctx, relayGathers-time.Since(begun))
		}
	}
}

// await waits for news, for the next poll at most.
func (r *Relay) await(ctx context.Context, heard <-chan string) {
	poll := time.NewTimer(relayPoll)
	defer poll.Stop()
	select {
	case <-ctx.Done():
	case <-poll.C:
	case message := <-heard:
		if message == outbox.NotifyAll {
			r.cursor = 0
		}
	}
}

// pass hands over one batch. It reports whether there is more to do at once.
//
// The marker is looked at here and not by the reconciler, because only between two batches no row
// is both with Redis and still unmarked: what Redis lost before our look is marked and put back,
// what it loses later is found by the next look.
func (r *Relay) pass(ctx context.Context) (more bool, err error) {
	if time.Since(r.markerSeen) > markerEvery {
		if err := r.checkMarker(ctx); err != nil {
			return false, err
		}
	}
	if time.Since(r.roundOverAll) > roundOverAll {
		r.floor, r.highestThen = r.highestThen, r.highest
		r.cursor, r.roundOverAll = 0, time.Now()
		clear(r.handed)
	}
	work, err := r.store.PendingWork(ctx, r.cursor, relayBatch)
	if err != nil {
		return false, err
	}
	if err := r.hand(ctx, work); err != nil {
		return false, err
	}
	if err := r.mark(ctx, work); err != nil {
		return false, err
	}
	if len(work) < relayBatch {
		r.cursor = r.floor
		return false, nil
	}
	r.cursor = work[len(work)-1].ID
	return true, nil
}

// hand gives rows to their queues. A task that is there already is fine.
func (r *Relay) hand(ctx context.Context, work []outbox.Work) error {
	group, ctx := errgroup.WithContext(ctx)
	for part := range relayHands {
		group.Go(func() error {
			for i := part; i < len(work); i += relayHands {
				w := work[i]
				if generation, ok := r.handed[w.ID]; ok && generation == w.Generation {
					continue
				}
				t, options := r.house.newTask(w)
				_, err := r.client.EnqueueContext(ctx, t, options...)
				if err != nil && !errors.Is(err, asynq.ErrTaskIDConflict) {
					return fmt.Errorf("enqueue %s: %w", r.house.taskID(w), err)
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// mark notes in the outbox that the queues have the rows.
func (r *Relay) mark(ctx context.Context, work []outbox.Work) error {
	if len(work) == 0 {
		return nil
	}
	marked, err := r.store.MarkEnqueued(ctx, work)
	if err != nil {
		return err
	}
	for _, w := range work {
		r.handed[w.ID] = w.Generation
	}
	for _, id := range marked {
		delete(r.handed, id)
	}
	r.highest = max(r.highest, work[len(work)-1].ID)
	return nil
}

// checkMarker puts all rows back when Redis forgot. The marker is set last: a crash in between
// puts rows back twice, which does no harm.
func (r *Relay) checkMarker(ctx context.Context) error {
	known, err := r.redis.Get(ctx, markerKey).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return fmt.Errorf("look for marker: %w", err)
	}
	if known != r.house.name {
		if known != "" {
			r.log.ErrorContext(ctx, "redis holds tasks of another installation or of an older database, taking it over; no two installations may share a Redis database")
		}
		rows, err := r.store.PutBackAll(ctx)
		if err != nil {
			return err
		}
		if err := r.redis.Set(ctx, markerKey, r.house.name, 0).Err(); err != nil {
			return fmt.Errorf("set marker: %w", err)
		}
		if rows > 0 {
			r.log.WarnContext(ctx, "redis lost its queues, filling them again", "rows", rows)
		}
		clear(r.handed)
		r.cursor = 0
	}
	r.markerSeen = time.Now()
	return nil
}
