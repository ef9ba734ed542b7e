package store

import (
	"context"
	"fmt"
	"time"

	"postroom/jobs/task"
)

const purgeTokens = `
	DELETE FROM tokens
	WHERE expires_at < now() - interval '1 day'
		OR (NOT persistent AND coalesce(last_used_at, created_at) < now() - interval '30 days')`

// PurgeTokens deletes tokens that can't be used any more. It returns how many.
func (s *Store) PurgeTokens(ctx context.Context) (int, error) {
	tag, err := s.db.Exec(ctx, purgeTokens)
	if err != nil {
		return 0, fmt.Errorf("purge tokens: %w", translate(err))
	}
	return int(tag.RowsAffected()), nil
}

// Messages without work can only come from a mistake: a restored backup, rows deleted by hand, a
// bug. Those that wait for a parent are looked at again too: should the parent have ended without
// waking them, they go on now; else they wait again. The index on message_id_md5 is the one that
// knows what is still received.
const announceStranded = `
	INSERT INTO outbox (queue, kind, payload)
	SELECT $1, $2, jsonb_build_object('inbound_id', i.id)
	FROM inbound_messages i
	WHERE i.state = 'received'
		AND i.message_id_md5 IS NOT NULL
		AND i.received_at < now() - $3::interval
		AND NOT EXISTS (
			SELECT
			FROM outbox o
			WHERE o.kind = $2
				AND (o.payload->>'inbound_id')::bigint = i.id)
	ORDER BY i.id
	LIMIT 1000`

// AnnounceStranded announces received messages older than age for which no work is announced. It
// returns how many there were.
func (s *Store) AnnounceStranded(ctx context.Context, age time.Duration) (int, error) {
	work := task.MessageReceived{}
	tag, err := s.db.Exec(ctx, announceStranded, planned, work.Queue(), work.Kind(), age)
	if err != nil {
		return 0, fmt.Errorf("announce stranded messages: %w", translate(err))
	}
	if tag.RowsAffected() > 0 {
		s.announced()
	}
	return int(tag.RowsAffected()), nil
}
