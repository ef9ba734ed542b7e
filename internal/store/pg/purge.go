package pg

import (
	"context"
	"fmt"
)

// Purge runs a deletion of at most $1 rows until there are no more to delete, so that no
// transaction holds many at once.
func Purge(ctx context.Context, s *DB, what, sql string) (int, error) {
	const atOnce = 5000
	for total := 0; ; {
		tag, err := s.db.Exec(ctx, sql, atOnce)
		if err != nil {
			return total, fmt.Errorf("purge %s: %w", what, Translate(err))
		}
		total += int(tag.RowsAffected())
		if tag.RowsAffected() < atOnce {
			return total, nil
		}
	}
}

// SweepAtOnce bounds what one statement of a sweep deletes: the locks of a larger one would be in
// the way of those who work.
const SweepAtOnce = 1000

// Sweep runs a statement that deletes at most $1 rows until it finds fewer.
func Sweep(ctx context.Context, s *DB, sql string, args ...any) (int, error) {
	total := 0
	for {
		tag, err := s.db.Exec(ctx, sql, append([]any{SweepAtOnce}, args...)...)
		if err != nil {
			return total, fmt.Errorf("sweep: %w", Translate(err))
		}
		n := int(tag.RowsAffected())
		if total += n; n < SweepAtOnce {
			return total, nil
		}
	}
}
