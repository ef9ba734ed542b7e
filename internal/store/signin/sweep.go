package signin

import (
	"context"
	"time"

	"postroom/internal/store/pg"
)

// Of what is over, some is kept for a while: a code or token that turns up a second time then tells
// that it was stolen.
const keptAfter = 30 * 24 * time.Hour

// SweepSignIns deletes sessions, codes, tokens and counts that are over. It returns how many.
func (s Keeper) SweepSignIns(ctx context.Context) (int, error) {
	total := 0
	for _, sweep := range []struct {
		sql  string
		args []any
	}{
		{`DELETE FROM sessions
			WHERE id IN (SELECT id FROM sessions WHERE expires_at < now() ORDER BY expires_at LIMIT $1)`, nil},
		{`DELETE FROM throttles
			WHERE key IN (SELECT key FROM throttles WHERE expires_at < now() ORDER BY expires_at LIMIT $1)`, nil},
		{`DELETE FROM account_links
			WHERE state_hash IN (SELECT state_hash FROM account_links WHERE expires_at < now() ORDER BY expires_at LIMIT $1)`, nil},
		{`DELETE FROM sign_in_attempts
			WHERE state_hash IN (SELECT state_hash FROM sign_in_attempts WHERE expires_at < now() ORDER BY expires_at LIMIT $1)`, nil},
		{`DELETE FROM oauth_access_tokens
			WHERE id IN (
				SELECT id
				FROM oauth_access_tokens
				WHERE (revoked_at IS NOT NULL OR refresh_hash IS NULL) AND coalesce(revoked_at, expires_at) < now() - $2::interval
				ORDER BY coalesce(revoked_at, expires_at)
				LIMIT $1)`, []any{keptAfter}},
		{`DELETE FROM oauth_access_grants
			WHERE id IN (
				SELECT id
				FROM oauth_access_grants g
				WHERE expires_at < now() - $2::interval AND NOT EXISTS (SELECT FROM oauth_access_tokens WHERE grant_id = g.id)
				ORDER BY expires_at
				LIMIT $1)`, []any{keptAfter}},
	} {
		n, err := pg.Sweep(ctx, s.DB, sweep.sql, sweep.args...)
		total += n
		if err != nil {
			return total, err
		}
	}
	return total, nil
}
