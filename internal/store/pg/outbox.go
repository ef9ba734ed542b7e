package pg

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

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
	if _, err := s.db.Exec(ctx, InsertOutbox, queues, kinds, payloads, times); err != nil {
		return fmt.Errorf("announce work: %w", Translate(err))
	}
	if s.wrote == nil {
		s.work.announce()
		return nil
	}
	*s.wrote = true
	return nil
}
