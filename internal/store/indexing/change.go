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
	Wide     bool // also the documents that hold it
}

// Rows that another worker has taken are left to it. Whoever fails gives them back by rolling back.
const takeChanges = `
	WITH taken AS (
		DELETE FROM search_changes
		WHERE id = ANY(ARRAY(
			SELECT id
			FROM search_changes
			ORDER BY id
			LIMIT $1
			FOR UPDATE SKIP LOCKED))
		RETURNING object, object_id, wide
	)
	SELECT object, object_id, bool_or(wide) AS wide
	FROM taken
	GROUP BY object, object_id
	ORDER BY object, object_id`

// TakeSearchChanges takes the oldest changes away, each record once.
func (s Keeper) TakeSearchChanges(ctx context.Context, limit int) ([]SearchChange, error) {
	return pg.Many[SearchChange](ctx, s.DB, "search changes", takeChanges, limit)
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

// SpreadSearchChange notes a change of all documents that hold some records.
func (s Keeper) SpreadSearchChange(ctx context.Context, object string, ids []int64) error {
	holders, held := spreadChanges[object]
	if !held || len(ids) == 0 {
		return nil
	}
	return pg.Exec(ctx, s.DB, "spread change of "+object, `INSERT INTO search_changes (object, object_id) `+holders, ids)
}

// WakeSearch lets a worker look for changes that nobody was told of: it was committed while the
// worker that was meant to see it had already looked. It returns 1 if there were any.
//
// Without a search engine nobody notes what changes, so an index that was being built then must not be
// gone on with: it would lack that for ever.
func (s Keeper) WakeSearch(ctx context.Context) (int, error) {
	woken, err := pg.Value[bool](ctx, s.DB, "wake search", `
		WITH outdated AS (
			DELETE FROM search_indexes
			WHERE NOT serving AND NOT search_engine_set()
		)
		SELECT CASE WHEN EXISTS (SELECT FROM search_changes) THEN wake_search() ELSE false END`)
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
