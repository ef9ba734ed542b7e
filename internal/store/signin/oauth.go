package signin

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/desk/identity"
	"postroom/internal/store/pg"
)

// Grant is somebody's consent that an application acts for them. The application proves with a code
// that it is the one.
type Grant struct {
	ID                  identity.GrantID
	ApplicationID       identity.ApplicationID
	UserID              desk.UserID
	RedirectURI         string
	Scopes              string
	CodeChallenge       *string
	CodeChallengeMethod *string
	CreatedAt           time.Time
	ExpiresAt           time.Time // of the code
	UsedAt              *time.Time
}

// AccessToken is what an application shows when it acts.
type AccessToken struct {
	ID            desk.TokenID
	ApplicationID identity.ApplicationID
	GrantID       *identity.GrantID // nil: nobody was asked
	UserID        *desk.UserID      // nil: the application acts for itself
	Scopes        string
	CreatedAt     time.Time
	ExpiresAt     *time.Time // nil: never
	RevokedAt     *time.Time
}

// Secrets are the hashes of a token and of what renews it.
type Secrets struct {
	Token   []byte
	Refresh []byte // nil: it can't be renewed
}

// InsertGrant stores a consent under the hash of its code.
func (s Keeper) InsertGrant(ctx context.Context, g *Grant, code []byte) error {
	err := pg.Conn(s.DB).QueryRow(ctx, `
		INSERT INTO oauth_access_grants (application_id, user_id, code_hash, redirect_uri, scopes, code_challenge, code_challenge_method,
			expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		RETURNING id, created_at`, g.ApplicationID, g.UserID, code, g.RedirectURI, g.Scopes, g.CodeChallenge, g.CodeChallengeMethod,
		g.ExpiresAt).Scan(&g.ID, &g.CreatedAt)
	if err != nil {
		return fmt.Errorf("insert grant: %w", pg.Translate(err))
	}
	return nil
}

// LockGrant returns the consent with a code, or desk.ErrNotFound, and keeps others from using the
// code until the transaction ends.
func (s Keeper) LockGrant(ctx context.Context, code []byte) (Grant, error) {
	rows, _ := pg.Conn(s.DB).Query(ctx, `
		SELECT id, application_id, user_id, redirect_uri, scopes, code_challenge, code_challenge_method, created_at, expires_at, used_at
		FROM oauth_access_grants
		WHERE code_hash = $1
		FOR NO KEY UPDATE`, code)
	found, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Grant])
	if err != nil {
		return Grant{}, fmt.Errorf("grant: %w", pg.Translate(err))
	}
	return found, nil
}

// UseGrant uses the code of a consent up.
func (s Keeper) UseGrant(ctx context.Context, id identity.GrantID) error {
	return pg.Exec(ctx, s.DB, "use grant", `UPDATE oauth_access_grants SET used_at = now() WHERE id = $1`, id)
}

// RevokeGrant ends every token that came of a consent.
func (s Keeper) RevokeGrant(ctx context.Context, id identity.GrantID) error {
	return pg.Exec(ctx, s.DB, "revoke grant", `
		UPDATE oauth_access_tokens
		SET revoked_at = now()
		WHERE grant_id = $1 AND revoked_at IS NULL`, id)
}

// InsertAccessToken stores a token under the hashes of its secrets.
func (s Keeper) InsertAccessToken(ctx context.Context, t *AccessToken, secrets Secrets) error {
	err := pg.Conn(s.DB).QueryRow(ctx, `
		INSERT INTO oauth_access_tokens (application_id, grant_id, user_id, token_hash, refresh_hash, scopes, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)
		RETURNING id, created_at`, t.ApplicationID, t.GrantID, t.UserID, secrets.Token, secrets.Refresh, t.Scopes, t.ExpiresAt).
		Scan(&t.ID, &t.CreatedAt)
	if err != nil {
		return fmt.Errorf("insert access token: %w", pg.Translate(err))
	}
	return nil
}

const accessTokens = `
	SELECT id, application_id, grant_id, user_id, scopes, created_at, expires_at, revoked_at
	FROM oauth_access_tokens`

// AccessToken returns a token by the hash of its secret, or desk.ErrNotFound.
func (s Keeper) AccessToken(ctx context.Context, hash []byte) (AccessToken, error) {
	return s.accessToken(ctx, accessTokens+` WHERE token_hash = $1`, hash)
}

// Refreshable returns the token that a secret renews, or desk.ErrNotFound.
func (s Keeper) Refreshable(ctx context.Context, refresh []byte) (AccessToken, error) {
	return s.accessToken(ctx, accessTokens+` WHERE refresh_hash = $1`, refresh)
}

// LockRefreshable is Refreshable for a transaction that renews the token: no other can until it ends.
func (s Keeper) LockRefreshable(ctx context.Context, refresh []byte) (AccessToken, error) {
	return s.accessToken(ctx, accessTokens+` WHERE refresh_hash = $1 FOR NO KEY UPDATE`, refresh)
}

func (s Keeper) accessToken(ctx context.Context, sql string, hash []byte) (AccessToken, error) {
	rows, _ := pg.Conn(s.DB).Query(ctx, sql, hash)
	found, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[AccessToken])
	if err != nil {
		return AccessToken{}, fmt.Errorf("access token: %w", pg.Translate(err))
	}
	return found, nil
}

// RevokeAccessToken ends a token and what renews it.
func (s Keeper) RevokeAccessToken(ctx context.Context, id desk.TokenID) error {
	return pg.Exec(ctx, s.DB, "revoke access token", `
		UPDATE oauth_access_tokens
		SET revoked_at = now()
		WHERE id = $1 AND revoked_at IS NULL`, id)
}

const callerByAccessToken = callerColumns + `, 0, t.expires_at, NULL::timestamptz, NULL::jsonb
		FROM oauth_access_tokens t
		JOIN users u ON u.id = t.user_id
		WHERE t.token_hash = $1 AND t.revoked_at IS NULL`

// CredentialsByAccessToken returns for whom an application acts, or desk.ErrNotFound. The token may be
// expired and the person inactive.
func (s Keeper) CredentialsByAccessToken(ctx context.Context, hash []byte) (Credentials, error) {
	return s.credentials(ctx, callerByAccessToken, hash)
}
