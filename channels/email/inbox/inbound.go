// Package inbox fetches mailboxes, by IMAP or POP3.
//
// Messages go out to a function that commits them, and only then are acknowledged at their server.
// What can't be fetched stays there and is named; what broke is taken up again. It parses no more of
// a message than it must, and remembers nothing that a restart may lose.
package inbox

import (
	"context"
	"net/http"
	"strings"
	"time"

	"postroom/channels/email/account"
	"postroom/internal/desk"
)

// Security is how a connection to a mail server is encrypted.
type Security string

// As stored in a channel's option ssl.
const (
	TLS      Security = "ssl"      // from the first byte
	StartTLS Security = "starttls" // by the command of that name, required
	Plain    Security = "off"
)

// Memory knows what a channel has brought in before. It is asked about mail that stays on its server.
type Memory interface {
	// KnownMessages reports which of these Message-IDs are known: another copy or a new UIDVALIDITY
	// shows a message to us again.
	KnownMessages(ctx context.Context, channelID desk.ChannelID, messageIDs []string) (map[string]bool, error)
	// KnownNames reports which of these external ids are known: nothing on a POP3 server tells.
	KnownNames(ctx context.Context, channelID desk.ChannelID, names []string) (map[string]bool, error)
}

// Inbound is a mailbox to be fetched (reference/email.md 1.2, 1.3).
type Inbound struct {
	Adapter  string // account.IMAP, account.POP3, account.Graph
	Host     string
	Port     int
	Security Security
	Verify   bool // the server's certificate
	User     string
	Password string
	AuthType string // SASL mechanism; empty: a command with user and password
	Folder   string // of IMAP: its name; of Graph: its id, empty: the inbox
	Keep     bool   // leave mail there instead of deleting it
	Archive  bool   // old mail, which was put there in any order

	Tokens   account.Tokens // instead of Password; nil: Password it is
	GraphURL string         // of Graph: where it is
	Web      *http.Client   // by which it is asked; nil: one of its own

	Trusted bool         // X-Zammad-* headers of its mail may steer us
	GroupID desk.GroupID // of new tickets; 0: the address decides
	MaxSize int64        // bytes of a mail; 0: no limit
	Refuse  Refuse       // takes mail above MaxSize; nil: it stays on the server
	Known   Memory       // nil: nothing is

	limits limits
}

// Refuse keeps a message apart that is larger than wanted and has its sender told. When it returns
// nil the message is dealt with like one that was received.
type Refuse func(ctx context.Context, channelID desk.ChannelID, raw []byte) error

// refusable is the largest message that is fetched to be refused; larger ones stay on the server.
const refusable = 256 << 20 // bytes

// most is the size up to which messages are fetched at all; 0: any.
func (in Inbound) most() int64 {
	if in.Refuse != nil && in.MaxSize > 0 {
		return max(in.MaxSize, refusable)
	}
	return in.MaxSize
}

// limits are how long the steps of a dialogue may take, and how much is done in one poll.
type limits struct {
	messages int           // in one poll; then other mailboxes get a turn
	login    time.Duration // connect, log in, select: each
	search   time.Duration
	details  time.Duration // sizes and flags of one batch
	fetch    time.Duration // bodies of one batch
	store    time.Duration // flags of one batch
	expunge  time.Duration
	grace    time.Duration // for the batch in hand, after we were told to stop
	idle     time.Duration // one IDLE command; servers hang up after 30 minutes, some routers earlier
}

var (
	usualLimits = limits{
		messages: 5000, login: 45 * time.Second, search: 6 * time.Minute, details: 2 * time.Minute, fetch: 4 * time.Minute,
		store: 4 * time.Minute, expunge: 16 * time.Minute, grace: 5 * time.Second, idle: 9 * time.Minute,
	}
	// checkLimits are for people who wait in front of a form.
	checkLimits = limits{
		login: 8 * time.Second, search: 30 * time.Second, details: 30 * time.Second, fetch: 30 * time.Second,
		store: 30 * time.Second, expunge: 30 * time.Second, grace: time.Second, idle: time.Minute,
	}
)

// ParseInbound reads the inbound side of a channel: adapter, options, trusted. Its errors are
// *desk.InvalidError. Group, size limit and Known are the caller's to fill in.
func ParseInbound(stored map[string]any) (Inbound, error) {
	adapter, opts := account.Side(stored)
	var host string
	var err error
	switch adapter {
	case account.IMAP, account.POP3:
		host, err = opts.Host()
	case account.Graph: // everybody's server is the same
	default:
		err = account.UnknownAdapter(adapter)
	}
	if err != nil {
		return Inbound{}, err
	}
	inbound := Inbound{
		Adapter:  adapter,
		Host:     host,
		Security: security(opts.Text("ssl")),
		Verify:   opts.Flag("ssl_verify", true),
		User:     opts.Text("user"),
		Password: opts.Text("password"),
		AuthType: strings.ToUpper(strings.TrimSpace(opts.Text("auth_type"))),
		Folder:   opts.Text("folder"),
		Keep:     opts.Flag("keep_on_server", false),
		Archive:  opts.Flag("archive", false),
		Trusted:  account.Options(stored).Flag("trusted", false),
		limits:   usualLimits,
	}
	if inbound.Port, err = opts.Port(inbound.usualPort()); err != nil {
		return Inbound{}, err
	}
	if inbound.User == "" {
		return Inbound{}, &desk.InvalidError{Field: "user", Reason: "The user name is missing."}
	}
	if shared := strings.TrimSpace(opts.Text("shared_mailbox")); shared != "" {
		inbound.User = shared // whoever signed in at the provider may open it; its name is what servers are told
	}
	switch {
	case adapter == account.POP3:
		inbound.Folder = ""
	case adapter == account.Graph:
		inbound.Folder = opts.Text("folder_id")
	case inbound.Folder == "":
		inbound.Folder = "INBOX"
	}
	return inbound, nil
}

func (in Inbound) usualPort() int {
	switch {
	case in.Adapter == account.POP3 && in.Security == TLS:
		return 995
	case in.Adapter == account.POP3:
		return 110
	case in.Security == TLS:
		return 993
	}
	return 143
}

// security reads option ssl: everything but off and starttls means TLS, so that a slip of the
// pen never sends a password in clear.
func security(ssl string) Security {
	switch strings.ToLower(strings.TrimSpace(ssl)) {
	case "off", "false":
		return Plain
	case "starttls":
		return StartTLS
	}
	return TLS
}
