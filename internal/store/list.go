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

// many reads rows. what says what they are, for the error.
func many[T any](ctx context.Context, s *Store, what, sql string, args ...any) ([]T, error) {
	rows, _ := s.db.Query(ctx, sql, args...)
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[T])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, translate(err))
	}
	return found, nil
}

// keyed reads rows that begin with a key, whose other columns go where fields says.
func keyed[K comparable, V any](ctx context.Context, s *Store, what, sql string, fields func(*V) []any, args ...any) (map[K]V, error) {
	rows, _ := s.db.Query(ctx, sql, args...)
	all := map[K]V{}
	_, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (none struct{}, err error) {
		var key K
		var value V
		err = row.Scan(append([]any{&key}, fields(&value)...)...)
		all[key] = value
		return none, err
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, translate(err))
	}
	return all, nil
}

// whole is for rows of a key and one other column.
func whole[V any](v *V) []any { return []any{v} }

// value reads the one column of the one row there is.
func value[T any](ctx context.Context, s *Store, what, sql string, args ...any) (found T, err error) {
	if err := s.db.QueryRow(ctx, sql, args...).Scan(&found); err != nil {
		return found, fmt.Errorf("%s: %w", what, translate(err))
	}
	return found, nil
}

// column collects the rows of a query that have but one column.
func column[T any](ctx context.Context, s *Store, what, sql string, args ...any) ([]T, error) {
	rows, _ := s.db.Query(ctx, sql, args...)
	found, err := pgx.CollectRows(rows, pgx.RowTo[T])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, translate(err))
	}
	return found, nil
}

// count counts the rows of a SELECT.
func (s *Store) count(ctx context.Context, sql string, args ...any) (int, error) {
	return value[int](ctx, s, "count", `SELECT count(*) FROM (`+sql+`) counted`, args...)
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
