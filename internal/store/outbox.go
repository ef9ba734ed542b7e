package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"postroom/internal/desk"
	"postroom/jobs/task"
)

const insertOutbox = `
	INSERT INTO outbox (queue, kind, payload, process_at)
	SELECT * FROM unnest($1::text[], $2::text[], $3::jsonb[], $4::timestamptz[])`

// Announce writes work into the outbox, in the transaction of the change that causes it.
func (s *Store) Announce(ctx context.Context, work ...task.Kind) error {
	return s.AnnounceAt(ctx, nil, work...)
}

// AnnounceAt is Announce for work that is due later; nil: at once.
func (s *Store) AnnounceAt(ctx context.Context, due *time.Time, work ...task.Kind) error {
	var queues, kinds []string
	var payloads [][]byte
	var times []*time.Time
	for _, w := range work {
		payload, err := json.Marshal(w)
		if err != nil {
			return fmt.Errorf("payload of %s: %w", w.Kind(), err)
		}
		queues, kinds = append(queues, w.Queue()), append(kinds, w.Kind())
		payloads, times = append(payloads, payload), append(times, due)
	}
	if _, err := s.db.Exec(ctx, insertOutbox, queues, kinds, payloads, times); err != nil {
		return fmt.Errorf("announce work: %w", translate(err))
	}
	if s.wrote == nil {
		s.work.announce()
		return nil
	}
	*s.wrote = true
	return nil
}

const lockOutbox = `
	SELECT true
	FROM outbox
	WHERE id = $1 AND dead_at IS NULL
	FOR UPDATE`

// StartTask locks a piece of work for this transaction. It returns desk.ErrNotFound when the work
// is already done: another worker was faster, or the task was repeated.
func (s *Store) StartTask(ctx context.Context, id desk.OutboxID) error {
	var there bool
	return translate(s.db.QueryRow(ctx, lockOutbox, id).Scan(&there))
}

// FinishTask ends a piece of work in the transaction that holds its effects.
func (s *Store) FinishTask(ctx context.Context, id desk.OutboxID) error {
	_, err := s.db.Exec(ctx, `DELETE FROM outbox WHERE id = $1`, id)
	return translate(err)
}
