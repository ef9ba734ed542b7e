package directory

import (
	"context"
	"fmt"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
)

// maxAvatars is how many pictures somebody keeps; older ones than the last so many go.
const maxAvatars = 20

// Avatars returns a user's pictures, oldest first.
func (s Keeper) Avatars(ctx context.Context, user desk.UserID) ([]desk.Avatar, error) {
	return pg.Many[desk.Avatar](ctx, s.DB, "avatars of user", `
		SELECT id, user_id, "default", initial, store_hash, picture, created_at, updated_at
		FROM avatars
		WHERE user_id = $1
		ORDER BY id
		LIMIT $2`, user, maxAvatars+1)
}

const (
	insertInitial = `
		INSERT INTO avatars (user_id, initial)
		VALUES ($1, true)
		ON CONFLICT (user_id) WHERE initial DO NOTHING`

	insertAvatar = `
		INSERT INTO avatars (user_id, store_hash, picture)
		VALUES ($1, $2, $3)
		RETURNING id`

	dropOldAvatars = `
		DELETE FROM avatars
		WHERE id IN (
			SELECT id
			FROM avatars
			WHERE user_id = $1 AND NOT initial
			ORDER BY id DESC
			OFFSET $2)`
)

// AddAvatar gives a user a picture and shows it. It belongs into a transaction.
func (s Keeper) AddAvatar(ctx context.Context, user desk.UserID, hash string, picture []byte) (desk.Avatar, error) {
	if err := pg.Exec(ctx, s.DB, "initial avatar", insertInitial, user); err != nil {
		return desk.Avatar{}, err
	}
	var id desk.AvatarID
	if err := pg.Conn(s.DB).QueryRow(ctx, insertAvatar, user, hash, picture).Scan(&id); err != nil {
		return desk.Avatar{}, fmt.Errorf("add avatar: %w", pg.Translate(err))
	}
	if err := pg.Exec(ctx, s.DB, "old avatars", dropOldAvatars, user, maxAvatars); err != nil {
		return desk.Avatar{}, err
	}
	return s.ChooseAvatar(ctx, user, id)
}

const chooseAvatar = `
	UPDATE avatars
	SET "default" = (id = $2), updated_at = now()
	WHERE user_id = $1 AND "default" <> (id = $2)`

// ChooseAvatar shows one of a user's pictures, or returns a *desk.MissingError. It belongs into a
// transaction.
func (s Keeper) ChooseAvatar(ctx context.Context, user desk.UserID, id desk.AvatarID) (desk.Avatar, error) {
	chosen, err := pg.One[desk.Avatar](ctx, s.DB, `
		SELECT id, user_id, true AS "default", initial, store_hash, picture, created_at, updated_at
		FROM avatars
		WHERE id = $1`, "Avatar", int64(id))
	if err == nil && chosen.UserID != user { // that of another is as unknown as one that never was
		err = &desk.MissingError{Class: "Avatar", ID: int64(id)}
	}
	if err != nil {
		return desk.Avatar{}, err
	}
	if err := pg.Exec(ctx, s.DB, "choose avatar", chooseAvatar, user, id); err != nil {
		return chosen, err
	}
	return chosen, pg.Exec(ctx, s.DB, "show avatar", `
		UPDATE users
		SET image = $2, updated_at = now()
		WHERE id = $1`, user, chosen.StoreHash)
}

const deleteAvatar = `
	WITH gone AS (
		DELETE FROM avatars
		WHERE id = $1 AND user_id = $2 AND NOT initial
		RETURNING "default"
	), back AS (
		UPDATE avatars
		SET "default" = true
		WHERE user_id = $2 AND initial AND EXISTS (SELECT FROM gone WHERE "default")
	)
	UPDATE users
	SET image = NULL, updated_at = now()
	WHERE id = $2 AND EXISTS (SELECT FROM gone WHERE "default")`

// DeleteAvatar deletes one of a user's pictures. If it was shown, the initials are again.
func (s Keeper) DeleteAvatar(ctx context.Context, user desk.UserID, id desk.AvatarID) error {
	return pg.Exec(ctx, s.DB, "delete avatar", deleteAvatar, id, user)
}

// Picture returns the picture with a hash, or desk.ErrNotFound.
func (s Keeper) Picture(ctx context.Context, hash string) ([]byte, error) {
	var picture []byte
	err := pg.Conn(s.DB).QueryRow(ctx, `SELECT picture FROM avatars WHERE store_hash = $1 LIMIT 1`, hash).Scan(&picture)
	if err != nil {
		return nil, fmt.Errorf("picture: %w", pg.Translate(err))
	}
	return picture, nil
}

// HasPicture reports whether there is a picture with a hash.
func (s Keeper) HasPicture(ctx context.Context, hash string) (bool, error) {
	return pg.Value[bool](ctx, s.DB, "picture", `SELECT EXISTS (SELECT FROM avatars WHERE store_hash = $1)`, hash)
}

// MarkSignedUp notes that a user signed up and has yet to prove the mail address.
func (s Keeper) MarkSignedUp(ctx context.Context, id desk.UserID) error {
	return pg.Exec(ctx, s.DB, "mark sign-up", `UPDATE users SET source = 'signup', verified = false WHERE id = $1`, id)
}
