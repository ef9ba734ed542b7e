package jobs

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"postroom/channels"
	"postroom/internal/desk"
	"postroom/internal/notify"
	"postroom/internal/store"
	"postroom/jobs/task"
)

// RefuseMail tells the sender of a mail that it was too large (reference/email.md 1.6). Nothing is
// kept of the answer, and nobody minds when it can't be sent.
type RefuseMail struct {
	store  *store.Store
	open   OpenSender
	log    *slog.Logger
	delays []time.Duration
}

// NewRefuseMail returns the job of task.MailTooLarge. delays are as those of NewDeliverArticle.
func NewRefuseMail(s *store.Store, open OpenSender, delays []time.Duration, log *slog.Logger) *RefuseMail {
	return &RefuseMail{store: s, open: open, delays: delays, log: log}
}

// Handler returns the job for the workers.
func (j *RefuseMail) Handler() Handler {
	return Handle(j, Retrying(deliverTimeout+noteSpan, j.delays))
}

// Work makes one attempt to send the answer.
func (j *RefuseMail) Work(ctx context.Context, t task.MailTooLarge, id desk.OutboxID) error {
	catalog, err := j.store.Catalog(ctx)
	if err != nil {
		return err
	}
	err = j.store.ClaimTask(ctx, id, claimSpan)
	if errors.Is(err, desk.ErrNotFound) {
		return nil // done meanwhile
	}
	if err != nil {
		return err
	}
	address, ok := addressOf(catalog, t.ChannelID)
	channel, there := catalog.Channels[t.ChannelID]
	if !ok || !there || catalog.Settings.Bool("import_mode") {
		return j.store.FinishTask(ctx, id) // nobody to answer as
	}
	message, err := refusal(t, address, catalog)
	if err != nil {
		return err
	}
	sender, err := j.open(channel)
	if err != nil {
		return err
	}
	if _, err := sender.Send(ctx, message); err != nil {
		return fmt.Errorf("answer to a mail that is too large: %w", err)
	}
	note, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteSpan)
	defer cancel()
	return j.store.FinishTask(note, id)
}

// GiveUp lets it be: the mail is kept apart, where an operator finds it.
func (j *RefuseMail) GiveUp(ctx context.Context, tx *store.Store, t task.MailTooLarge, id desk.OutboxID, reason error) error {
	j.log.WarnContext(ctx, "sender of a mail that is too large could not be told", "channel_id", t.ChannelID, "error", reason)
	return tx.FinishTask(ctx, id)
}

// addressOf is the first of our addresses that belongs to a channel.
func addressOf(c *desk.Catalog, channel desk.ChannelID) (desk.EmailAddress, bool) {
	for _, id := range slices.Sorted(maps.Keys(c.Addresses)) {
		if address := c.Addresses[id]; address.ChannelID != nil && *address.ChannelID == channel {
			return address, true
		}
	}
	return desk.EmailAddress{}, false
}

// refusal is the answer. The same mail always gets it under the same Message-ID.
func refusal(t task.MailTooLarge, from desk.EmailAddress, c *desk.Catalog) (channels.Outbound, error) {
	fqdn, _, _ := strings.Cut(c.Settings.String("fqdn"), ":")
	mail, err := notify.TooLarge(c.Settings.String("locale_default"), notify.LargeMail{
		Name: cmp.Or(t.Name, t.To), Subject: t.Subject, Size: t.Size, Limit: c.Settings.Int("postmaster_max_size"), FQDN: fqdn,
	})
	if err != nil {
		return channels.Outbound{}, err
	}
	sum := sha256.Sum256([]byte(t.MessageID + "\x00" + t.To))
	sender := desk.FormatAddress(from.Name, from.Email)
	return channels.Outbound{
		MessageID: fmt.Sprintf("<oversized.%s@%s>", hex.EncodeToString(sum[:12]), fqdn),
		InReplyTo: t.MessageID, References: []string{t.MessageID}, From: sender, To: t.To, Bcc: c.HiddenCopy(),
		Subject: mail.Subject, ContentType: "text/plain", Body: mail.Body, EHLODomain: desk.EHLODomain(fqdn, sender),
	}, nil
}
