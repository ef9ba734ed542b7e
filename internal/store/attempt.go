package store

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// Attempt runs fn inside a transaction so that it may fail: what it did is then undone, and the
// transaction goes on as if it had not been tried.
func (s *Store) Attempt(ctx context.Context, fn func(tx *Store) error) error {
	err := pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error {
		inner := *s
		inner.db = tx
		return fn(&inner)
	})
	return translate(err)
}
