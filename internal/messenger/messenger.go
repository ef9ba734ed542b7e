// Package messenger turns what somebody wrote by a messenger into a ticket or a follow-up.
//
// It decides who wrote, which ticket that follows up and what becomes of it; all of it commits in one
// transaction, after the files were fetched. What the bytes of a message mean is the business of its
// channel, which hands in a reader. It knows no protocol and no queue. Mail has internal/intake.
package messenger

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/semaphore"

	"postroom/channels"
	"postroom/internal/blob"
	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/internal/store/arrivals"
)

// Kind is how messages of one kind of channel become tickets.
type Kind struct {
	Read channels.Reader
	Type desk.ArticleTypeID // of their articles
	// ByType: a message follows up what its writer began by such an article, in whichever channel.
	// Otherwise it follows up what began in the same channel.
	ByType bool
}

// Messenger processes received messages of all kinds but mail.
type Messenger struct {
	store  *store.Store
	blobs  *blob.Store
	kinds  map[string]Kind
	log    *slog.Logger
	memory *semaphore.Weighted // bytes of files being fetched
	slots  *semaphore.Weighted // messages whose files are being fetched
}

// memoryForFiles bounds the bytes of all files that are fetched at once in this process. A message with
// more is worked on alone.
const memoryForFiles = 48 << 20

// fetchAtOnce bounds for how many messages files are fetched at once in this process, and turnWithin
// says when the others ask for their turn again: a messenger that does not answer must not occupy the
// workers that mail needs.
const (
	fetchAtOnce = 2
	turnWithin  = time.Second
)

// New returns a Messenger that knows these kinds, by the names that their channels give them.
func New(s *store.Store, blobs *blob.Store, kinds map[string]Kind, log *slog.Logger) *Messenger {
	return &Messenger{
		store: s, blobs: blobs, kinds: kinds, log: log,
		memory: semaphore.NewWeighted(memoryForFiles), slots: semaphore.NewWeighted(fetchAtOnce),
	}
}

// Knows reports whether messages of a kind are processed here. Without a Messenger none are.
func (m *Messenger) Knows(kind string) bool {
	if m == nil {
		return false
	}
	_, known := m.kinds[kind]
	return known
}

// message is a received message on its way to become something.
type message struct {
	channels.Written
	kind    Kind
	inbound arrivals.Message
	task    desk.OutboxID
	channel desk.Channel
	catalog *desk.Catalog

	known  arrivals.Known
	writer desk.User
	fresh  []channels.File // of the message, with their bytes
}

// Process makes a received message what it is to become, exactly once, and ends its task. A message
// that is done already, or waits for an earlier one of its conversation, is no error. One that is
// desk.Permanent can't become anything; any other error is worth another attempt.
func (m *Messenger) Process(ctx context.Context, inbound arrivals.Message, outbox desk.OutboxID) error {
	waits, err := m.store.WaitForEarlier(ctx, inbound.ID, outbox)
	if err != nil || waits {
		return err
	}
	raw, err := m.blobs.Read(ctx, m.store, inbound.Bytes)
	if err != nil {
		return fmt.Errorf("bytes of inbound message %d: %w", inbound.ID, err)
	}
	msg, err := m.read(ctx, inbound, raw)
	if err != nil {
		return fmt.Errorf("inbound message %d: %w", inbound.ID, err)
	}
	if msg == nil {
		return m.end(ctx, inbound.ID, outbox, "")
	}
	msg.task = outbox
	release, err := m.fetch(ctx, msg)
	defer release()
	if lost, ok := errors.AsType[*lostError](err); ok {
		return m.refuse(ctx, msg, lost)
	}
	if err != nil {
		return fmt.Errorf("files of inbound message %d: %w", inbound.ID, err)
	}
	return m.store.InBriefTx(ctx, func(tx *store.Store) error {
		msg.known, err = tx.StartInbound(ctx, inbound.ID, outbox, arrivals.Mention{})
		if errors.Is(err, desk.ErrNotFound) {
			return tx.FinishTask(ctx, outbox) // done meanwhile
		}
		if err != nil {
			return err
		}
		return m.act(ctx, tx, msg)
	})
}

// read makes sense of the bytes. It returns nil for what is nothing for us.
func (m *Messenger) read(ctx context.Context, inbound arrivals.Message, raw []byte) (*message, error) {
	kind, known := m.kinds[inbound.Kind]
	if !known || inbound.ChannelID == nil {
		return nil, &desk.InvalidError{Field: "kind", Reason: "Messages of kind '" + inbound.Kind + "' can't be read."}
	}
	c, channel, err := m.channelOf(ctx, *inbound.ChannelID)
	if err != nil {
		return nil, err
	}
	written, err := kind.Read(ctx, channel, raw)
	if err != nil || written == nil {
		return nil, err
	}
	return &message{Written: *written, kind: kind, inbound: inbound, channel: channel, catalog: c}, nil
}

// channelOf returns the channel, of a catalog that may be newer than the one in memory. One that is
// not there was deleted.
func (m *Messenger) channelOf(ctx context.Context, id desk.ChannelID) (*desk.Catalog, desk.Channel, error) {
	c, err := m.store.Catalog(ctx)
	if err != nil {
		return nil, desk.Channel{}, err
	}
	if channel, there := c.Channels[id]; there {
		return c, channel, nil
	}
	m.store.ForgetCatalog()
	if c, err = m.store.Catalog(ctx); err != nil {
		return nil, desk.Channel{}, err
	}
	channel, there := c.Channels[id]
	if !there {
		return nil, desk.Channel{}, &desk.MissingError{Class: "Channel", ID: int64(id)}
	}
	return c, channel, nil
}

// end notes that a message becomes nothing, and why, where there is something to say.
func (m *Messenger) end(ctx context.Context, id desk.InboundID, outbox desk.OutboxID, reason string) error {
	return m.store.InTx(ctx, func(tx *store.Store) error { return ignore(ctx, tx, id, outbox, reason) })
}

func ignore(ctx context.Context, tx *store.Store, id desk.InboundID, outbox desk.OutboxID, reason string) error {
	if err := tx.EndInbound(ctx, id, arrivals.Ignored, reason, nil, nil); err != nil {
		return err
	}
	return tx.FinishTask(ctx, outbox)
}
