package signin

import (
	"context"
	"fmt"
	"time"

	"postroom/internal/desk"
	"postroom/internal/store/directory"
	"postroom/internal/store/pg"
)

// Kinds of tokens that prove something about an account for a while.
const (
	TokenPasswordReset = "PasswordReset"
	TokenSignup        = "Signup"
	TokenAdminAuth     = "AdminAuth"
	TokenPasswordCheck = "PasswordCheck"
)

// accountTokenLife is how long such a token is accepted. Reference: api.md 15.1.
const accountTokenLife = 24 * time.Hour

const replaceToken = `
	WITH old AS (
		DELETE FROM tokens
		WHERE user_id = $1 AND action = $2
	)
	INSERT INTO tokens (user_id, action, token_hash, persistent)
	VALUES ($1, $2, $3, false)`

// ReplaceToken gives a user a token of a kind. Older ones of the kind mean nothing any more.
func (s Keeper) ReplaceToken(ctx context.Context, user desk.UserID, kind string, hash []byte) error {
	return pg.Exec(ctx, s.DB, "replace token", replaceToken, user, kind, hash)
}

// TokenOwner returns the active user to whom a token of a kind was given, or desk.ErrNotFound. It
// locks the token: of two who use it at once, the second finds none.
func (s Keeper) TokenOwner(ctx context.Context, kind string, hash []byte) (desk.UserID, error) {
	var user desk.UserID
	err := pg.Conn(s.DB).QueryRow(ctx, `
		SELECT t.user_id
		FROM tokens t
		JOIN users u ON u.id = t.user_id AND u.active
		WHERE t.token_hash = $1 AND t.action = $2 AND t.created_at > now() - $3::interval
		FOR UPDATE OF t`, hash, kind, accountTokenLife).Scan(&user)
	if err != nil {
		return 0, fmt.Errorf("owner of token: %w", pg.Translate(err))
	}
	return user, nil
}

// SpendToken ends a token.
func (s Keeper) SpendToken(ctx context.Context, kind string, hash []byte) error {
	return pg.Exec(ctx, s.DB, "spend token", `DELETE FROM tokens WHERE token_hash = $1 AND action = $2`, hash, kind)
}

// ConfirmUser notes that a user's mail address was proven, and lifts the lock of wrong passwords.
func (s Keeper) ConfirmUser(ctx context.Context, id desk.UserID) error {
	return pg.Exec(ctx, s.DB, "confirm user", `
		UPDATE users
		SET verified = true, login_failed = 0, updated_at = now()
		WHERE id = $1`, id)
}

// PasswordHash returns how a user's password is stored; empty: there is none.
func (s Keeper) PasswordHash(ctx context.Context, id desk.UserID) (string, error) {
	var hash *string
	err := pg.Conn(s.DB).QueryRow(ctx, `SELECT password FROM users WHERE id = $1`, id).Scan(&hash)
	if err != nil {
		return "", fmt.Errorf("password of user %d: %w", id, pg.Translate(err))
	}
	if hash == nil {
		return "", nil
	}
	return *hash, nil
}

// MergePreferences sets some of a user's preferences and leaves the others alone.
func (s Keeper) MergePreferences(ctx context.Context, id desk.UserID, preferences map[string]any) error {
	return pg.Exec(ctx, s.DB, "set preferences", `
		UPDATE users
		SET preferences = preferences || $2::jsonb, updated_by_id = $1, updated_at = now()
		WHERE id = $1`, id, preferences)
}

// UserToMail returns the active user with a login or mail address, or nil.
func (s Keeper) UserToMail(ctx context.Context, name string) (*desk.User, error) {
	user, err := directory.On(s.DB).UserNamed(ctx, name)
	if err != nil || user == nil || !user.Active || user.Email == "" {
		return nil, err
	}
	return user, nil
}
