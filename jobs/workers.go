package jobs

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/jobs/task"
)

// Workers work off the queues, each with a pool of its own, so that slow work in one queue does
// not hold up another.
type Workers struct {
	store    *store.Store
	redis    redis.UniversalClient
	log      *slog.Logger
	options  WorkersOptions
	handlers map[string]Handler

	house       atomic.Pointer[house] // nil: not known yet
	stopping    context.Context       // ends when no more work is taken
	running     sync.WaitGroup        // attempts that have not returned
	unavailable atomic.Bool           // the last attempt met a store that did not answer
	precedence  *precedence
}

// WorkersOptions says how much to do at once.
type WorkersOptions struct {
	Counts         map[string]int // workers of each queue; 0: none
	ShutdownWithin time.Duration  // for work in hand when the process stops
}

// NewWorkers returns workers for the given handlers. It starts nothing.
func NewWorkers(s *store.Store, client redis.UniversalClient, log *slog.Logger, options WorkersOptions, handlers ...Handler) *Workers {
	w := &Workers{store: s, redis: client, log: log, options: options, handlers: map[string]Handler{}, precedence: newPrecedence(options.Counts[task.Inbound])}
	for _, h := range handlers {
		w.handlers[h.kind] = h
	}
	return w
}

// Asking an empty queue costs a round trip to Redis, which is nothing for queues in which people
// wait for the result.
const (
	askOften   = 20 * time.Millisecond // inbound, deliver
	askSeldom  = 100 * time.Millisecond
	askDelayed = time.Second            // whether delayed work is due
	askOnTime  = 100 * time.Millisecond // the same where it is a deadline
)

// Run works until ctx ends. Then it takes no more work, and what is in hand is finished or, when
// the time is up, returned to its queue.
func (w *Workers) Run(ctx context.Context) error {
	w.stopping = ctx
	// Work in hand outlives ctx until we say so.
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	servers, err := w.start(base)
	if err == nil {
		<-ctx.Done()
	}
	w.shutdown(servers, cancel)
	return err
}

func (w *Workers) start(base context.Context) ([]*asynq.Server, error) {
	var servers []*asynq.Server
	log := newAsynqLog(w.log)
	for _, queue := range task.Queues {
		if w.options.Counts[queue] <= 0 {
			continue
		}
		ask := askSeldom
		if queue == task.Inbound || queue == task.Deliver {
			ask = askOften
		}
		delayed := askDelayed
		if queue == task.SLA {
			delayed = askOnTime
		}
		server := asynq.NewServerFromRedisClient(w.redis, asynq.Config{
			Concurrency:              w.options.Counts[queue],
			Queues:                   map[string]int{queue: 1},
			BaseContext:              func() context.Context { return base },
			TaskCheckInterval:        ask,
			DelayedTaskCheckInterval: delayed,
			RetryDelayFunc:           func(_ int, err error, _ *asynq.Task) time.Duration { return delayOf(err) },
			IsFailure:                func(err error) bool { return counted(err) },
			Logger:                   log,
			LogLevel:                 asynq.WarnLevel,
			ShutdownTimeout:          w.options.ShutdownWithin * 6 / 10,
		})
		if err := server.Start(w.inTurn(queue)); err != nil {
			return servers, err
		}
		servers = append(servers, server)
	}
	return servers, nil
}

// inTurn works on the tasks of a queue when it is its turn.
func (w *Workers) inTurn(queue string) asynq.HandlerFunc {
	return func(ctx context.Context, t *asynq.Task) error {
		defer w.precedence.enter(ctx, w.stopping, queue)()
		return w.process(ctx, t)
	}
}

// shutdown stops all servers at once. Work that is not done by then is in its queue again, and
// only then told to stop, so that nobody takes its end for a failure.
func (w *Workers) shutdown(servers []*asynq.Server, cancel func()) {
	var down sync.WaitGroup
	for _, server := range servers {
		down.Go(server.Shutdown)
	}
	if !within(w.options.ShutdownWithin*8/10, down.Wait) {
		w.log.Warn("task queues did not answer while stopping, their work will be found again")
	}
	cancel()
	if !within(w.options.ShutdownWithin*2/10, w.running.Wait) {
		w.log.Warn("work did not stop in time, another worker repeats it")
	}
}

// within reports whether wait returned in time.
func within(span time.Duration, wait func()) bool {
	done := make(chan struct{})
	go func() {
		defer close(done)
		wait()
	}()
	timer := time.NewTimer(span)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}

// retryError is what asynq gets to see of a failure.
type retryError struct {
	err     error
	delay   time.Duration
	counted bool // a failure, and not just bad timing
}

func (e *retryError) Error() string { return desk.Plain(e.err.Error()) } // asynq takes nothing but UTF-8
func (e *retryError) Unwrap() error { return e.err }

func delayOf(err error) time.Duration {
	if retry, ok := errors.AsType[*retryError](err); ok {
		return retry.delay
	}
	return time.Second // a lost lease, a stopped process
}

func counted(err error) bool {
	retry, ok := errors.AsType[*retryError](err)
	return ok && retry.counted
}
