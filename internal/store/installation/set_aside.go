package installation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
)

const (
	textIndexes = `
		SELECT pg_get_indexdef(i.indexrelid)
		FROM pg_index i
		JOIN pg_class c ON c.oid = i.indexrelid
		JOIN pg_am m ON m.oid = c.relam AND m.amname = 'gin'
		WHERE i.indrelid = ANY($1::text[]::regclass[])
		ORDER BY c.relname`
	dropFact = `DELETE FROM installation WHERE key = $1`
)

// factSetAside holds the definitions of indexes that are set aside.
const factSetAside = "indexes_set_aside"

// SetTextIndexesAside drops the indexes by which texts in some tables are found, until
// RestoreTextIndexes: to make them anew over millions of rows takes a tenth of the time that it
// takes to enter each row.
func (s Keeper) SetTextIndexesAside(ctx context.Context, tables ...string) error {
	return s.inTx(ctx, func(tx Keeper) error {
		rows, _ := pg.Conn(tx.DB).Query(ctx, textIndexes, tables)
		definitions, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil || len(definitions) == 0 {
			return pg.Translate(err)
		}
		fact, err := json.Marshal(definitions)
		if err != nil {
			return err
		}
		if err := tx.PutFact(ctx, factSetAside, string(fact)); err != nil {
			return err
		}
		for _, definition := range definitions {
			if err := pg.Exec(ctx, tx.DB, "set an index aside", `DROP INDEX `+indexName(definition)); err != nil {
				return err
			}
		}
		return nil
	})
}

// indexName is that in a definition: CREATE INDEX name ON …
func indexName(definition string) string { return strings.Fields(definition)[2] }

// RestoreTextIndexes makes the indexes again that were set aside, if there are any: be it by a
// process that did not live to do it.
func (s Keeper) RestoreTextIndexes(ctx context.Context) error {
	fact, err := s.Fact(ctx, factSetAside)
	if errors.Is(err, desk.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	var definitions []string
	if err := json.Unmarshal([]byte(fact), &definitions); err != nil {
		return fmt.Errorf("indexes that were set aside: %w", err)
	}
	return s.inTx(ctx, func(tx Keeper) error {
		if err := pg.Exec(ctx, tx.DB, "memory for indexes", `SET LOCAL maintenance_work_mem = '256MB'`); err != nil {
			return err
		}
		for _, definition := range definitions {
			definition = strings.Replace(definition, "CREATE INDEX ", "CREATE INDEX IF NOT EXISTS ", 1)
			if err := pg.Exec(ctx, tx.DB, "restore an index", definition); err != nil {
				return err
			}
		}
		return pg.Exec(ctx, tx.DB, "forget indexes set aside", dropFact, factSetAside)
	})
}
