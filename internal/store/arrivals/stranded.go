package arrivals

import (
	"context"
	"fmt"
	"time"

	"postroom/internal/store/pg"
	"postroom/jobs/task"
)

// Messages without work can only come from a mistake: a restored backup, rows deleted by hand, a
// bug. Those that wait for a parent are looked at again too: should the parent have ended without
// waking them, they go on now; else they wait again. The indexes on message_id_md5 and
// on conversation know what is still received: a message of mail has the one, of a messenger the other.
const announceStranded = `
	INSERT INTO outbox (queue, kind, payload)
	SELECT $1, $2, jsonb_build_object('inbound_id', i.id)
	FROM (
		SELECT id, received_at FROM inbound_messages WHERE state = 'received' AND message_id_md5 IS NOT NULL
		UNION ALL
		SELECT id, received_at FROM inbound_messages WHERE state = 'received' AND conversation IS NOT NULL) i
	WHERE i.received_at < now() - $3::interval
		AND NOT EXISTS (
			SELECT
			FROM outbox o
			WHERE o.kind = $2
				AND (o.payload->>'inbound_id')::bigint = i.id)
	ORDER BY i.id
	LIMIT 1000`

// AnnounceStranded announces received messages older than age for which no work is announced. It
// returns how many there were.
func (s Keeper) AnnounceStranded(ctx context.Context, age time.Duration) (int, error) {
	work := task.MessageReceived{}
	tag, err := pg.Conn(s.DB).Exec(ctx, announceStranded, pg.Planned, work.Queue(), work.Kind(), age)
	if err != nil {
		return 0, fmt.Errorf("announce stranded messages: %w", pg.Translate(err))
	}
	if tag.RowsAffected() > 0 {
		pg.Announced(s.DB)
	}
	return int(tag.RowsAffected()), nil
}
