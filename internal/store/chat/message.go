package chat

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
)

// mostMessages is how many messages of a session are shown: the last ones.
const mostMessages = 500

// ChatMessages returns what was said in sessions, the oldest first.
func (s Keeper) ChatMessages(ctx context.Context, ids ...desk.ChatSessionID) (map[desk.ChatSessionID][]desk.ChatMessage, error) {
	found, err := pg.Many[desk.ChatMessage](ctx, s.DB, "chat messages", `
		SELECT m.*
		FROM unnest($1::bigint[]) AS wanted (id)
		CROSS JOIN LATERAL (
			SELECT id, chat_session_id, content, created_by_id, created_at, updated_at
			FROM chat_messages
			WHERE chat_session_id = wanted.id
			ORDER BY id DESC
			LIMIT $2) m
		ORDER BY m.id`, ids, mostMessages)
	said := map[desk.ChatSessionID][]desk.ChatMessage{}
	for _, m := range found {
		said[m.ChatSessionID] = append(said[m.ChatSessionID], m)
	}
	return said, err
}

// How much is kept of one session, so that all of it is one article: bytes, and what each message counts
// beside its text.
const (
	mostSaid  = 1_200_000
	eachCosts = 200
)

// ErrChatFull says that a session can't hold another message.
var ErrChatFull = errors.New("chat session is full")

// ChatTranscript returns all that was said in a session, the oldest first.
func (s Keeper) ChatTranscript(ctx context.Context, id desk.ChatSessionID) ([]desk.ChatMessage, error) {
	return pg.Many[desk.ChatMessage](ctx, s.DB, "chat transcript", `
		SELECT id, chat_session_id, content, created_by_id, created_at, updated_at
		FROM chat_messages
		WHERE chat_session_id = $1
		ORDER BY id`, id)
}

// AddChatMessage stores what somebody said, which changes the session, and fills the id and times. sentAs is what its sender
// calls it; empty: it has no name. A message that is there already is returned as it is, and false. For a session, which the
// caller has locked, that holds too much already, it returns ErrChatFull.
func (s Keeper) AddChatMessage(ctx context.Context, m *desk.ChatMessage, sentAs string) (added bool, err error) {
	err = pg.Conn(s.DB).QueryRow(ctx, `
		WITH said AS (
			INSERT INTO chat_messages (chat_session_id, content, created_by_id, sent_as)
			SELECT $1, $2, $3, nullif($4, '')
			WHERE (SELECT coalesce(sum(octet_length(content) + $5), 0) FROM chat_messages WHERE chat_session_id = $1) < $6
			ON CONFLICT DO NOTHING
			RETURNING id, created_at, updated_at
		), touched AS (
			UPDATE chat_sessions
			SET updated_at = clock_timestamp()
			WHERE id = $1 AND EXISTS (SELECT FROM said)
		)
		SELECT id, created_at, updated_at
		FROM said`, m.ChatSessionID, m.Content, m.CreatedByID, sentAs, eachCosts, mostSaid).Scan(&m.ID, &m.CreatedAt, &m.UpdatedAt)
	if err == nil {
		return true, nil
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return false, fmt.Errorf("chat message: %w", pg.Translate(err))
	}
	rows, _ := pg.Conn(s.DB).Query(ctx, `
		SELECT id, chat_session_id, content, created_by_id, created_at, updated_at
		FROM chat_messages
		WHERE chat_session_id = $1 AND sent_as = $2`, m.ChatSessionID, sentAs)
	*m, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[desk.ChatMessage])
	if errors.Is(err, pgx.ErrNoRows) {
		return false, ErrChatFull
	}
	if err != nil {
		return false, fmt.Errorf("chat message sent again: %w", pg.Translate(err))
	}
	return false, nil
}

// CountChatMessages returns how much was said in a session.
func (s Keeper) CountChatMessages(ctx context.Context, id desk.ChatSessionID) (int, error) {
	return pg.Value[int](ctx, s.DB, "count of chat messages", `SELECT count(*) FROM chat_messages WHERE chat_session_id = $1`, id)
}
