// Package email speaks to mail servers: it fetches mailboxes by IMAP or POP3 and sends mail by SMTP
// or a local sendmail.
//
// In go the options of a channel, out come raw messages; in goes an answer, out come the bytes
// that were sent. It parses no body, knows no ticket and keeps nothing: what may be acknowledged
// at the server it learns from the function it hands messages to.
package email

import (
	"fmt"
	"log/slog"

	"postroom/channels"
	"postroom/channels/email/account"
	"postroom/channels/email/inbox"
	"postroom/internal/desk"
)

// Kind is what messages of this channel are called in channels.Inbound.
const Kind = inbox.Kind

// Open returns the mailbox of an account channel. known may be nil. refuse takes what is too large,
// where the settings don't want it left on its server.
func Open(channel desk.Channel, catalog *desk.Catalog, known inbox.Memory, refuse inbox.Refuse, log *slog.Logger) (channels.Poller, error) {
	stored, _ := channel.Options["inbound"].(map[string]any)
	inbound, err := inbox.ParseInbound(stored)
	if err != nil {
		return nil, fmt.Errorf("channel %d: %w", channel.ID, err)
	}
	if channel.GroupID != nil {
		inbound.GroupID = *channel.GroupID
	}
	inbound.MaxSize = int64(catalog.Settings.Int("postmaster_max_size")) << 20
	inbound.Known = known
	if catalog.Settings.Bool("postmaster_send_reject_if_mail_too_large") {
		inbound.Refuse = refuse
	}
	if inbound.Adapter == account.POP3 {
		return inbox.NewMaildrop(inbound, channel.ID, log), nil
	}
	return inbox.NewMailbox(inbound, channel.ID, log), nil
}

// OpenSender returns the sender of a channel.
func OpenSender(channel desk.Channel) (channels.Sender, error) {
	stored, _ := channel.Options["outbound"].(map[string]any)
	sender, err := NewSender(stored)
	if err != nil {
		return nil, fmt.Errorf("channel %d: %w", channel.ID, err)
	}
	return sender, nil
}
