package knowledge

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
)

// Kinds of tokens that let somebody read a knowledge base without signing in.
const (
	TokenKBPreview = "KnowledgeBasePreview"
	tokenKBFeed    = "KnowledgeBaseFeed"
)

// KBFeedToken returns the token by which the feeds of somebody know whom they are for; empty: there is
// none yet.
func (s Keeper) KBFeedToken(ctx context.Context, user desk.UserID) (string, error) {
	var sealed *string
	err := pg.Conn(s.DB).QueryRow(ctx, `SELECT sealed FROM tokens WHERE user_id = $1 AND action = $2 ORDER BY id DESC LIMIT 1`, user, tokenKBFeed).Scan(&sealed)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && sealed == nil {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("feed token: %w", pg.Translate(err))
	}
	return pg.Sealer(s.DB).Open(*sealed)
}

// SetKBFeedToken gives somebody another such token. The one before means nothing any more.
func (s Keeper) SetKBFeedToken(ctx context.Context, user desk.UserID, token string, hash []byte) error {
	sealed, err := pg.Sealer(s.DB).Seal(token)
	if err != nil {
		return fmt.Errorf("feed token: %w", err)
	}
	return pg.Exec(ctx, s.DB, "feed token", `
		WITH old AS (
			DELETE FROM tokens
			WHERE user_id = $1 AND action = $2
		)
		INSERT INTO tokens (user_id, action, token_hash, persistent, sealed)
		VALUES ($1, $2, $3, true, $4)`, user, tokenKBFeed, hash, sealed)
}

// KBFeedOwner returns the active user to whom a feed token was given, or desk.ErrNotFound.
func (s Keeper) KBFeedOwner(ctx context.Context, hash []byte) (user desk.UserID, err error) {
	err = pg.Conn(s.DB).QueryRow(ctx, `
		SELECT t.user_id
		FROM tokens t
		JOIN users u ON u.id = t.user_id AND u.active
		WHERE t.token_hash = $1 AND t.action = $2`, hash, tokenKBFeed).Scan(&user)
	if err != nil {
		return 0, fmt.Errorf("owner of feed token: %w", pg.Translate(err))
	}
	return user, nil
}
