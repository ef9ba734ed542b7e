package imports

import (
	"context"

	"postroom/internal/desk"
	"postroom/internal/store/directory"
	"postroom/internal/store/pg"
)

// A Link ties an entry of a directory to the user it became.
type Link struct {
	UserID desk.UserID
	Lost   bool // the entry was gone, and the user is inactive for that
}

// DirectoryLinks returns which users entries of a directory became, by what the directory calls them.
func (s Keeper) DirectoryLinks(ctx context.Context, source string, entries []string) (map[string]Link, error) {
	return pg.Keyed[string](ctx, s.DB, "links of directory", `
		SELECT source_id, user_id, lost
		FROM directory_users
		WHERE source = $1 AND source_id = ANY($2)`, func(l *Link) []any { return []any{&l.UserID, &l.Lost} }, source, entries)
}

// DirectoryName returns what a directory calls a user, or desk.ErrNotFound.
func (s Keeper) DirectoryName(ctx context.Context, source string, user desk.UserID) (string, error) {
	return pg.Value[string](ctx, s.DB, "name in directory", `
		SELECT source_id
		FROM directory_users
		WHERE source = $1 AND user_id = $2 AND NOT lost
		ORDER BY source_id
		LIMIT 1`, source, user)
}

// LinkEntries notes which users entries of a directory are.
func (s Keeper) LinkEntries(ctx context.Context, source string, users map[string]desk.UserID) error {
	entries, ids := make([]string, 0, len(users)), make([]desk.UserID, 0, len(users))
	for entry, id := range users {
		entries, ids = append(entries, entry), append(ids, id)
	}
	return pg.Exec(ctx, s.DB, "link entries", `
		INSERT INTO directory_users (source, source_id, user_id)
		SELECT $1, entry, user_id
		FROM unnest($2::text[], $3::bigint[]) AS new (entry, user_id)
		ON CONFLICT (source, source_id) DO UPDATE
		SET user_id = EXCLUDED.user_id, lost = false
		WHERE directory_users.user_id <> EXCLUDED.user_id OR directory_users.lost`, source, entries, ids)
}

// DirectoryUsers returns active users who came from a directory and are in no other that is read, by
// id from the one behind after on.
func (s Keeper) DirectoryUsers(ctx context.Context, source string, after desk.UserID, limit int) ([]desk.UserID, error) {
	return pg.Column[desk.UserID](ctx, s.DB, "users of directory", `
		SELECT DISTINCT d.user_id
		FROM directory_users d
		JOIN users u ON u.id = d.user_id AND u.active
		WHERE d.source = $1 AND NOT d.lost AND d.user_id > $2
			AND NOT EXISTS (
				SELECT
				FROM directory_users other
				WHERE other.user_id = d.user_id AND other.source <> $1 AND NOT other.lost
					AND other.source IN (SELECT 'Ldap::' || id FROM ldap_sources WHERE active))
		ORDER BY d.user_id
		LIMIT $3`, source, after, limit)
}

// Standing is what other directories than the one that is read have to do with a user.
type Standing struct {
	Held bool // one has the user, or had when it was read last
	Lost bool // one had, and the user is inactive because it has no more
}

// Elsewhere returns the standing of those users who came from another directory. One that was deleted holds
// nobody.
func (s Keeper) Elsewhere(ctx context.Context, source string, ids []desk.UserID) (map[desk.UserID]Standing, error) {
	return pg.Keyed[desk.UserID](ctx, s.DB, "users of other directories", `
		SELECT u.id, u.active AND NOT gone.lost AND EXISTS (SELECT FROM ldap_sources WHERE 'Ldap::' || id = u.source), gone.lost
		FROM users u
		CROSS JOIN LATERAL (
			SELECT coalesce(bool_and(lost), false) AS lost
			FROM directory_users
			WHERE user_id = u.id AND source = u.source
		) gone
		WHERE u.id = ANY($2) AND u.source <> $1`, func(v *Standing) []any { return []any{&v.Held, &v.Lost} }, source, ids)
}

// LoseUser notes that a user is inactive because the entry of a directory is gone.
func (s Keeper) LoseUser(ctx context.Context, source string, user desk.UserID) error {
	return pg.Exec(ctx, s.DB, "lose entry", `UPDATE directory_users SET lost = true WHERE source = $1 AND user_id = $2`, source, user)
}

// LockDirectoryUsers returns those of the users that exist, for a transaction that is going to change them.
func (s Keeper) LockDirectoryUsers(ctx context.Context, ids []desk.UserID) (map[desk.UserID]desk.User, error) {
	return pg.ByID(ctx, s.DB, directory.UsersByID+` ORDER BY u.id FOR NO KEY UPDATE`, func(u desk.User) desk.UserID { return u.ID }, ids)
}
