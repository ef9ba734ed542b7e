package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
)

// mergePreferences leaves updated_at alone: what the machine notes about a delivery is no edit.
const mergePreferences = `
	UPDATE ticket_articles
	SET preferences = preferences || $2
	WHERE id = $1`

// MergeArticlePreferences adds to an article's preferences, replacing those of the same name.
func (s *Store) MergeArticlePreferences(ctx context.Context, id desk.ArticleID, more map[string]any) error {
	tag, err := s.db.Exec(ctx, mergePreferences, id, object(more))
	if err != nil {
		return fmt.Errorf("preferences of article %d: %w", id, translate(err))
	}
	if tag.RowsAffected() == 0 {
		return &desk.MissingError{Class: "Ticket::Article", ID: int64(id)}
	}
	return nil
}

// The limit is more ids than fit into a References header.
const threadIDs = `
	SELECT message_id, in_reply_to
	FROM ticket_articles
	WHERE ticket_id = $1
	ORDER BY id DESC
	LIMIT 3000`

// ThreadIDs returns the Message-IDs of a ticket's articles, newest first.
func (s *Store) ThreadIDs(ctx context.Context, id desk.TicketID) ([]desk.ThreadIDs, error) {
	rows, _ := s.db.Query(ctx, threadIDs, id)
	ids, err := pgx.CollectRows(rows, pgx.RowToStructByPos[desk.ThreadIDs])
	if err != nil {
		return nil, fmt.Errorf("message ids of ticket %d: %w", id, translate(err))
	}
	return ids, nil
}

const channelSent = `
	UPDATE channels
	SET status_out = $2, last_log_out = $3
	WHERE id = $1
		AND (status_out, last_log_out) IS DISTINCT FROM ($2, $3)`

// ChannelSent notes how the last delivery by a channel went: problem is empty when it went well.
func (s *Store) ChannelSent(ctx context.Context, id desk.ChannelID, problem string) error {
	status := "ok"
	if problem != "" {
		status = "error"
	}
	if _, err := s.db.Exec(ctx, channelSent, id, status, desk.Plain(problem)); err != nil {
		return fmt.Errorf("status of channel %d: %w", id, translate(err))
	}
	return nil
}
