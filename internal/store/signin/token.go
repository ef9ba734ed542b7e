package signin

import (
	"context"
	"fmt"
	"time"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
)

const purgeTokens = `
	DELETE FROM tokens
	WHERE NOT persistent AND coalesce(last_used_at, created_at) < now() - interval '30 days'`

// PurgeTokens deletes what proved something about an account for a while. It returns how many. Keys to
// the API stay in their owner's list after they expired, and whoever still uses one is told so.
func (s Keeper) PurgeTokens(ctx context.Context) (int, error) {
	tag, err := pg.Conn(s.DB).Exec(ctx, purgeTokens)
	if err != nil {
		return 0, fmt.Errorf("purge tokens: %w", pg.Translate(err))
	}
	return int(tag.RowsAffected()), nil
}

// Token is a key to the API that a user made. The key itself is shown once and never kept.
type Token struct {
	ID          desk.TokenID
	UserID      desk.UserID
	Name        string
	Action      string
	Preferences map[string]any // permission: [names]
	LastUsedAt  *time.Time
	ExpiresAt   *time.Time
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// maxTokens bounds a user's list of tokens.
const maxTokens = 1000

// Tokens returns a user's API tokens, the newest change first.
func (s Keeper) Tokens(ctx context.Context, user desk.UserID) ([]Token, error) {
	return pg.Many[Token](ctx, s.DB, "tokens of user", `
		SELECT id, user_id, name, action, preferences, last_used_at, expires_at, created_at, updated_at
		FROM tokens
		WHERE user_id = $1 AND action = 'api'
		ORDER BY updated_at DESC, id DESC
		LIMIT $2`, user, maxTokens)
}

// AddToken stores an API token under its hash. permissions is what it may be used for.
func (s Keeper) AddToken(ctx context.Context, user desk.UserID, name string, permissions []string, hash []byte, expires *time.Time) error {
	if permissions == nil {
		permissions = []string{}
	}
	return pg.Exec(ctx, s.DB, "add token", `
		INSERT INTO tokens (user_id, name, action, token_hash, preferences, expires_at)
		VALUES ($1, $2, 'api', $3, jsonb_build_object('permission', $4::text[]), $5)`, user, name, hash, permissions, expires)
}

// DeleteToken deletes one of a user's API tokens, or returns desk.ErrNotFound.
func (s Keeper) DeleteToken(ctx context.Context, user desk.UserID, id desk.TokenID) error {
	tag, err := pg.Conn(s.DB).Exec(ctx, `DELETE FROM tokens WHERE id = $1 AND user_id = $2 AND action = 'api'`, id, user)
	if err != nil {
		return fmt.Errorf("delete token %d: %w", id, pg.Translate(err))
	}
	if tag.RowsAffected() == 0 {
		return desk.ErrNotFound
	}
	return nil
}
