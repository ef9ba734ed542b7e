package indexing

import (
	"context"
	"fmt"
	"time"

	"postroom/internal/store/pg"
)

// SearchIndex is an index that is kept up to date.
type SearchIndex struct {
	Name       string
	Object     string
	Serving    bool  // else it is being built
	AfterID    int64 // every record up to this one is in it
	Documents  int64
	Rejected   int64
	StartedAt  time.Time
	FinishedAt *time.Time
}

const searchIndexes = `
	SELECT name, object, serving, after_id, documents, rejected, started_at, finished_at
	FROM search_indexes`

// SearchIndexes returns the indexes whose names begin so: those of one installation's prefix.
func (s Keeper) SearchIndexes(ctx context.Context, prefix string) ([]SearchIndex, error) {
	return pg.Many[SearchIndex](ctx, s.DB, "search indexes", searchIndexes+`
		WHERE starts_with(name, $1)
		ORDER BY object, serving`, prefix)
}

// ServingIndex returns the name of the index that searches for a kind are answered by; empty: none is
// complete.
func (s Keeper) ServingIndex(ctx context.Context, object string) (string, error) {
	return pg.Value[string](ctx, s.DB, "serving index", `
		SELECT coalesce((SELECT name FROM search_indexes WHERE object = $1 AND serving), '')`, object)
}

// AddSearchIndex notes that an index is being built. From now on every change reaches it too. One
// that was being built before for the same kind is forgotten.
func (s Keeper) AddSearchIndex(ctx context.Context, name, object string) error {
	return pg.Exec(ctx, s.DB, "add search index", `
		WITH forgotten AS (DELETE FROM search_indexes WHERE object = $2 AND NOT serving AND name <> $1 RETURNING 1)
		INSERT INTO search_indexes (name, object)
		SELECT $1, $2 WHERE (SELECT count(*) FROM forgotten) >= 0
		ON CONFLICT (name) DO NOTHING`, name, object)
}

// NoteSearchProgress says how far the building of an index is.
func (s Keeper) NoteSearchProgress(ctx context.Context, name string, afterID int64, written, rejected int) error {
	return pg.Exec(ctx, s.DB, "progress of search index", `
		UPDATE search_indexes
		SET after_id = greatest(after_id, $2), documents = documents + $3, rejected = rejected + $4
		WHERE name = $1`, name, afterID, written, rejected)
}

// ServeSearchIndex lets an index that was built take the place of the one that served.
func (s Keeper) ServeSearchIndex(ctx context.Context, name string) error {
	return s.InTx(ctx, func(db *pg.DB) error {
		err := pg.Exec(ctx, db, "replace search index", `
			DELETE FROM search_indexes
			WHERE serving AND name <> $1 AND object = (SELECT object FROM search_indexes WHERE name = $1)`, name)
		if err != nil {
			return err
		}
		return pg.Exec(ctx, db, "serve search index", `
			UPDATE search_indexes SET serving = true, finished_at = now() WHERE name = $1`, name)
	})
}

// ForgetSearchIndex says that an index is no longer there.
func (s Keeper) ForgetSearchIndex(ctx context.Context, name string) error {
	return pg.Exec(ctx, s.DB, "forget search index", `DELETE FROM search_indexes WHERE name = $1`, name)
}

// searched are the tables whose rows have documents, by the name of the index.
var searched = map[string]string{
	"ticket": "tickets", "ticket_priority": "ticket_priorities", "ticket_state": "ticket_states", "user": "users",
	"organization": "organizations", "group": "groups", "cti_log": "cti_logs", "chat_session": "chat_sessions",
	"knowledge_base_translation":          "knowledge_base_translations",
	"knowledge_base_answer_translation":   "knowledge_base_answer_translations",
	"knowledge_base_category_translation": "knowledge_base_category_translations",
}

// SearchedIDs returns the ids of the records of a kind that come after an id.
func (s Keeper) SearchedIDs(ctx context.Context, object string, after int64, limit int) ([]int64, error) {
	table, known := searched[object]
	if !known {
		return nil, nil
	}
	return pg.Column[int64](ctx, s.DB, "ids of "+table, `
		SELECT id
		FROM `+table+`
		WHERE id > $1
		ORDER BY id
		LIMIT $2`, after, limit)
}

// CountSearched counts the records of a kind that come after an id.
func (s Keeper) CountSearched(ctx context.Context, object string, after int64) (int64, error) {
	table, known := searched[object]
	if !known {
		return 0, nil
	}
	n, err := pg.Value[int64](ctx, s.DB, "count "+table, `SELECT count(*) FROM `+table+` WHERE id > $1`, after)
	if err != nil {
		return 0, fmt.Errorf("records of %s: %w", object, err)
	}
	return n, nil
}
