package intake

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"postroom/channels"
	"postroom/internal/desk"
	"postroom/internal/desk/thread"
	"postroom/internal/store"
	"postroom/internal/store/arrivals"
	"postroom/parser"
)

// kindEmail is what channels call a mail.
const kindEmail = "email"

// maxExternalID is how long a message's name at its source may be, in bytes. An index holds it.
const maxExternalID = 500

// Receive takes over messages: when it returns nil they are committed, and each new one has its
// task. A message that we have already counts as taken. It is a channels.Receive.
func (in *Intake) Receive(ctx context.Context, messages []channels.Inbound) error {
	if len(messages) == 0 {
		return nil
	}
	err := in.take(ctx, messages)
	if err == nil || len(messages) == 1 || ctx.Err() != nil || errors.Is(err, desk.ErrUnavailable) {
		return err
	}
	// One of them is at fault. Those that aren't get in all the same, each on its own.
	var failures []error
	for i, message := range messages {
		err := in.take(ctx, messages[i:i+1])
		if errors.Is(err, desk.ErrUnavailable) {
			return err // the database went away meanwhile: the others would only wait for it, too
		}
		if err != nil {
			failures = append(failures, fmt.Errorf("message %s of channel %d: %w", message.ExternalID, message.ChannelID, err))
		}
	}
	return errors.Join(failures...)
}

// take commits messages, all or none.
func (in *Intake) take(ctx context.Context, messages []channels.Inbound) error {
	c, err := in.store.Catalog(ctx)
	if err != nil {
		return err
	}
	fresh, bytes := withoutTwins(messages)
	return in.store.InBriefTx(ctx, func(tx *store.Store) error {
		ids, err := in.blobs.Put(ctx, tx, placeOf(c), bytes...)
		if err != nil {
			return err
		}
		for i := range fresh {
			fresh[i].BlobID = ids[i]
		}
		_, err = tx.AddInbound(ctx, fresh)
		return err
	})
}

// withoutTwins names each message and leaves out those that are twice in one batch, by name or by
// content. The database knows about earlier batches only, and like here takes two mails with the
// same name and different Message-IDs for two.
func withoutTwins(messages []channels.Inbound) (fresh []arrivals.Arrival, bytes [][]byte) {
	type name struct {
		channel desk.ChannelID
		kind    string
		text    string
	}
	seen := map[name]bool{}
	for _, message := range messages {
		message.ExternalID, message.Conversation = externalID(message.ExternalID), externalID(message.Conversation)
		entry := arrivals.Arrival{Inbound: message}
		named := func(text string) name { return name{message.ChannelID, message.Kind, text} }
		id := named("id " + message.ExternalID)
		twin := seen[id]
		if message.Kind == kindEmail {
			entry.MessageIDMD5 = thread.MessageIDSum(parser.MessageID(message.Raw))
			if twin {
				entry.ExternalID += ":" + entry.MessageIDMD5
			}
			sum := desk.BlobSumOf(message.Raw)
			mail, content := named("mail "+entry.MessageIDMD5+" "+message.ExternalID), named("content "+string(sum[:]))
			twin = seen[mail] || seen[content]
			seen[mail], seen[content] = true, true
		}
		seen[id] = true
		if !twin {
			fresh, bytes = append(fresh, entry), append(bytes, message.Raw)
		}
	}
	return fresh, bytes
}

// externalID makes a source's name for a message one that the database can hold. Names that are
// too long keep their uniqueness by a hash.
func externalID(id string) string {
	id = strings.ReplaceAll(strings.ToValidUTF8(id, "?"), "\x00", "?")
	if len(id) <= maxExternalID {
		return id
	}
	sum := desk.BlobSumOf([]byte(id))
	return "sha256:" + hex.EncodeToString(sum[:])
}
