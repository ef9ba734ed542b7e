package jobs

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime/debug"
	"time"

	"github.com/hibiken/asynq"

	"postroom/channels"
	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/internal/store/outbox"
)

const (
	// lastWord is how long work may take to notice that its time is up.
	lastWord = 5 * time.Second
	// unavailablePause keeps workers from running through the whole queue while the database is away.
	unavailablePause = time.Second
	claimedPause     = 5 * time.Second
	bookkeeping      = 10 * time.Second // most that noting a failure may take
)

// process makes one attempt at a task and tells asynq what to do with the task.
func (w *Workers) process(ctx context.Context, t *asynq.Task) error {
	house, err := w.ours(ctx)
	if err != nil {
		return w.postpone(ctx, Handler{kind: t.Type()}, 0, err)
	}
	head, err := house.head(t.Payload())
	if err != nil {
		w.log.ErrorContext(ctx, "task is not ours, dropped", "kind", t.Type(), "error", err)
		return fmt.Errorf("%w: %w", asynq.RevokeTask, err)
	}
	id := head.OutboxID
	if w.void(ctx, house, id) {
		return nil
	}
	h, ok := w.handlers[t.Type()]
	switch {
	case !ok:
		h = Handler{kind: t.Type(), policy: Patient(time.Minute)}
		err = fmt.Errorf("no handler for %s in this version", t.Type())
	case head.Hopeless:
		err = errHopeless
	default:
		err = w.attempt(ctx, h, t.Payload(), id)
	}
	switch {
	case err == nil:
		if w.unavailable.CompareAndSwap(true, false) {
			w.log.InfoContext(ctx, "work goes on")
		}
		return nil
	case ctx.Err() != nil:
		// We stop, or asynq lost the lease and somebody else has the work. What was done is rolled back.
		return ctx.Err()
	case errors.Is(err, outbox.ErrClaimed):
		return &retryError{err: err, delay: claimedPause}
	case errors.Is(err, desk.ErrUnavailable):
		return w.postpone(ctx, h, id, err)
	}
	if later, ok := errors.AsType[*channels.LaterError](err); ok {
		return w.later(ctx, h, id, later)
	}
	return w.fail(ctx, h, t.Payload(), id, err)
}

// later gives a task back until the other side takes something again, uncounted.
func (w *Workers) later(ctx context.Context, h Handler, id desk.OutboxID, err *channels.LaterError) error {
	w.log.InfoContext(ctx, "work is put off", "kind", h.kind, "outbox_id", id, "in", err.After, "error", err.Err)
	if unclaimed := w.store.ReleaseTask(ctx, id); unclaimed != nil {
		w.log.WarnContext(ctx, "claim not given back, it ends by itself", "outbox_id", id, "error", unclaimed)
	}
	return &retryError{err: err, delay: err.After}
}

// void reports whether a task that waited for another attempt was overtaken: somebody retried its
// row by hand, and the row has a new task. Only tasks that failed are asked, the others cost nothing.
func (w *Workers) void(ctx context.Context, house *house, id desk.OutboxID) bool {
	if failed, _ := asynq.GetRetryCount(ctx); failed == 0 {
		return false
	}
	name, _ := asynq.GetTaskID(ctx)
	ours, ok := house.workOf("", name)
	if !ok {
		return false
	}
	generation, err := w.store.Generation(ctx, id)
	return err == nil && generation != ours.Generation // a row that is gone, or a database: the attempt will tell
}

// ours returns whose tasks we work on. It asks once.
func (w *Workers) ours(ctx context.Context) (*house, error) {
	if known := w.house.Load(); known != nil {
		return known, nil
	}
	house, err := houseOf(ctx, w.store)
	if err != nil {
		return nil, err
	}
	w.house.Store(&house)
	return &house, nil
}

// attempt runs a job's work under its policy. It returns when the work returned or, when the work
// ignores the end of its time, without it: a worker is worth more than a stuck goroutine.
func (w *Workers) attempt(ctx context.Context, h Handler, payload []byte, id desk.OutboxID) error {
	ctx, cancel := context.WithTimeout(ctx, h.policy.Timeout)
	defer cancel()
	done := make(chan error, 1)
	w.running.Go(func() { done <- w.safely(ctx, h, payload, id) })
	select {
	case err := <-done:
		return late(ctx, h, err)
	case <-ctx.Done():
	}
	last := time.NewTimer(lastWord)
	defer last.Stop()
	select {
	case err := <-done:
		return late(ctx, h, err)
	case <-last.C:
		w.log.ErrorContext(ctx, "work does not stop, left alone", "kind", h.kind, "outbox_id", id)
		return fmt.Errorf("took longer than %s and did not stop", h.policy.Timeout)
	}
}

// late names a timeout of ours. Otherwise it would look like a database that doesn't answer, and
// be tried again for ever.
func late(ctx context.Context, h Handler, err error) error {
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("took longer than %s: %v", h.policy.Timeout, err)
	}
	return err
}

func (w *Workers) safely(ctx context.Context, h Handler, payload []byte, id desk.OutboxID) (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			w.log.ErrorContext(ctx, "work panicked", "kind", h.kind, "outbox_id", id, "panic", reason, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", reason)
		}
	}()
	return h.work(ctx, payload, id)
}

// postpone keeps the worker for a moment and then gives the task back, uncounted.
func (w *Workers) postpone(ctx context.Context, h Handler, id desk.OutboxID, err error) error {
	if w.unavailable.CompareAndSwap(false, true) {
		w.log.WarnContext(ctx, "work waits for a store that does not answer", "kind", h.kind, "outbox_id", id, "error", err)
	}
	select {
	case <-w.stopping.Done():
	case <-ctx.Done():
	case <-time.After(unavailablePause):
	}
	return &retryError{err: err}
}

// fail notes a failed attempt in the row. Only a noted failure counts.
func (w *Workers) fail(ctx context.Context, h Handler, payload []byte, id desk.OutboxID, reason error) error {
	limit := h.policy.Attempts
	if desk.Permanent(reason) || errors.Is(reason, errHopeless) {
		limit = 1
	}
	noteCtx, cancel := context.WithTimeout(ctx, bookkeeping)
	defer cancel()
	failure, reason, err := w.note(noteCtx, h, payload, id, reason, limit)
	switch {
	case errors.Is(err, errGone):
		return nil // done by another worker, or dropped
	case err != nil:
		return w.postpone(ctx, h, id, fmt.Errorf("note failure (%v): %w", reason, err))
	case failure.Dead:
		w.log.ErrorContext(ctx, "work gave up", "kind", h.kind, "outbox_id", id, "attempts", failure.Attempts, "error", reason)
		// The row says all; without the task in Redis a retry by hand starts afresh.
		return fmt.Errorf("%w: %w", asynq.RevokeTask, reason)
	}
	delay := h.policy.Delay(failure.Attempts)
	w.log.WarnContext(ctx, "work failed", "kind", h.kind, "outbox_id", id, "attempts", failure.Attempts, "next_in", delay, "error", reason)
	return &retryError{err: reason, delay: delay, counted: true}
}

// errHopeless: the reconciler saw too many workers die of it.
var errHopeless = errors.New("every worker that began with it died")

var errGone = errors.New("the work is done, dead or dropped")

// note counts a failed attempt and, when it was the last, lets the job give up. A job that can't
// even do that keeps its work: it fails like an attempt, seen and tried again later and later. note
// returns what is to be blamed.
func (w *Workers) note(ctx context.Context, h Handler, payload []byte, id desk.OutboxID, reason error, limit int) (failure outbox.Failure, blame, err error) {
	var mourning error
	err = w.store.InTx(ctx, func(tx *store.Store) (err error) {
		failure, err = tx.FailTask(ctx, id, reason.Error(), limit)
		if errors.Is(err, desk.ErrNotFound) {
			return errGone
		}
		if err == nil && failure.Dead && h.giveUp != nil {
			mourning = h.giveUp(ctx, tx, payload, id, reason)
			return mourning
		}
		return err
	})
	if mourning == nil || errors.Is(mourning, desk.ErrUnavailable) {
		return failure, reason, err
	}
	reason = fmt.Errorf("%w; giving up: %w", reason, mourning)
	failure, err = w.store.FailTask(ctx, id, reason.Error(), math.MaxInt32)
	if errors.Is(err, desk.ErrNotFound) {
		err = errGone
	}
	return failure, reason, err
}
