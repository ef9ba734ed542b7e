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
		ORDER BY seen_in DESC
		LIMIT 1`, source, user)
}

// LinkEntries notes that a reading saw entries of a directory, and which users they are.
func (s Keeper) LinkEntries(ctx context.Context, source string, job desk.ImportJobID, users map[string]desk.UserID) error {
	entries, ids := make([]string, 0, len(users)), make([]desk.UserID, 0, len(users))
	for entry, id := range users {
		entries, ids = append(entries, entry), append(ids, id)
	}
	return pg.Exec(ctx, s.DB, "link entries", `
		INSERT INTO directory_users (source, source_id, user_id, seen_in)
		SELECT $1, entry, user_id, $2
		FROM unnest($3::text[], $4::bigint[]) AS new (entry, user_id)
		ON CONFLICT (source, source_id) DO UPDATE
		SET user_id = EXCLUDED.user_id, seen_in = EXCLUDED.seen_in, lost = false`, source, job, entries, ids)
}

// LostUsers returns active users whose entries a reading did not see, and who are in no other
// directory, from the user behind after on.
func (s Keeper) LostUsers(ctx context.Context, source string, job desk.ImportJobID, after desk.UserID, limit int) ([]desk.User, error) {
	return pg.Many[desk.User](ctx, s.DB, "users lost by directory", `
		SELECT `+directory.Columns+`
		FROM users u
		WHERE u.id > $3 AND u.active
			AND u.id IN (SELECT user_id FROM directory_users WHERE source = $1 AND seen_in <> $2 AND NOT lost)
			AND NOT EXISTS (SELECT FROM directory_users WHERE user_id = u.id AND source = $1 AND seen_in = $2)
			AND NOT EXISTS (SELECT FROM directory_users WHERE user_id = u.id AND source <> $1 AND NOT lost)
		ORDER BY u.id
		LIMIT $4
		FOR NO KEY UPDATE`, source, job, after, limit)
}

// LoseUser notes that a user is inactive because the entry of a directory is gone.
func (s Keeper) LoseUser(ctx context.Context, source string, user desk.UserID) error {
	return pg.Exec(ctx, s.DB, "lose entry", `UPDATE directory_users SET lost = true WHERE source = $1 AND user_id = $2`, source, user)
}

// LockDirectoryUsers returns those of the users that exist, for a transaction that is going to change them.
func (s Keeper) LockDirectoryUsers(ctx context.Context, ids []desk.UserID) (map[desk.UserID]desk.User, error) {
	return pg.ByID(ctx, s.DB, directory.UsersByID+` ORDER BY u.id FOR NO KEY UPDATE`, func(u desk.User) desk.UserID { return u.ID }, ids)
}
