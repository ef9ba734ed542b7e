package signin

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/desk/identity"
	"postroom/internal/store/pg"
)

// UserAuthorized returns whom an account at an identity provider belongs to, or desk.ErrNotFound.
func (s Keeper) UserAuthorized(ctx context.Context, provider, uid string) (desk.UserID, error) {
	return pg.Value[desk.UserID](ctx, s.DB, "authorization", `SELECT user_id FROM authorizations WHERE provider = $1 AND uid = $2`, provider, uid)
}

// Authorize links an account at an identity provider to a user. One that is linked is a desk.ErrConflict.
func (s Keeper) Authorize(ctx context.Context, v identity.Authorization) error {
	return pg.Exec(ctx, s.DB, "authorize", `
		INSERT INTO authorizations (user_id, provider, uid, username)
		VALUES ($1, $2, $3, $4)`, v.UserID, v.Provider, v.UID, v.Username)
}

// Unauthorize takes an account at an identity provider away from a user. It reports whether there was one.
func (s Keeper) Unauthorize(ctx context.Context, user desk.UserID, provider, uid string) (bool, error) {
	tag, err := pg.Conn(s.DB).Exec(ctx, `DELETE FROM authorizations WHERE user_id = $1 AND provider = $2 AND uid = $3`, user, provider, uid)
	if err != nil {
		return false, fmt.Errorf("unauthorize: %w", pg.Translate(err))
	}
	return tag.RowsAffected() > 0, nil
}

// AddSignInAttempt stores a visit to an identity provider under the hash of what it repeats to us.
func (s Keeper) AddSignInAttempt(ctx context.Context, state []byte, v identity.SignInAttempt) error {
	verifier, err := pg.Sealer(s.DB).Seal(v.Verifier)
	if err != nil {
		return fmt.Errorf("sign-in attempt: %w", err)
	}
	return pg.Exec(ctx, s.DB, "sign-in attempt", `
		INSERT INTO sign_in_attempts (state_hash, provider, nonce, verifier, user_id, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6)`, state, v.Provider, v.Nonce, verifier, v.UserID, v.ExpiresAt)
}

// TakeSignInAttempt returns the visit to an identity provider that somebody comes back from, once, or
// desk.ErrNotFound.
func (s Keeper) TakeSignInAttempt(ctx context.Context, state []byte, provider string) (identity.SignInAttempt, error) {
	rows, _ := pg.Conn(s.DB).Query(ctx, `
		DELETE FROM sign_in_attempts
		WHERE state_hash = $1 AND provider = $2 AND expires_at > now()
		RETURNING provider, nonce, verifier, user_id, expires_at`, state, provider)
	v, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[identity.SignInAttempt])
	if err != nil {
		return identity.SignInAttempt{}, fmt.Errorf("sign-in attempt: %w", pg.Translate(err))
	}
	if v.Verifier, err = pg.Sealer(s.DB).Open(v.Verifier); err != nil {
		return identity.SignInAttempt{}, fmt.Errorf("sign-in attempt: %w", err)
	}
	return v, nil
}

// NameSession notes what an identity provider calls a session that began there.
func (s Keeper) NameSession(ctx context.Context, id identity.SessionID, name string) error {
	return pg.Exec(ctx, s.DB, "name session", `UPDATE sessions SET provider_session = $2 WHERE id = $1`, id, name)
}

// EndSessionsBy signs out who signed in by an identity provider: in the session that it calls by name,
// or, without a name, in all sessions that began by the account uid.
func (s Keeper) EndSessionsBy(ctx context.Context, provider, uid, name string) error {
	if name != "" {
		return pg.Exec(ctx, s.DB, "end sessions", `
			DELETE FROM sessions
			WHERE provider_session = $2 AND authentication = $1`, provider, name)
	}
	return pg.Exec(ctx, s.DB, "end sessions", `
		DELETE FROM sessions
		WHERE authentication = $1
			AND (user_id IN (SELECT user_id FROM authorizations WHERE provider = $1 AND uid = $2)
				OR switched_from_id IN (SELECT user_id FROM authorizations WHERE provider = $1 AND uid = $2))`, provider, uid)
}
