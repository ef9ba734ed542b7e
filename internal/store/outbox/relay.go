package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
)

// NotifyAll is the payload of a notification on OutboxChannel that asks the relay to look at all
// pending rows, also at old ones.
const NotifyAll = "all"

// Work is a row of the outbox on its way to a queue.
type Work struct {
	ID         desk.OutboxID
	Generation int
	Queue      string
	Kind       string
	Payload    []byte // JSON
	ProcessAt  *time.Time
	EnqueuedAt *time.Time
}

const pendingWork = `
	SELECT id, generation, queue, kind, payload, process_at, enqueued_at
	FROM outbox
	WHERE enqueued_at IS NULL
		AND dead_at IS NULL
		AND id > $1
	ORDER BY id
	LIMIT $2`

// PendingWork returns rows that no queue has yet, oldest first, from those with an id above after.
func (s Keeper) PendingWork(ctx context.Context, after desk.OutboxID, limit int) ([]Work, error) {
	rows, _ := pg.Conn(s.DB).Query(ctx, pendingWork, pg.Planned, after, limit)
	work, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Work])
	if err != nil {
		return nil, fmt.Errorf("pending work: %w", pg.Translate(err))
	}
	return work, nil
}

// A row that a worker has locked is left out: the worker may hold it for long, and most likely
// ends by deleting it.
const markEnqueued = `
	UPDATE outbox
	SET enqueued_at = now()
	WHERE id = ANY(ARRAY(
		SELECT id
		FROM outbox
		WHERE id = ANY($1)
			AND enqueued_at IS NULL
			AND dead_at IS NULL
		FOR NO KEY UPDATE SKIP LOCKED))
	RETURNING id`

// MarkEnqueued notes that a queue has these rows. It returns those it could mark; the others are
// done already or being worked on.
func (s Keeper) MarkEnqueued(ctx context.Context, work []Work) ([]desk.OutboxID, error) {
	ids, _ := keys(work)
	rows, _ := pg.Conn(s.DB).Query(ctx, markEnqueued, pg.Planned, ids)
	marked, err := pgx.CollectRows(rows, pgx.RowTo[desk.OutboxID])
	if err != nil {
		return nil, fmt.Errorf("mark %d rows enqueued: %w", len(work), pg.Translate(err))
	}
	return marked, nil
}

const enqueuedWork = `
	SELECT id, generation, queue, kind, payload, process_at, enqueued_at
	FROM outbox
	WHERE enqueued_at IS NOT NULL
		AND dead_at IS NULL
		AND (enqueued_at, id) > ($1, $2)
		AND enqueued_at < now() - $3::interval
	ORDER BY enqueued_at, id
	LIMIT $4`

// EnqueuedWork returns rows that a queue has had for at least age, longest first, from those after
// the given row (the zero Work: from the start).
func (s Keeper) EnqueuedWork(ctx context.Context, after Work, age time.Duration, limit int) ([]Work, error) {
	since := time.Time{}
	if after.EnqueuedAt != nil {
		since = *after.EnqueuedAt
	}
	rows, _ := pg.Conn(s.DB).Query(ctx, enqueuedWork, pg.Planned, since, after.ID, age, limit)
	work, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Work])
	if err != nil {
		return nil, fmt.Errorf("enqueued work: %w", pg.Translate(err))
	}
	return work, nil
}

const putBack = `
	UPDATE outbox
	SET enqueued_at = NULL
	WHERE id = ANY(ARRAY(
		SELECT id
		FROM outbox
		WHERE id = ANY($1)
			AND enqueued_at IS NOT NULL
			AND dead_at IS NULL
		FOR NO KEY UPDATE SKIP LOCKED))`

// PutBack makes rows pending again whose task no queue knows any more. It returns how many.
func (s Keeper) PutBack(ctx context.Context, work []Work) (int, error) {
	ids, _ := keys(work)
	return s.release(ctx, putBack, pg.Planned, ids)
}

// Rows that are locked are being worked on by somebody alive, whatever the queue lost.
const putBackAll = `
	UPDATE outbox
	SET enqueued_at = NULL
	WHERE id = ANY(ARRAY(
		SELECT id
		FROM outbox
		WHERE enqueued_at <= $1
			AND dead_at IS NULL
		ORDER BY enqueued_at, id
		LIMIT 5000
		FOR NO KEY UPDATE SKIP LOCKED))`

// PutBackAll makes every live row pending again, because the queues lost everything. It returns
// how many.
func (s Keeper) PutBackAll(ctx context.Context) (int, error) {
	var now time.Time // the database's: only rows enqueued before we began, or we would never end
	if err := pg.Conn(s.DB).QueryRow(ctx, `SELECT now()`).Scan(&now); err != nil {
		return 0, pg.Translate(err)
	}
	total := 0
	for {
		n, err := s.release(ctx, putBackAll, pg.Planned, now)
		total += n
		if n == 0 || err != nil {
			return total, err
		}
	}
}

// The new generation is a new task id: what is left of the old task can't get into its way. The
// loss counts as an attempt, or a message that kills its process would do so for ever: at the limit
// its task only asks to give it up (`hopeless`), and if even that is lost the row is dead.
const putBackLost = `
	WITH live AS (
		SELECT o.id, o.generation
		FROM unnest($1::bigint[], $2::integer[]) AS lost (id, generation)
		JOIN outbox o ON o.id = lost.id AND o.generation = lost.generation
		WHERE o.dead_at IS NULL
	), free AS (
		SELECT o.id
		FROM live
		JOIN outbox o ON o.id = live.id AND o.generation = live.generation
		WHERE o.dead_at IS NULL
		FOR NO KEY UPDATE OF o SKIP LOCKED
	), changed AS (
		UPDATE outbox
		SET enqueued_at = NULL,
			claimed_until = NULL,
			generation = outbox.generation + 1,
			attempts = outbox.attempts + 1,
			last_error = 'The worker died or lost its connection.',
			payload = CASE WHEN outbox.attempts + 1 >= $3 THEN outbox.payload || '{"hopeless":true}' ELSE outbox.payload END,
			dead_at = CASE WHEN outbox.payload ? 'hopeless' THEN now() END
		FROM free
		WHERE outbox.id = free.id
		RETURNING outbox.id
	)
	SELECT id, EXISTS (SELECT FROM changed WHERE changed.id = live.id)
	FROM live`

// PutBackLost makes rows pending again whose worker died. A row with limit attempts comes back as
// hopeless: its payload says so.
// A row that is locked is left alone and returned: its worker lives after all.
func (s Keeper) PutBackLost(ctx context.Context, work []Work, limit int) (changed int, busy []desk.OutboxID, err error) {
	ids, generations := keys(work)
	rows, _ := pg.Conn(s.DB).Query(ctx, putBackLost, pg.Planned, ids, generations, limit)
	var id desk.OutboxID
	var free bool
	_, err = pgx.ForEachRow(rows, []any{&id, &free}, func() error {
		if free {
			changed++
		} else {
			busy = append(busy, id)
		}
		return nil
	})
	if err != nil {
		return 0, nil, fmt.Errorf("put lost work back: %w", pg.Translate(err))
	}
	if changed > 0 {
		s.wakeRelay(ctx)
	}
	return changed, busy, nil
}

// release runs a statement that makes rows pending and wakes the relay if there were any.
func (s Keeper) release(ctx context.Context, sql string, args ...any) (int, error) {
	done, err := pg.Conn(s.DB).Exec(ctx, sql, args...)
	if err != nil {
		return 0, fmt.Errorf("put work back: %w", pg.Translate(err))
	}
	if done.RowsAffected() > 0 {
		s.wakeRelay(ctx)
	}
	return int(done.RowsAffected()), nil
}

// wakeRelay makes the relay look at all rows at once. Should it fail, the relay finds them a few
// seconds later.
func (s Keeper) wakeRelay(ctx context.Context) {
	_, _ = pg.Pool(s.DB).Exec(ctx, "SELECT pg_notify($1, $2)", pg.OutboxChannel, NotifyAll)
}

func keys(work []Work) (ids []desk.OutboxID, generations []int) {
	for _, w := range work {
		ids, generations = append(ids, w.ID), append(generations, w.Generation)
	}
	return ids, generations
}
