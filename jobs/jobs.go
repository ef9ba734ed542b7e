// Package jobs does the work that was announced in the outbox.
//
// In come outbox rows, out go their effects. A relay hands pending rows to asynq queues, a
// reconciler puts back what queues or workers lost, workers run one job a row. The outbox is the
// truth: an asynq task is only a reminder of a row. So a task may be lost, doubled or late:
//
//   - A row is deleted in the transaction that holds its effects. A second task for it finds no
//     row and ends.
//   - A task's id is made of its row's id and generation, so that asynq itself refuses most doubles.
//   - Attempts are counted in the row: they survive the loss of Redis and of workers. asynq counts nothing.
//   - A row that is out of attempts is dead: it stays until a person retries or drops it.
package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/jobs/task"
)

// A Job does one kind of work.
type Job[T task.Kind] interface {
	// Work does it. It may run twice for one row: what it changes and the end of the row
	// (store.FinishTask) commit together, and a row that is gone already is a success.
	//
	// An error that is desk.Permanent ends the row as dead at once. One that is
	// desk.ErrUnavailable or outbox.ErrClaimed is tried again without being counted, every other
	// as its policy says. When ctx ends Work must return: the time is up, or the process stops.
	Work(ctx context.Context, t T, id desk.OutboxID) error
}

// A Mourner is a Job that has something to do when its work is out of attempts.
type Mourner[T task.Kind] interface {
	// GiveUp runs in the transaction in which the row dies. It may finish the row instead.
	GiveUp(ctx context.Context, tx *store.Store, t T, id desk.OutboxID, reason error) error
}

// Policy says how patient we are with a kind of work.
type Policy struct {
	Timeout  time.Duration                   // of one attempt
	Attempts int                             // before the row is dead
	Delay    func(attempt int) time.Duration // after the attempt-th failure, counted from 1
}

// Patient is the policy of work that only needs our own stores.
func Patient(timeout time.Duration) Policy {
	return Policy{Timeout: timeout, Attempts: 12, Delay: backOff}
}

// Retrying is the policy of work that needs somebody else's servers: after a failure it waits for the
// next of the delays.
func Retrying(timeout time.Duration, delays []time.Duration) Policy {
	return Policy{
		Timeout:  timeout,
		Attempts: len(delays) + 1,
		Delay:    func(attempt int) time.Duration { return delays[min(attempt, len(delays))-1] },
	}
}

// backOff waits 1 s, 2 s, 4 s … and at most ten minutes; twelve attempts take about 35 minutes.
func backOff(attempt int) time.Duration {
	return min(time.Second<<min(attempt-1, 20), 10*time.Minute)
}

// Handler is a job for the workers, its payload's type hidden.
type Handler struct {
	kind   string
	policy Policy
	work   func(ctx context.Context, payload []byte, id desk.OutboxID) error
	giveUp func(ctx context.Context, tx *store.Store, payload []byte, id desk.OutboxID, reason error) error
}

// Handle makes a job a handler of its kind.
func Handle[T task.Kind](job Job[T], policy Policy) Handler {
	var kind T
	h := Handler{kind: kind.Kind(), policy: policy}
	h.work = func(ctx context.Context, payload []byte, id desk.OutboxID) error {
		t, err := decode[T](payload)
		if err != nil {
			return err
		}
		return job.Work(ctx, t, id)
	}
	if mourner, ok := job.(Mourner[T]); ok {
		h.giveUp = func(ctx context.Context, tx *store.Store, payload []byte, id desk.OutboxID, reason error) error {
			t, err := decode[T](payload)
			if err != nil {
				return nil // nobody knows what it was about: the dead row says so
			}
			return mourner.GiveUp(ctx, tx, t, id, reason)
		}
	}
	return h
}

func decode[T task.Kind](payload []byte) (T, error) {
	var t T
	if err := json.Unmarshal(payload, &t); err != nil {
		return t, &desk.InvalidError{Field: "payload", Reason: fmt.Sprintf("payload of %s: %v", t.Kind(), err)}
	}
	return t, nil
}
