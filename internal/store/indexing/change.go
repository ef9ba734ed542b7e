package indexing

import (
	"context"
	"time"

	"postroom/internal/store/pg"
)

// SearchChange is a record whose document is out of date.
type SearchChange struct {
	Object   string
	ObjectID int64
	Wide     bool    // also the documents that hold it
	Rows     []int64 // that say so
}

// Rows that another worker has claimed are left to it, until its time is over.
const claimChanges = `
	WITH claimed AS (
		UPDATE search_changes
		SET claimed_until = now() + $3::interval
		WHERE id = ANY(ARRAY(
				SELECT id
				FROM search_changes
				WHERE NOT later AND (claimed_until IS NULL OR claimed_until < now())
				ORDER BY id
				LIMIT $1
				FOR UPDATE SKIP LOCKED)
			|| ARRAY(
				SELECT id
				FROM search_changes
				WHERE later AND (claimed_until IS NULL OR claimed_until < now())
				ORDER BY id
				LIMIT $2
				FOR UPDATE SKIP LOCKED))
		RETURNING id, object, object_id, wide
	)
	SELECT object, object_id, bool_or(wide) AS wide, array_agg(id) AS rows
	FROM claimed
	GROUP BY object, object_id
	ORDER BY object, object_id`

// ClaimSearchChanges returns the oldest changes for nobody else to work on for a while, each record once: so
// many rows of those that people made, and so many of those that were spread.
func (s Keeper) ClaimSearchChanges(ctx context.Context, fresh, spread int, span time.Duration) ([]SearchChange, error) {
	return pg.Many[SearchChange](ctx, s.DB, "search changes", claimChanges, fresh, spread, span)
}

// FinishSearchChanges takes away rows whose documents are written.
func (s Keeper) FinishSearchChanges(ctx context.Context, rows []int64) error {
	return pg.Exec(ctx, s.DB, "finish search changes", `DELETE FROM search_changes WHERE id = ANY($1)`, rows)
}

// ReleaseSearchChanges leaves rows to whoever comes next.
func (s Keeper) ReleaseSearchChanges(ctx context.Context, rows []int64) error {
	return pg.Exec(ctx, s.DB, "release search changes", `UPDATE search_changes SET claimed_until = NULL WHERE id = ANY($1)`, rows)
}

// SearchVersion draws the version of documents whose records are read from now on.
func (s Keeper) SearchVersion(ctx context.Context) (int64, error) {
	return pg.Value[int64](ctx, s.DB, "search version", `SELECT nextval('search_versions')`)
}

// Whoever wrote a ticket stands in its document too, but a ticket of which only that changed is not
// read again for it: there is no end to the tickets that somebody ever wrote.
var spreadChanges = map[string]string{
	"user": `
		SELECT 'ticket', id FROM tickets WHERE customer_id = ANY($1)
		UNION
		SELECT 'ticket', id FROM tickets WHERE owner_id = ANY($1) AND owner_id <> 1
		UNION
		SELECT 'organization', organization_id FROM users WHERE id = ANY($1) AND organization_id IS NOT NULL
		UNION
		SELECT 'chat_session', id FROM chat_sessions WHERE user_id = ANY($1)`,
	"organization": `
		SELECT 'ticket', id FROM tickets WHERE organization_id = ANY($1)
		UNION ALL
		SELECT 'user', id FROM users WHERE organization_id = ANY($1)`,
	"group":           `SELECT 'ticket', id FROM tickets WHERE group_id = ANY($1)`,
	"ticket_state":    `SELECT 'ticket', id FROM tickets WHERE state_id = ANY($1)`,
	"ticket_priority": `SELECT 'ticket', id FROM tickets WHERE priority_id = ANY($1)`,
}

// SpreadSearchChange notes a change of all documents that hold some records. There may be very many: what
// people change meanwhile does not wait for them.
func (s Keeper) SpreadSearchChange(ctx context.Context, object string, ids []int64) error {
	holders, held := spreadChanges[object]
	if !held || len(ids) == 0 {
		return nil
	}
	return pg.Exec(ctx, s.DB, "spread change of "+object, `
		INSERT INTO search_changes (object, object_id, later)
		SELECT held.*, true FROM (`+holders+`) AS held`, ids)
}

// WakeSearch lets a worker look for changes that nobody was told of: it was committed while the
// worker that was meant to see it had already looked, or whoever claimed it has died. It returns 1 if
// there were any.
func (s Keeper) WakeSearch(ctx context.Context) (int, error) {
	woken, err := pg.Value[bool](ctx, s.DB, "wake search", `
		SELECT CASE
			WHEN EXISTS (SELECT FROM search_changes WHERE claimed_until IS NULL OR claimed_until < now()) THEN wake_search()
			ELSE false
		END`)
	if woken {
		return 1, err
	}
	return 0, err
}

// SearchBacklog says how many changes wait, and for how long the oldest.
func (s Keeper) SearchBacklog(ctx context.Context) (waiting int, oldest time.Duration, err error) {
	waiting, err = pg.Value[int](ctx, s.DB, "search backlog", `SELECT count(*) FROM search_changes`)
	if err != nil || waiting == 0 {
		return waiting, 0, err
	}
	oldest, err = pg.Value[time.Duration](ctx, s.DB, "search backlog", `
		SELECT coalesce(clock_timestamp() - min(created_at), interval '0') FROM search_changes`)
	return waiting, oldest, err
}
