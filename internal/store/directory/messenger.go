package directory

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"postroom/internal/desk"
	"postroom/internal/store/catalog"
	"postroom/internal/store/pg"
)

const (
	lockWriter = `SELECT pg_advisory_xact_lock(hashtextextended('writer ' || $1, 0))`

	userOfAccount = `
		SELECT ` + Columns + `
		FROM messenger_accounts a
		JOIN users u ON u.id = a.user_id
		WHERE a.provider = $1 AND a.uid = $2`

	// Where several people share a number, whoever got it first counts.
	userWithMobile = `
		SELECT ` + Columns + `
		FROM users u
		WHERE u.mobile = ANY($1)
		ORDER BY u.active DESC, u.id
		LIMIT 1`
)

// WriterKnown returns the user who is known to be a writer: by the account at the provider, or else
// by the mobile number. It returns desk.ErrNotFound for a stranger. Until the transaction ends nobody
// else finds out who the same writer is.
func (s Keeper) WriterKnown(ctx context.Context, w desk.Writer) (desk.User, error) {
	if _, err := pg.Conn(s.DB).Exec(ctx, lockWriter, w.Key()); err != nil {
		return desk.User{}, fmt.Errorf("writer: %w", pg.Translate(err))
	}
	user, err := desk.User{}, desk.ErrNotFound
	if w.Provider != "" {
		user, err = s.oneUser(ctx, userOfAccount, w.Provider, w.UID)
	}
	if errors.Is(err, desk.ErrNotFound) && w.Mobile != "" {
		digits := strings.TrimPrefix(w.Mobile, "+")
		user, err = s.oneUser(ctx, userWithMobile, []string{w.Mobile, "+" + digits, digits, "00" + digits})
	}
	return user, err
}

func (s Keeper) oneUser(ctx context.Context, sql string, args ...any) (desk.User, error) {
	users, err := pg.Many[desk.User](ctx, s.DB, "writer", sql, args...)
	if err != nil {
		return desk.User{}, err
	}
	if len(users) == 0 {
		return desk.User{}, desk.ErrNotFound
	}
	return users[0], nil
}

// Like those whom mail brings, a new user is made by itself, and noted in nobody's name.
const insertWriter = `
	WITH made AS (
		INSERT INTO users (id, login, firstname, lastname, mobile, note, updated_by_id, created_by_id)
		SELECT id, $1, $2, $3, $4, $5, id, id
		FROM (SELECT nextval('users_id_seq') AS id) AS numbered
		ON CONFLICT DO NOTHING
		RETURNING id
	), noted AS (
		INSERT INTO history (object, o_id, type, created_by_id, created_at)
		SELECT 'User', id, 'created', $7::bigint, clock_timestamp()
		FROM made
	), shown AS (
		INSERT INTO activity_stream (type, object, o_id, permission, created_by_id)
		SELECT 'create', 'User', id, 'admin.user', $7::bigint
		FROM made
		WHERE NOT $8::boolean
	), given AS (
		INSERT INTO roles_users (user_id, role_id)
		SELECT made.id, role_id
		FROM made, unnest($6::bigint[]) AS role_id
	)
	SELECT id
	FROM made`

// Lengths of what strangers call themselves, in characters.
const (
	maxWriterName  = 100
	maxWriterLogin = 255
	maxWriterNote  = 500
)

// AddWriter makes a stranger a user, with the roles of users that sign up. A login that somebody else
// has is not taken over: the writer gets one by uid or number.
func (s Keeper) AddWriter(ctx context.Context, w desk.Writer) (desk.User, error) {
	c, err := catalog.On(s.DB).Catalog(ctx)
	if err != nil {
		return desk.User{}, err
	}
	for _, login := range logins(w) {
		ids, err := pg.Column[desk.UserID](ctx, s.DB, "add writer", insertWriter, login, writerName(w.Firstname), writerName(w.Lastname),
			desk.Cut(desk.Plain(w.Mobile), maxWriterName), desk.Cut(desk.Plain(w.Note), maxWriterNote), c.SignupRoles, desk.SystemUser,
			c.Settings.Bool("import_mode"))
		if err != nil {
			return desk.User{}, err
		}
		if len(ids) > 0 {
			return s.User(ctx, ids[0])
		}
	}
	return desk.User{}, fmt.Errorf("add writer: every login is taken: %w", desk.ErrUnavailable)
}

// logins are what a new user may be called, the wanted one first.
func logins(w desk.Writer) []string {
	var all []string
	for _, login := range []string{w.Login, w.UID, w.Mobile, w.Provider + "-" + w.UID + w.Mobile} {
		if login = strings.ToLower(strings.TrimSpace(desk.Plain(login))); login != "" {
			all = append(all, desk.Cut(login, maxWriterLogin))
		}
	}
	return all
}

func writerName(name string) string {
	return desk.Cut(strings.TrimSpace(desk.Plain(name)), maxWriterName)
}

const (
	linkAccount = `
		INSERT INTO messenger_accounts AS known (provider, uid, username, user_id)
		VALUES ($1, $2, $3, $4)
		ON CONFLICT (provider, uid) DO UPDATE
		SET username = EXCLUDED.username, updated_at = now()
		WHERE known.username <> EXCLUDED.username`

	// A login that somebody else has stays theirs.
	renameWriter = `
		UPDATE users u
		SET login = new.login, firstname = new.firstname, lastname = new.lastname, updated_at = now()
		FROM (
			SELECT CASE WHEN $2 <> '' AND NOT EXISTS (SELECT FROM users other WHERE other.login = $2 AND other.id <> $1)
				THEN $2 ELSE (SELECT login FROM users WHERE id = $1) END AS login, $3 AS firstname, $4 AS lastname
		) AS new
		WHERE u.id = $1 AND (u.login, u.firstname, u.lastname) IS DISTINCT FROM (new.login, new.firstname, new.lastname)`
)

// KeepAccount remembers that a writer's account is a user's. Where the writer wants that, the user is
// called as the writer is now.
func (s Keeper) KeepAccount(ctx context.Context, w desk.Writer, user desk.User) error {
	id := user.ID
	if w.Provider != "" {
		if _, err := pg.Conn(s.DB).Exec(ctx, linkAccount, w.Provider, w.UID, desk.Plain(w.Username), id); err != nil {
			return fmt.Errorf("account of user %d: %w", id, pg.Translate(err))
		}
	}
	if !w.Rename || w.Firstname == "" && w.Lastname == "" {
		return nil
	}
	login := desk.Cut(strings.ToLower(strings.TrimSpace(desk.Plain(w.Login))), maxWriterLogin)
	firstname, lastname := writerName(w.Firstname), writerName(w.Lastname)
	if (login == "" || login == user.Login) && firstname == user.Firstname && lastname == user.Lastname {
		return nil
	}
	if _, err := pg.Conn(s.DB).Exec(ctx, renameWriter, id, login, firstname, lastname); err != nil {
		return fmt.Errorf("names of user %d: %w", id, pg.Translate(err))
	}
	return nil
}
