package signin

import (
	"context"
	"time"

	"postroom/internal/store/pg"
)

// The keys are locked in one order, so that two requests can't wait for each other.
const countAttempts = `
	WITH counted AS (
		INSERT INTO throttles AS t (key, attempts, expires_at)
		SELECT key, 1, now() + $2::interval
		FROM unnest($1::bytea[]) key
		GROUP BY key
		ORDER BY key
		ON CONFLICT (key) DO UPDATE
		SET attempts = CASE WHEN t.expires_at <= now() THEN 1 ELSE t.attempts + 1 END,
			expires_at = CASE WHEN t.expires_at <= now() THEN excluded.expires_at ELSE t.expires_at END
		RETURNING attempts
	)
	SELECT coalesce(max(attempts), 0)
	FROM counted`

// CountAttempts counts an attempt under each key and returns the highest count: of this one and
// those since the first that is no longer ago than within.
func (s Keeper) CountAttempts(ctx context.Context, keys [][]byte, within time.Duration) (int, error) {
	return pg.Value[int](ctx, s.DB, "count attempts", countAttempts, keys, within)
}

// Attempts returns how often each key was counted since its first attempt that still counts.
func (s Keeper) Attempts(ctx context.Context, keys [][]byte) ([]int, error) {
	return pg.Column[int](ctx, s.DB, "look at attempts", `
		SELECT coalesce((SELECT attempts FROM throttles t WHERE t.key = wanted.key AND expires_at > now()), 0)
		FROM unnest($1::bytea[]) WITH ORDINALITY wanted (key, position)
		ORDER BY position`, keys)
}
