package email

import (
	"strings"
	"time"

	"postroom/channels"
	"postroom/channels/email/account"
	"postroom/internal/desk"
)

// server is an SMTP server that takes our mail (reference/email.md 6.6).
type server struct {
	host      string
	port      int
	tls       bool // from the first byte
	startTLS  bool // when the server offers it
	mustTLS   bool // refuse a server that doesn't
	verify    bool // the server's certificate
	user      string
	password  string // or an access token
	mechanism string // SASL; empty: what the server offers
	domain    string // of EHLO; empty: the message says
	open      time.Duration
	read      time.Duration // of one answer
}

// NewSender returns the sender that the outbound side of a channel describes: adapter, options.
// Its errors are *desk.InvalidError.
func NewSender(stored map[string]any) (channels.Sender, error) {
	adapter, opts := account.Side(stored)
	switch adapter {
	case "smtp":
		server, err := parseServer(opts)
		if err != nil {
			return nil, err
		}
		return &smtpSender{server: server}, nil
	case "sendmail":
		return &sendmailSender{program: sendmailProgram}, nil
	}
	return nil, account.UnknownAdapter(adapter)
}

func parseServer(opts account.Options) (server, error) {
	host, err := opts.Host()
	if err != nil {
		return server{}, err
	}
	s := server{
		host: host, startTLS: opts.Flag("enable_starttls_auto", true), verify: opts.Flag("ssl_verify", true),
		user: opts.Text("user"), password: opts.Text("password"), domain: strings.TrimSpace(opts.Text("domain")),
		open: 30 * time.Second, read: 60 * time.Second,
	}
	if s.port, err = opts.Port(25); err != nil {
		return server{}, err
	}
	switch strings.ToLower(strings.TrimSpace(opts.Text("ssl"))) {
	case "", "off", "false":
		s.tls = s.port == 465
	case "starttls":
		s.startTLS, s.mustTLS = true, true
	default:
		s.tls = true
	}
	if shared := strings.TrimSpace(opts.Text("shared_mailbox")); shared != "" {
		s.user = shared // as for fetching
	}
	switch opts.Text("openssl_verify_mode") {
	case "none":
		s.verify = false
	case "peer":
		s.verify = true
	}
	s.mechanism = strings.ReplaceAll(strings.ToUpper(strings.TrimSpace(opts.Text("authentication"))), "_", "-")
	switch s.mechanism {
	case "AUTOMATIC", "AUTO":
		s.mechanism = ""
	case "", mechanismPlain, mechanismLogin, mechanismCRAM, mechanismXOAuth2:
	default:
		return server{}, &desk.InvalidError{Field: "authentication", Reason: "Unknown authentication '" + opts.Text("authentication") + "'"}
	}
	return s, nil
}
