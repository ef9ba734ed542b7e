package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
)

// Failure is what became of a failed piece of work.
type Failure struct {
	Attempts int  // failed so far
	Dead     bool // out of attempts
}

const failTask = `
	UPDATE outbox
	SET attempts = attempts + 1,
		last_error = left($2, 2000),
		claimed_until = NULL,
		dead_at = CASE WHEN attempts + 1 >= $3 THEN now() END
	WHERE id = $1
		AND dead_at IS NULL
	RETURNING attempts, dead_at IS NOT NULL`

// FailTask counts a failed attempt; work that has failed limit times is dead from now on. It
// returns desk.ErrNotFound when the work is done or dead already.
func (s Keeper) FailTask(ctx context.Context, id desk.OutboxID, reason string, limit int) (Failure, error) {
	var f Failure
	if err := pg.Conn(s.DB).QueryRow(ctx, failTask, id, desk.Plain(reason), limit).Scan(&f.Attempts, &f.Dead); err != nil {
		return Failure{}, fmt.Errorf("fail work %d: %w", id, pg.Translate(err))
	}
	return f, nil
}

// ErrClaimed says that another worker is at the same piece of work right now.
var ErrClaimed = errors.New("another worker is at it")

const claimTask = `
	UPDATE outbox
	SET claimed_until = now() + $2::interval
	WHERE id = $1
		AND dead_at IS NULL
		AND (claimed_until IS NULL OR claimed_until < now())
	RETURNING true`

// ClaimTask reserves work whose effects a rollback can't undo, for as long as one attempt may
// take. It returns desk.ErrNotFound when the work is done, ErrClaimed when another worker is at it.
func (s Keeper) ClaimTask(ctx context.Context, id desk.OutboxID, span time.Duration) error {
	var ours bool
	err := pg.Translate(pg.Conn(s.DB).QueryRow(ctx, claimTask, id, span).Scan(&ours))
	if !errors.Is(err, desk.ErrNotFound) {
		return err
	}
	if err := s.StartTask(ctx, id); err != nil {
		return err
	}
	return ErrClaimed
}

// AnnouncedAt is when a task was announced: it is the same for all attempts.
func (s Keeper) AnnouncedAt(ctx context.Context, id desk.OutboxID) (time.Time, error) {
	return pg.Value[time.Time](ctx, s.DB, "task", `SELECT created_at FROM outbox WHERE id = $1`, id)
}

// ReleaseTask gives a claim back before its time.
func (s Keeper) ReleaseTask(ctx context.Context, id desk.OutboxID) error {
	_, err := pg.Conn(s.DB).Exec(ctx, `UPDATE outbox SET claimed_until = NULL WHERE id = $1`, id)
	return pg.Translate(err)
}

// Row is a row of the outbox as people see it.
type Row struct {
	ID         desk.OutboxID
	Queue      string
	Kind       string
	Payload    json.RawMessage
	Attempts   int
	LastError  *string
	ProcessAt  *time.Time
	EnqueuedAt *time.Time
	DeadAt     *time.Time
	CreatedAt  time.Time
}

const workRow = `
	SELECT id, queue, kind, payload, attempts, last_error, process_at, enqueued_at, dead_at, created_at
	FROM outbox`

// DeadWork returns work that is out of attempts, oldest first.
func (s Keeper) DeadWork(ctx context.Context, limit int) ([]Row, error) {
	return s.workRows(ctx, workRow+` WHERE dead_at IS NOT NULL ORDER BY id LIMIT $1`, limit)
}

// FailingWork returns work that failed and is going to be tried again, oldest first.
func (s Keeper) FailingWork(ctx context.Context, limit int) ([]Row, error) {
	return s.workRows(ctx, workRow+` WHERE attempts > 0 AND dead_at IS NULL ORDER BY id LIMIT $1`, limit)
}

// WaitingWork returns work that is still to be done, oldest first.
func (s Keeper) WaitingWork(ctx context.Context, limit int) ([]Row, error) {
	return s.workRows(ctx, workRow+` WHERE dead_at IS NULL ORDER BY id LIMIT $1`, limit)
}

func (s Keeper) workRows(ctx context.Context, sql string, limit int) ([]Row, error) {
	rows, _ := pg.Conn(s.DB).Query(ctx, sql, limit)
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Row])
	if err != nil {
		return nil, fmt.Errorf("list work: %w", pg.Translate(err))
	}
	return list, nil
}

// Failing work that a worker is at is left alone: it is locked, or claimed. Work that waits for its
// next attempt has a reminder in a queue; the new generation makes that one void.
const retryWork = `
	UPDATE outbox
	SET dead_at = NULL,
		enqueued_at = NULL,
		claimed_until = NULL,
		attempts = 0,
		payload = payload - 'hopeless',
		generation = generation + 1
	WHERE id = ANY(ARRAY(
		SELECT id
		FROM outbox
		WHERE (dead_at IS NOT NULL AND (cardinality($1::bigint[]) = 0 OR id = ANY($1)))
			OR (id = ANY($1) AND attempts > 0 AND (claimed_until IS NULL OR claimed_until < now()))
		FOR NO KEY UPDATE SKIP LOCKED))`

// RetryWork gives dead or failing work all its attempts again, beginning at once: the given rows,
// or without any all that is dead. It returns how many there were.
func (s Keeper) RetryWork(ctx context.Context, ids ...desk.OutboxID) (int, error) {
	return s.release(ctx, retryWork, append([]desk.OutboxID{}, ids...))
}

const dropWork = `
	DELETE FROM outbox
	WHERE id = ANY(ARRAY(
		SELECT id
		FROM outbox
		WHERE id = ANY($1)
			AND (dead_at IS NOT NULL OR attempts > 0 AND (claimed_until IS NULL OR claimed_until < now()))
		FOR UPDATE SKIP LOCKED))`

// DropWork deletes dead or failing work for good. It returns how many rows there were.
func (s Keeper) DropWork(ctx context.Context, ids ...desk.OutboxID) (int, error) {
	done, err := pg.Conn(s.DB).Exec(ctx, dropWork, ids)
	if err != nil {
		return 0, fmt.Errorf("drop work: %w", pg.Translate(err))
	}
	return int(done.RowsAffected()), nil
}

// Generation returns that of a piece of work, or desk.ErrNotFound when it is done. A task of
// another generation is void.
func (s Keeper) Generation(ctx context.Context, id desk.OutboxID) (generation int, err error) {
	err = pg.Conn(s.DB).QueryRow(ctx, `SELECT generation FROM outbox WHERE id = $1`, id).Scan(&generation)
	return generation, pg.Translate(err)
}

// Count says how much work a queue has.
type Count struct {
	Queue   string
	Waiting int // due and not done, also what is being worked on
	Later   int // due later
	Failing int // of Waiting and Later: failed before
	Dead    int
	Oldest  time.Duration // how long the oldest due piece has been waiting; 0: none
}

const workCounts = `
	SELECT queue,
		count(*) FILTER (WHERE dead_at IS NULL AND (process_at IS NULL OR process_at <= now())) AS waiting,
		count(*) FILTER (WHERE dead_at IS NULL AND process_at > now()) AS later,
		count(*) FILTER (WHERE dead_at IS NULL AND attempts > 0) AS failing,
		count(*) FILTER (WHERE dead_at IS NOT NULL) AS dead,
		greatest(now() - min(greatest(created_at, process_at)) FILTER (WHERE dead_at IS NULL), interval '0') AS oldest
	FROM outbox
	GROUP BY queue
	ORDER BY queue`

// WorkCounts counts the work of every queue that has any. It reads the whole outbox, which takes
// tens of milliseconds with 100,000 rows.
func (s Keeper) WorkCounts(ctx context.Context) ([]Count, error) {
	rows, _ := pg.Conn(s.DB).Query(ctx, workCounts)
	counts, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (c Count, err error) {
		var oldest *time.Duration
		err = r.Scan(&c.Queue, &c.Waiting, &c.Later, &c.Failing, &c.Dead, &oldest)
		if oldest != nil {
			c.Oldest = *oldest
		}
		return c, err
	})
	if err != nil {
		return nil, fmt.Errorf("count work: %w", pg.Translate(err))
	}
	return counts, nil
}
