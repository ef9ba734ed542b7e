package accounts

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
)

// maxChannelLog is how much of a server's complaint is kept, in bytes.
const maxChannelLog = 5000

const channelFetched = `
	UPDATE channels
	SET status_in = $2, last_log_in = $3, last_fetch = $4
	WHERE id = $1`

// ChannelFetched notes how the last fetch of a channel went: problem is empty when it went well. A
// remark is for people to read, beside problems or without any.
func (s Keeper) ChannelFetched(ctx context.Context, id desk.ChannelID, at time.Time, problem, remark string) error {
	status := "ok"
	if problem != "" {
		status = "error"
	}
	said := strings.Trim(problem+"\n"+remark, "\n")
	// What servers say is not always text.
	said = desk.Plain(said[:min(len(said), maxChannelLog)])
	if _, err := pg.Conn(s.DB).Exec(ctx, channelFetched, id, status, said, at); err != nil {
		return fmt.Errorf("status of channel %d: %w", id, pg.Translate(err))
	}
	return nil
}

// The newest article with a Message-ID decides: when its ticket came through another channel, the
// mail is not known to this one.
const knownMessages = `
	SELECT asked.md5
	FROM unnest($2::text[]) AS asked (md5)
	CROSS JOIN LATERAL (
		SELECT t.preferences->>'channel_id' AS channel_id
		FROM ticket_articles a
		JOIN tickets t ON t.id = a.ticket_id
		WHERE a.message_id_md5 = asked.md5
		ORDER BY a.created_at DESC, a.id DESC
		LIMIT 1) AS newest
	WHERE newest.channel_id IS NULL OR newest.channel_id = $1::text`

// KnownMessages reports which of these Message-IDs, with their brackets, a channel has brought in.
func (s Keeper) KnownMessages(ctx context.Context, channel desk.ChannelID, messageIDs []string) (map[string]bool, error) {
	ids := make(map[string]string, len(messageIDs))
	md5s := make([]string, len(messageIDs))
	for i, id := range messageIDs {
		sum := md5.Sum([]byte(id))
		md5s[i] = hex.EncodeToString(sum[:])
		ids[md5s[i]] = id
	}
	rows, _ := pg.Conn(s.DB).Query(ctx, knownMessages, fmt.Sprint(channel), md5s)
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("messages known to channel %d: %w", channel, pg.Translate(err))
	}
	known := make(map[string]bool, len(found))
	for _, sum := range found {
		known[ids[sum]] = true
	}
	return known, nil
}

const knownNames = `
	SELECT external_id
	FROM inbound_messages
	WHERE coalesce(channel_id, 0) = $1 AND channel_kind = 'email' AND external_id = ANY($2)`

// KnownNames reports which of these external ids a mail account has brought in.
func (s Keeper) KnownNames(ctx context.Context, channel desk.ChannelID, names []string) (map[string]bool, error) {
	rows, _ := pg.Conn(s.DB).Query(ctx, knownNames, channel, names)
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("names known to channel %d: %w", channel, pg.Translate(err))
	}
	known := make(map[string]bool, len(found))
	for _, name := range found {
		known[name] = true
	}
	return known, nil
}

const channelSent = `
	UPDATE channels
	SET status_out = $2, last_log_out = $3
	WHERE id = $1
		AND (status_out, last_log_out) IS DISTINCT FROM ($2, $3)`

// ChannelSent notes how the last delivery by a channel went: problem is empty when it went well.
func (s Keeper) ChannelSent(ctx context.Context, id desk.ChannelID, problem string) error {
	status := "ok"
	if problem != "" {
		status = "error"
	}
	if _, err := pg.Conn(s.DB).Exec(ctx, channelSent, id, status, desk.Plain(problem)); err != nil {
		return fmt.Errorf("status of channel %d: %w", id, pg.Translate(err))
	}
	return nil
}
