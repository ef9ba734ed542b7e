package email

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"

	"postroom/internal/desk"
)

// session is one connection to an IMAP server with a folder selected.
type session struct {
	limits   limits
	conn     net.Conn
	client   *imapclient.Client
	validity uint32        // UIDVALIDITY of the folder
	count    uint32        // messages in the folder, when it was selected
	arrived  chan struct{} // the server said that there are more messages
	idle     bool          // it can tell about new mail
	uidPlus  bool          // it can expunge single messages
	keywords bool          // it can keep marks of our own

	asked *imapclient.FetchCommand // bodies asked for and not yet read; they block the reader
}

// steps of opening a session, which tell what is wrong with an account.
type step string

const (
	stepConnect step = "connect"
	stepLogin   step = "log in"
	stepFolder  step = "open folder"
)

type stepError struct {
	step step
	err  error
}

func (e *stepError) Error() string { return string(e.step) + ": " + e.err.Error() }
func (e *stepError) Unwrap() error { return e.err }

// errTooSlow is why a dialogue was cut.
var errTooSlow = errors.New("the server took too long to answer")

// openSession connects, logs in and opens the folder.
func openSession(ctx context.Context, in Inbound) (*session, error) {
	s := &session{limits: in.limits, arrived: make(chan struct{}, 1)}
	if err := s.connect(ctx, in); err != nil {
		return nil, &stepError{stepConnect, err}
	}
	err := s.within(ctx, in.limits.login, func() error { return s.login(in) })
	if err != nil {
		s.cut()
		return nil, &stepError{stepLogin, err}
	}
	err = s.within(ctx, in.limits.login, func() error { return s.open(in.Folder) })
	if err != nil {
		s.cut()
		return nil, &stepError{stepFolder, err}
	}
	return s, nil
}

func (s *session) connect(ctx context.Context, in Inbound) error {
	// Keep-alive probes find a dead connection while we wait for news.
	dialer := net.Dialer{Timeout: in.limits.login, KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: 30 * time.Second, Interval: 15 * time.Second, Count: 4,
	}}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(in.Host, strconv.Itoa(in.Port)))
	if err != nil {
		return err
	}
	s.conn = conn
	err = s.within(ctx, in.limits.login, func() error { return s.greet(in) })
	if err != nil {
		s.cut()
	}
	return err
}

// greet encrypts the connection as asked and waits for the server's first word.
func (s *session) greet(in Inbound) (err error) {
	config := tlsConfig(in.Host, in.Verify)
	options := &imapclient.Options{
		TLSConfig:             config,
		UnilateralDataHandler: &imapclient.UnilateralDataHandler{Mailbox: s.notice},
	}
	switch in.Security {
	case Plain:
		s.client = imapclient.New(s.conn, options)
	case StartTLS:
		s.client, err = imapclient.NewStartTLS(s.conn, options)
	default:
		secure := tls.Client(s.conn, config)
		if err := secure.Handshake(); err != nil {
			return err
		}
		s.conn = secure
		s.client = imapclient.New(secure, options)
	}
	if err != nil {
		return err
	}
	return s.client.WaitGreeting()
}

func tlsConfig(host string, verify bool) *tls.Config {
	return &tls.Config{ServerName: host, InsecureSkipVerify: !verify} //nolint:gosec // the admin's choice, ssl_verify
}

// notice is called by the connection's reader.
func (s *session) notice(data *imapclient.UnilateralDataMailbox) {
	if data.NumMessages == nil {
		return
	}
	select {
	case s.arrived <- struct{}{}:
	default: // one notice is as good as two
	}
}

func (s *session) login(in Inbound) error {
	if s.client.State() == imap.ConnStateAuthenticated {
		return nil // PREAUTH
	}
	switch in.AuthType {
	case "":
		if s.client.Caps().Has(imap.CapLoginDisabled) {
			return errors.New("the server takes no password on an unencrypted connection")
		}
		return s.client.Login(in.User, in.Password).Wait()
	case "PLAIN":
		return s.client.Authenticate(sasl.NewPlainClient("", in.User, in.Password))
	case "LOGIN":
		return s.client.Authenticate(sasl.NewLoginClient(in.User, in.Password))
	case "XOAUTH2":
		return s.client.Authenticate(xoauth2{user: in.User, token: in.Password})
	}
	return &desk.InvalidError{Field: "auth_type", Reason: "Unknown authentication type '" + in.AuthType + "'"}
}

func (s *session) open(folder string) error {
	data, err := s.client.Select(folder, nil).Wait()
	if err != nil {
		return err
	}
	caps := s.client.Caps()
	s.validity, s.count = data.UIDValidity, data.NumMessages
	s.idle = caps.Has(imap.CapIdle)
	s.uidPlus = caps.Has(imap.CapUIDPlus)
	s.keywords = slices.Contains(data.PermanentFlags, imap.FlagWildcard)
	return nil
}

// within runs one exchange with the server and cuts the connection when it takes longer than
// limit or ctx ends, because nothing else stops a reader of a silent connection.
func (s *session) within(ctx context.Context, limit time.Duration, exchange func() error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errTooSlow)
	defer cancel()
	defer context.AfterFunc(ctx, func() { _ = s.conn.Close() })()
	err := exchange()
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("%w (%w)", context.Cause(ctx), err)
	}
	return err
}

// alive asks the server for news and tells whether there is still one.
func (s *session) alive(ctx context.Context) bool {
	return s.within(ctx, s.limits.login, func() error { return s.client.Noop().Wait() }) == nil
}

// quit ends the session in good manners, but not for long.
func (s *session) quit() {
	patience := time.AfterFunc(time.Second, func() { _ = s.conn.Close() })
	defer patience.Stop()
	_ = s.client.Logout().Wait()
	s.cut()
}

// cut ends the connection and waits for its reader.
func (s *session) cut() {
	_ = s.conn.Close()
	if s.asked != nil {
		_ = s.asked.Close()
		s.asked = nil
	}
	if s.client != nil {
		_ = s.client.Close()
	}
}

// lost reports whether an error is the connection's, not one command's.
func lost(err error) bool {
	refused, ok := errors.AsType[*imap.Error](err)
	return err != nil && (!ok || refused.Type == imap.StatusResponseTypeBye)
}

// xoauth2 is Google's and Microsoft's SASL mechanism for OAuth tokens.
type xoauth2 struct{ user, token string }

func (x xoauth2) Start() (mech string, first []byte, err error) {
	return "XOAUTH2", []byte("user=" + x.user + "\x01auth=Bearer " + x.token + "\x01\x01"), nil
}

// Next answers the server's account of what is wrong; it then refuses for good.
func (x xoauth2) Next([]byte) ([]byte, error) { return nil, nil }
