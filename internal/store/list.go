package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// one reads the one row with an id.
func one[T any](ctx context.Context, s *Store, sql, class string, id int64) (T, error) {
	rows, _ := s.db.Query(ctx, sql, id)
	found, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[T])
	if err != nil {
		return found, missing(class, id, err)
	}
	return found, nil
}

// count counts the rows of a SELECT.
func (s *Store) count(ctx context.Context, sql string, args ...any) (n int, err error) {
	if err := s.db.QueryRow(ctx, `SELECT count(*) FROM (`+sql+`) counted`, args...).Scan(&n); err != nil {
		return 0, fmt.Errorf("count: %w", translate(err))
	}
	return n, nil
}

// exec runs a statement whose result does not matter. what says what it does, for the error.
func (s *Store) exec(ctx context.Context, what, sql string, args ...any) error {
	if _, err := s.db.Exec(ctx, sql, args...); err != nil {
		return fmt.Errorf("%s: %w", what, translate(err))
	}
	return nil
}

// deleteRow deletes one row by its id, or says that there is none.
func (s *Store) deleteRow(ctx context.Context, table, class string, id int64) error {
	tag, err := s.db.Exec(ctx, `DELETE FROM `+pgx.Identifier{table}.Sanitize()+` WHERE id = $1`, id)
	if err == nil && tag.RowsAffected() == 0 {
		err = pgx.ErrNoRows
	}
	if err != nil {
		return missing(class, id, err)
	}
	return nil
}

// containing makes a pattern for ILIKE that finds a text as it was typed.
func containing(text string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text) + "%"
}
