package email

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"postroom/channels"
	"postroom/channels/email/account"
	"postroom/channels/email/graph"
	"postroom/channels/email/inbox"
	"postroom/internal/desk"
)

// Turn gives a message its turn on a channel whose server takes one every so often: how long it has to
// wait. When that is longer than patience it has no turn, and may ask again then.
type Turn func(ctx context.Context, id desk.ChannelID, every, patience time.Duration) (wait time.Duration, ok bool, err error)

// Options of NewAccounts. What is nil or empty there is none of.
type Options struct {
	Tokens   func(desk.Channel) account.Tokens // of accounts whose owners signed in at a provider
	Known    inbox.Memory
	Turn     Turn
	GraphURL string       // empty: graph.Public
	Web      *http.Client // by which it is asked; nil: one of its own
	Log      *slog.Logger
}

// Accounts opens the accounts of an installation: mailboxes to be fetched, servers to send by. It
// keeps connections to these for a short while, for answers come in flocks.
type Accounts struct {
	Options
	idle *idleConnections
}

// NewAccounts returns Accounts that are to be closed in the end.
func NewAccounts(options Options) *Accounts {
	if options.GraphURL == "" {
		options.GraphURL = graph.Public
	}
	return &Accounts{Options: options, idle: newIdleConnections()}
}

// Close ends the connections that were kept. What is being sent goes on.
func (a *Accounts) Close() { a.idle.close() }

// Mailbox returns the mailbox of an account channel. refuse takes what is too large, where the
// settings don't want it left on its server.
func (a *Accounts) Mailbox(channel desk.Channel, catalog *desk.Catalog, refuse inbox.Refuse) (channels.Poller, error) {
	inbound, err := a.inbound(channel)
	if err != nil {
		return nil, err
	}
	inbound.MaxSize = int64(catalog.Settings.Int("postmaster_max_size")) << 20
	inbound.Known = a.Known
	if catalog.Settings.Bool("postmaster_send_reject_if_mail_too_large") {
		inbound.Refuse = refuse
	}
	switch inbound.Adapter {
	case account.POP3:
		return inbox.NewMaildrop(inbound, channel.ID, a.Log), nil
	case account.Graph:
		return inbox.NewCloudbox(inbound, channel.ID, a.Log), nil
	}
	return inbox.NewMailbox(inbound, channel.ID, a.Log), nil
}

// Check opens the mailbox of a channel and looks at the mail in it, as Wizard.CheckInbound does for
// accounts that are no channel yet.
func (a *Accounts) Check(ctx context.Context, channel desk.Channel) (found channels.Mailbox, err error) {
	inbound, err := a.inbound(channel)
	if err != nil {
		return found, err
	}
	if found, err = inbox.Look(ctx, inbound); err != nil {
		return found, setupError(channels.InboundSide, inbound.Host, err)
	}
	return found, nil
}

func (a *Accounts) inbound(channel desk.Channel) (inbox.Inbound, error) {
	stored, _ := channel.Options["inbound"].(map[string]any)
	inbound, err := inbox.ParseInbound(stored)
	if err != nil {
		return inbox.Inbound{}, fmt.Errorf("channel %d: %w", channel.ID, err)
	}
	if channel.GroupID != nil {
		inbound.GroupID = *channel.GroupID
	}
	inbound.Tokens, inbound.GraphURL, inbound.Web = a.tokens(channel), a.GraphURL, a.Web
	if inbound.Adapter == account.Graph && inbound.Tokens == nil {
		return inbox.Inbound{}, fmt.Errorf("channel %d: %w", channel.ID, errNoTokens)
	}
	return inbound, nil
}

var errNoTokens = &desk.InvalidError{Field: "auth", Reason: "Nobody signed in at the provider for this account."}

func (a *Accounts) tokens(channel desk.Channel) account.Tokens {
	if a.Tokens == nil {
		return nil
	}
	return a.Tokens(channel)
}

// Folders returns the folders of a mailbox at Microsoft.
func (a *Accounts) Folders(ctx context.Context, channel desk.Channel) ([]desk.MailFolder, error) {
	inbound, err := a.inbound(channel)
	if err != nil {
		return nil, err
	}
	client := graph.New(a.GraphURL, a.Web, inbound.User, inbound.Tokens)
	defer client.Close()
	return client.Folders(ctx)
}

// Sender returns the sender of a channel.
func (a *Accounts) Sender(channel desk.Channel) (channels.Sender, error) {
	stored, _ := channel.Options["outbound"].(map[string]any)
	sender, err := a.sender(stored, channel)
	if err != nil {
		return nil, fmt.Errorf("channel %d: %w", channel.ID, err)
	}
	_, opts := account.Side(stored)
	rate, err := opts.Count("messages_per_minute", maxRate)
	if err != nil {
		return nil, fmt.Errorf("channel %d: %w", channel.ID, err)
	}
	if rate == 0 || a.Turn == nil {
		return sender, nil
	}
	return &pacedSender{Sender: sender, turn: a.Turn, channel: channel.ID, every: time.Minute / time.Duration(rate)}, nil
}

func (a *Accounts) sender(stored map[string]any, channel desk.Channel) (channels.Sender, error) {
	adapter, opts := account.Side(stored)
	if adapter == graphOutbound {
		tokens := a.tokens(channel)
		if tokens == nil {
			return nil, errNoTokens
		}
		return newGraphSender(a.GraphURL, a.Web, opts, tokens)
	}
	sender, err := NewSender(stored)
	if err != nil {
		return nil, err
	}
	if bySMTP, ok := sender.(*smtpSender); ok {
		bySMTP.tokens, bySMTP.idle = a.tokens(channel), a.idle
	}
	return sender, nil
}
