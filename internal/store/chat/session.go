package chat

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
)

const allSessions = `
	SELECT id, chat_id, session_id, name, state, user_id, ticket_id, preferences, created_at, updated_at
	FROM chat_sessions`

// ChatSession returns one session, or a *desk.MissingError.
func (s Keeper) ChatSession(ctx context.Context, id desk.ChatSessionID) (desk.ChatSession, error) {
	return pg.One[desk.ChatSession](ctx, s.DB, allSessions+` WHERE id = $1`, "Chat::Session", int64(id))
}

// LockChatSession is ChatSession for a transaction that is going to change the session.
func (s Keeper) LockChatSession(ctx context.Context, id desk.ChatSessionID) (desk.ChatSession, error) {
	return pg.One[desk.ChatSession](ctx, s.DB, allSessions+` WHERE id = $1 FOR NO KEY UPDATE`, "Chat::Session", int64(id))
}

// LockChatSessionNamed is LockChatSession for the session that pages call so, or desk.ErrNotFound.
func (s Keeper) LockChatSessionNamed(ctx context.Context, name string) (desk.ChatSession, error) {
	rows, _ := pg.Conn(s.DB).Query(ctx, allSessions+` WHERE session_id = $1 FOR NO KEY UPDATE`, name)
	found, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[desk.ChatSession])
	if err != nil {
		return found, fmt.Errorf("chat session: %w", pg.Translate(err))
	}
	return found, nil
}

// InsertChatSession stores a new session and fills its id and times.
func (s Keeper) InsertChatSession(ctx context.Context, v *desk.ChatSession) error {
	err := pg.Conn(s.DB).QueryRow(ctx, `
		INSERT INTO chat_sessions (chat_id, session_id, name, state, user_id, preferences)
		VALUES ($1, $2, $3, $4, $5, $6)
		RETURNING id, created_at, updated_at`, v.ChatID, v.SessionID, v.Name, v.State, v.UserID, v.Preferences).
		Scan(&v.ID, &v.CreatedAt, &v.UpdatedAt)
	if err != nil {
		return fmt.Errorf("insert chat session: %w", pg.Translate(err))
	}
	return nil
}

// SaveChatSession stores what changed of a session.
func (s Keeper) SaveChatSession(ctx context.Context, v desk.ChatSession) error {
	return pg.Exec(ctx, s.DB, "save chat session", `
		UPDATE chat_sessions
		SET chat_id = $2, name = $3, state = $4, user_id = $5, ticket_id = $6, preferences = $7, updated_at = clock_timestamp()
		WHERE id = $1`, v.ID, v.ChatID, v.Name, v.State, v.UserID, v.TicketID, v.Preferences)
}

// mostOpen bounds how many sessions are looked at together. A topic lets only a few wait.
const mostOpen = 1000

// OpenChatSessions returns the sessions of some topics that wait or run, the oldest first.
func (s Keeper) OpenChatSessions(ctx context.Context, chats []desk.ChatID) ([]desk.ChatSession, error) {
	return pg.Many[desk.ChatSession](ctx, s.DB, "open chat sessions", allSessions+`
		WHERE chat_id = ANY($1) AND state <> 'closed'
		ORDER BY id
		LIMIT $2`, chats, mostOpen)
}

// LockWaitingChatSession returns the session that waits longest in some topics, for a transaction that
// is going to begin it. Sessions that others are just beginning are passed over. There may be none: desk.ErrNotFound.
func (s Keeper) LockWaitingChatSession(ctx context.Context, chats []desk.ChatID) (desk.ChatSession, error) {
	rows, _ := pg.Conn(s.DB).Query(ctx, allSessions+`
		WHERE chat_id = ANY($1) AND state = 'waiting'
		ORDER BY id
		LIMIT 1
		FOR NO KEY UPDATE SKIP LOCKED`, chats)
	found, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[desk.ChatSession])
	if err != nil {
		return found, fmt.Errorf("waiting chat session: %w", pg.Translate(err))
	}
	return found, nil
}

// DesertedChatSessions returns sessions that nobody did anything in for a while.
func (s Keeper) DesertedChatSessions(ctx context.Context, quiet time.Duration, limit int) ([]desk.ChatSessionID, error) {
	return pg.Column[desk.ChatSessionID](ctx, s.DB, "deserted chat sessions", `
		SELECT id
		FROM chat_sessions
		WHERE state <> 'closed' AND updated_at < clock_timestamp() - $1::interval
		ORDER BY id
		LIMIT $2`, quiet, limit)
}

// PurgeChatSessions deletes sessions that ended more than a year ago. It returns how many.
func (s Keeper) PurgeChatSessions(ctx context.Context) (int, error) {
	return pg.Purge(ctx, s.DB, "chat sessions", `
		DELETE FROM chat_sessions
		WHERE id IN (
			SELECT id
			FROM chat_sessions
			WHERE state = 'closed' AND updated_at < now() - interval '12 months'
			ORDER BY updated_at
			LIMIT $1)`)
}

// ForgetChatAddresses takes out of sessions that ended a while ago from where their visitors came. It
// is no change of the session. It returns of how many.
func (s Keeper) ForgetChatAddresses(ctx context.Context, after time.Duration) (int, error) {
	return pg.Sweep(ctx, s.DB, `
		UPDATE chat_sessions
		SET preferences = preferences - 'remote_ip' - 'geo_ip' - 'dns_name'
		WHERE id IN (
			SELECT id
			FROM chat_sessions
			WHERE state = 'closed' AND (preferences ? 'remote_ip' OR preferences ? 'geo_ip') AND updated_at < now() - $2::interval
			ORDER BY updated_at
			LIMIT $1)`, after)
}
