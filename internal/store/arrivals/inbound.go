package arrivals

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"postroom/channels"
	"postroom/internal/desk"
	"postroom/internal/store/pg"
	"postroom/jobs/task"
)

// States of a received message.
const (
	Received  = "received"
	Processed = "processed"
	Ignored   = "ignored"
	Failed    = "failed"
)

// Arrival is a message to be taken over: what a channel handed in, and where its bytes are.
type Arrival struct {
	channels.Inbound
	BlobID       desk.BlobID
	MessageIDMD5 string // hex; empty: not a mail
}

// Message is a message that was received.
type Message struct {
	ID         desk.InboundID
	ChannelID  *desk.ChannelID
	Kind       string `db:"channel_kind"`
	ExternalID string
	BlobID     desk.BlobID
	Size       int64 // bytes
	Options    channels.Options
	State      string
	Error      *string
	TicketID   *desk.TicketID
	ArticleID  *desk.ArticleID
	ReceivedAt time.Time
	Bytes      desk.Blob `db:"-"` // where it was asked for
}

// A mail whose mailbox was renumbered (another UIDVALIDITY) comes back under another name: the same
// bytes with the same Message-ID in the same channel are the same mail. The other way round a
// channel that was moved to another mailbox may show other mails under known names, because many
// servers count from 1: another Message-ID makes another mail, which gets a name of its own.
//
// Bytes that came before are looked up by IS NOT DISTINCT FROM and with OFFSET, so that no plan reads
// all that the channel ever took in: the index of names begins with the channel.
const insertInbound = `
	WITH made AS (
		INSERT INTO inbound_messages (channel_id, channel_kind, external_id, blob_id, options, message_id_md5, received_at, conversation)
		SELECT nullif(channel_id, 0), kind,
			CASE WHEN new.md5 <> '' AND EXISTS (
				SELECT
				FROM inbound_messages known
				WHERE coalesce(known.channel_id, 0) = new.channel_id
					AND known.channel_kind = new.kind
					AND known.external_id = new.external_id
					AND known.message_id_md5 <> new.md5)
			THEN new.external_id || ':' || new.md5 ELSE new.external_id END,
			blob_id, options, nullif(md5, ''), coalesce(received_at, now()), nullif(conversation, '')
		FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::jsonb[], $6::text[], $7::timestamptz[], $10::text[])
			WITH ORDINALITY AS new (channel_id, kind, external_id, blob_id, options, md5, received_at, conversation, position)
		WHERE new.md5 = '' OR NOT EXISTS (
			SELECT
			FROM inbound_messages known
			WHERE known.blob_id = new.blob_id
				AND known.message_id_md5 = new.md5
				AND (coalesce(known.channel_id, 0), known.channel_kind) IS NOT DISTINCT FROM (new.channel_id, new.kind)
			OFFSET 0)
		ORDER BY position
		ON CONFLICT DO NOTHING
		RETURNING id
	)
	INSERT INTO outbox (queue, kind, payload)
	SELECT $8, $9, jsonb_build_object('inbound_id', id)
	FROM made
	ORDER BY id`

// AddInbound writes received messages, and work for each that is new. It returns how many were.
func (s Keeper) AddInbound(ctx context.Context, messages []Arrival) (int, error) {
	var channelIDs, blobs []int64
	var kinds, names, md5s, conversations []string
	var options [][]byte
	var times []*time.Time
	for _, m := range messages {
		encoded, err := json.Marshal(m.Options)
		if err != nil {
			return 0, fmt.Errorf("options of message %s: %w", m.ExternalID, err)
		}
		channelIDs, blobs = append(channelIDs, int64(m.ChannelID)), append(blobs, int64(m.BlobID))
		kinds, names, md5s = append(kinds, m.Kind), append(names, m.ExternalID), append(md5s, m.MessageIDMD5)
		options, times = append(options, encoded), append(times, pg.TimeOrNil(m.ReceivedAt))
		conversations = append(conversations, m.Conversation)
	}
	work := task.MessageReceived{}
	tag, err := pg.Conn(s.DB).Exec(ctx, insertInbound, channelIDs, kinds, names, blobs, options, md5s, times, work.Queue(), work.Kind(), conversations)
	if err != nil {
		return 0, fmt.Errorf("add inbound messages: %w", pg.Translate(err))
	}
	if tag.RowsAffected() > 0 {
		pg.Announced(s.DB)
	}
	return int(tag.RowsAffected()), nil
}

const inboundByID = `
	SELECT m.id, channel_id, channel_kind, external_id, blob_id, b.size, options, state, error, ticket_id, article_id, received_at
	FROM inbound_messages m
	JOIN blobs b ON b.id = m.blob_id
	WHERE m.id = $1`

// Inbound returns one received message, or desk.ErrNotFound.
func (s Keeper) Inbound(ctx context.Context, id desk.InboundID) (Message, error) {
	rows, _ := pg.Conn(s.DB).Query(ctx, inboundByID, id)
	inbound, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Message])
	if err != nil {
		return Message{}, fmt.Errorf("inbound message %d: %w", id, pg.Translate(err))
	}
	return inbound, nil
}

const inboundWithBytes = `
	SELECT m.id, channel_id, channel_kind, external_id, blob_id, b.size, options, state, error, ticket_id, article_id, received_at,
		b.sha256, b.place, CASE WHEN b.size <= $2 THEN b.data END AS data
	FROM inbound_messages m
	JOIN blobs b ON b.id = m.blob_id
	WHERE m.id = $1`

// InboundWithBytes is Inbound together with the message's blob: with its data, if they are in the
// database and most bytes at most.
func (s Keeper) InboundWithBytes(ctx context.Context, id desk.InboundID, most int64) (Message, error) {
	type row struct {
		Message
		Sum   []byte `db:"sha256"`
		Place string
		Data  []byte
	}
	rows, _ := pg.Conn(s.DB).Query(ctx, inboundWithBytes, id, most)
	m, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[row])
	if err != nil {
		return Message{}, fmt.Errorf("inbound message %d: %w", id, pg.Translate(err))
	}
	m.Bytes = desk.Blob{ID: m.BlobID, Sum: desk.BlobSum(m.Sum), Size: m.Size, Place: m.Place, Data: m.Data}
	return m.Message, nil
}

// wakeWaiting announces the messages that wait for one that has ended. It reads them without
// locking: they stay marked as waiting until they are processed, which harms nothing. Whoever
// decides to wait holds the parent's lock while it does, so none can be missed.
const wakeWaiting = `
	INSERT INTO outbox (queue, kind, payload)
	SELECT $2, $3, jsonb_build_object('inbound_id', id)
	FROM inbound_messages
	WHERE waits_for_id = $1 AND state = 'received'
	ORDER BY id`

// maxReason is how much of a reason is kept, in characters.
const maxReason = 2000

const endInbound = `
	UPDATE inbound_messages
	SET state = $2, error = nullif($3, ''), ticket_id = $4, article_id = $5, waits_for_id = NULL, processed_at = clock_timestamp()
	WHERE id = $1`

// EndInbound says what became of a message, and wakes those that wait for it. ticket and article
// are nil where there is none.
func (s Keeper) EndInbound(ctx context.Context, id desk.InboundID, state, reason string, ticket *desk.TicketID, article *desk.ArticleID) error {
	batch := &pgx.Batch{}
	s.queueEnd(batch, id, state, reason, ticket, article)
	return pg.Send(ctx, s.DB, batch, fmt.Sprintf("end inbound message %d", id))
}

func (s Keeper) queueEnd(batch *pgx.Batch, id desk.InboundID, state, reason string, ticket *desk.TicketID, article *desk.ArticleID) {
	reason = desk.Cut(desk.Plain(reason), maxReason) // strangers' texts are in it
	batch.Queue(endInbound, id, state, reason, ticket, article)
	work := task.MessageReceived{}
	batch.Queue(wakeWaiting, id, work.Queue(), work.Kind()).Exec(func(tag pgconn.CommandTag) error {
		if tag.RowsAffected() > 0 {
			pg.Announced(s.DB)
		}
		return nil
	})
}

// FailInbound says that a message can't become a ticket. Those that wait for it wait no longer. It
// belongs into the transaction that ends the message's task.
func (s Keeper) FailInbound(ctx context.Context, id desk.InboundID, reason string) error {
	return s.EndInbound(ctx, id, Failed, reason, nil, nil)
}

const reviveInbound = `
	UPDATE inbound_messages
	SET state = 'received', error = NULL, processed_at = NULL, options = options || $2::jsonb
	WHERE id = $1 AND state = 'failed'`

// RetryInbound makes a failed message one that waits to be processed again, and remembers how it
// failed. It returns desk.ErrNotFound when there is no such failed message.
func (s Keeper) RetryInbound(ctx context.Context, id desk.InboundID, failed channels.Failed) error {
	options := map[string]any{"failed": failed}
	return s.inTx(ctx, func(tx Keeper) error {
		tag, err := pg.Conn(tx.DB).Exec(ctx, reviveInbound, id, options)
		if err != nil {
			return fmt.Errorf("retry inbound message %d: %w", id, pg.Translate(err))
		}
		if tag.RowsAffected() == 0 {
			return fmt.Errorf("failed inbound message %d: %w", id, desk.ErrNotFound)
		}
		return tx.Announce(ctx, task.MessageReceived{InboundID: id})
	})
}

// FailedInbound counts the messages that could not be processed.
func (s Keeper) FailedInbound(ctx context.Context) (int, error) {
	var n int
	err := pg.Conn(s.DB).QueryRow(ctx, `SELECT count(*) FROM inbound_messages WHERE state = 'failed'`).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count failed inbound messages: %w", pg.Translate(err))
	}
	return n, nil
}
