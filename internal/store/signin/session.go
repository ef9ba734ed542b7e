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

const sessionColumns = `s.id, s.user_id, s.switched_from_id, s.authentication, s.remember_me, s.fingerprint, s.device_id, s.remote_ip,
		s.user_agent, s.created_at, s.updated_at`

func sessionFields(s *identity.Session) []any {
	return []any{
		&s.ID, &s.UserID, &s.SwitchedFromID, &s.Authentication, &s.RememberMe, &s.Fingerprint, &s.DeviceID, &s.RemoteIP,
		&s.UserAgent, &s.CreatedAt, &s.UpdatedAt,
	}
}

const insertSession = `
	INSERT INTO sessions (token_hash, user_id, switched_from_id, authentication, remember_me, fingerprint, device_id, remote_ip,
		user_agent, expires_at)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
	RETURNING id, created_at, updated_at`

// InsertSession stores a session under the hash of what its cookie holds, and fills its id and
// times. expires is when it ends without another request.
func (s Keeper) InsertSession(ctx context.Context, v *identity.Session, hash []byte, expires time.Time) error {
	err := pg.Conn(s.DB).QueryRow(ctx, insertSession, hash, v.UserID, v.SwitchedFromID, v.Authentication, v.RememberMe, v.Fingerprint,
		v.DeviceID, v.RemoteIP, v.UserAgent, expires).Scan(&v.ID, &v.CreatedAt, &v.UpdatedAt)
	if err != nil {
		return fmt.Errorf("insert session of user %d: %w", v.UserID, pg.Translate(err))
	}
	return nil
}

const callerBySession = callerColumns + `, 0, NULL::timestamptz, NULL::timestamptz, NULL::jsonb, ` + sessionColumns + `
		FROM sessions s
		JOIN users u ON u.id = s.user_id
		WHERE s.token_hash = $1`

// CredentialsBySession returns the session of a cookie and who is signed in by it, or
// desk.ErrNotFound. The session may have lasted too long and its user be inactive.
func (s Keeper) CredentialsBySession(ctx context.Context, hash []byte) (Credentials, identity.Session, error) {
	var session identity.Session
	rows, _ := pg.Conn(s.DB).Query(ctx, callerBySession, hash)
	found, err := pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (Credentials, error) {
		return scanCredentials(row, sessionFields(&session)...)
	})
	if err != nil {
		return Credentials{}, identity.Session{}, fmt.Errorf("credentials of session: %w", pg.Translate(err))
	}
	return found, session, nil
}

// TouchSession notes that a session was used, and when it ends without another request.
func (s Keeper) TouchSession(ctx context.Context, id identity.SessionID, expires time.Time) error {
	return pg.Exec(ctx, s.DB, "touch session", `UPDATE sessions SET updated_at = now(), expires_at = $2 WHERE id = $1`, id, expires)
}

// SetSessionDevice notes from which device a session is used.
func (s Keeper) SetSessionDevice(ctx context.Context, id identity.SessionID, device identity.DeviceID, fingerprint string) error {
	return pg.Exec(ctx, s.DB, "device of session", `UPDATE sessions SET device_id = $2, fingerprint = $3 WHERE id = $1`, id, device, fingerprint)
}

// SwitchSession makes a session somebody else's. from is the administrator who stays behind it; nil:
// nobody does.
func (s Keeper) SwitchSession(ctx context.Context, id identity.SessionID, to desk.UserID, from *desk.UserID) error {
	return pg.Exec(ctx, s.DB, "switch session", `UPDATE sessions SET user_id = $2, switched_from_id = $3 WHERE id = $1`, id, to, from)
}

// Sessions returns those that were used last.
func (s Keeper) Sessions(ctx context.Context, limit int) ([]identity.Session, error) {
	return pg.Many[identity.Session](ctx, s.DB, "sessions", `
		SELECT `+sessionColumns+`
		FROM sessions s
		WHERE expires_at > now()
		ORDER BY updated_at DESC, id DESC
		LIMIT $1`, limit)
}

// DeleteSession signs a session out. It may be gone already.
func (s Keeper) DeleteSession(ctx context.Context, id identity.SessionID) error {
	return pg.Exec(ctx, s.DB, "delete session", `DELETE FROM sessions WHERE id = $1`, id)
}

// EndSession signs out the session of a cookie, if it is one.
func (s Keeper) EndSession(ctx context.Context, hash []byte) error {
	return pg.Exec(ctx, s.DB, "end session", `DELETE FROM sessions WHERE token_hash = $1`, hash)
}

// EndSessions signs somebody out everywhere, also where they act as somebody else. keep is the
// session that stays; 0: none does. It belongs into the transaction that changes a password.
func (s Keeper) EndSessions(ctx context.Context, user desk.UserID, keep identity.SessionID) error {
	return pg.Exec(ctx, s.DB, "end sessions", `
		DELETE FROM sessions
		WHERE (user_id = $1 OR switched_from_id = $1) AND id <> $2`, user, keep)
}
