package pg

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"postroom/jobs/task"
)

// InsertOutbox writes work: queues, kinds, payloads and times. Announced has to follow.
const InsertOutbox = `
	INSERT INTO outbox (queue, kind, payload, process_at)
	SELECT * FROM unnest($1::text[], $2::text[], $3::jsonb[], $4::timestamptz[])`

// Announce writes work into the outbox, in the transaction of the change that causes it.
func (s *DB) Announce(ctx context.Context, work ...task.Kind) error {
	return s.AnnounceAt(ctx, nil, work...)
}

// AnnounceAt is Announce for work that is due later; nil: at once.
func (s *DB) AnnounceAt(ctx context.Context, due *time.Time, work ...task.Kind) error {
	args, err := outboxRows(due, work)
	if err != nil {
		return err
	}
	if _, err := s.db.Exec(ctx, InsertOutbox, args...); err != nil {
		return fmt.Errorf("announce work: %w", Translate(err))
	}
	Announced(s)
	return nil
}

// QueueWork is Announce as a part of a batch. Without work nothing is queued.
func QueueWork(s *DB, batch *pgx.Batch, work ...task.Kind) error {
	if len(work) == 0 {
		return nil
	}
	rows, err := outboxRows(nil, work)
	if err != nil {
		return err
	}
	batch.Queue(InsertOutbox, rows...)
	Announced(s)
	return nil
}

// outboxRows are the arguments of InsertOutbox.
func outboxRows(due *time.Time, work []task.Kind) ([]any, error) {
	var queues, kinds []string
	var payloads [][]byte
	var times []*time.Time
	for _, w := range work {
		payload, err := json.Marshal(w)
		if err != nil {
			return nil, fmt.Errorf("payload of %s: %w", w.Kind(), err)
		}
		queues, kinds = append(queues, w.Queue()), append(kinds, w.Kind())
		payloads, times = append(payloads, payload), append(times, due)
	}
	return []any{queues, kinds, payloads, times}, nil
}
