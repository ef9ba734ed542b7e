package pg

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// ByID reads rows as a map.
func ByID[K comparable, V any](ctx context.Context, s *DB, sql string, id func(V) K, args ...any) (map[K]V, error) {
	list, err := Many[V](ctx, s, "list", sql, args...)
	all := make(map[K]V, len(list))
	for _, v := range list {
		all[id(v)] = v
	}
	return all, err
}

// One reads the one row with an id.
func One[T any](ctx context.Context, s *DB, sql, class string, id int64) (T, error) {
	rows, _ := s.db.Query(ctx, sql, id)
	found, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[T])
	if err != nil {
		return found, Missing(class, id, err)
	}
	return found, nil
}

// Many reads rows. what says what they are, for the error.
func Many[T any](ctx context.Context, s *DB, what, sql string, args ...any) ([]T, error) {
	rows, _ := s.db.Query(ctx, sql, args...)
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[T])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, Translate(err))
	}
	return found, nil
}

// Keyed reads rows that begin with a key, whose other columns go where fields says.
func Keyed[K comparable, V any](ctx context.Context, s *DB, what, sql string, fields func(*V) []any, args ...any) (map[K]V, error) {
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
		return nil, fmt.Errorf("%s: %w", what, Translate(err))
	}
	return all, nil
}

// Whole is for rows of a key and one other column.
func Whole[V any](v *V) []any { return []any{v} }

// Value reads the one column of the one row there is.
func Value[T any](ctx context.Context, s *DB, what, sql string, args ...any) (found T, err error) {
	if err := s.db.QueryRow(ctx, sql, args...).Scan(&found); err != nil {
		return found, fmt.Errorf("%s: %w", what, Translate(err))
	}
	return found, nil
}

// Column collects the rows of a query that have but one column.
func Column[T any](ctx context.Context, s *DB, what, sql string, args ...any) ([]T, error) {
	rows, _ := s.db.Query(ctx, sql, args...)
	found, err := pgx.CollectRows(rows, pgx.RowTo[T])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, Translate(err))
	}
	return found, nil
}

// Count counts the rows of a SELECT.
func Count(ctx context.Context, s *DB, sql string, args ...any) (int, error) {
	return Value[int](ctx, s, "count", `SELECT count(*) FROM (`+sql+`) counted`, args...)
}

// Exec runs a statement whose result does not matter. what says what it does, for the error.
func Exec(ctx context.Context, s *DB, what, sql string, args ...any) error {
	if _, err := s.db.Exec(ctx, sql, args...); err != nil {
		return fmt.Errorf("%s: %w", what, Translate(err))
	}
	return nil
}

// DeleteRow deletes one row by its id, or says that there is none.
func DeleteRow(ctx context.Context, s *DB, table, class string, id int64) error {
	tag, err := s.db.Exec(ctx, `DELETE FROM `+pgx.Identifier{table}.Sanitize()+` WHERE id = $1`, id)
	if err == nil && tag.RowsAffected() == 0 {
		err = pgx.ErrNoRows
	}
	if err != nil {
		return Missing(class, id, err)
	}
	return nil
}

// Containing makes a pattern for ILIKE that finds a text as it was typed.
func Containing(text string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text) + "%"
}

// Collect reads rows of two columns into a map.
func Collect[K comparable, V any](into map[K]V) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		var key K
		var value V
		_, err := pgx.ForEachRow(rows, []any{&key, &value}, func() error { into[key] = value; return nil })
		return err
	}
}

// Distinct returns each value once, in no order.
func Distinct[T comparable](values []T) []T {
	set := make(map[T]bool, len(values))
	for _, value := range values {
		set[value] = true
	}
	return slices.Collect(maps.Keys(set))
}

// Existing returns those of the ids that are in a table.
func Existing[T ~int64](ctx context.Context, s *DB, table string, ids []T) (map[T]bool, error) {
	return Keyed[T](ctx, s, "ids in "+table, `SELECT id, true FROM `+pgx.Identifier{table}.Sanitize()+` WHERE id = ANY($1)`, Whole[bool], ids)
}
