package inbox

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"postroom/channels/email/account"
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
	sorts    bool          // it can list mail by the dates that senders wrote

	asked *imapclient.FetchCommand // bodies asked for and not yet read; they block the reader
}

// openSession connects, logs in and opens the folder.
func openSession(ctx context.Context, in Inbound) (*session, error) {
	s := &session{limits: in.limits, arrived: make(chan struct{}, 1)}
	if err := s.connect(ctx, in); err != nil {
		return nil, &account.StepError{Step: account.Connect, Err: err}
	}
	err := in.withToken(ctx, func(in Inbound) error {
		return s.within(ctx, in.limits.login, func() error { return s.login(in) })
	})
	if err != nil {
		s.cut()
		return nil, &account.StepError{Step: account.Login, Err: err}
	}
	err = s.within(ctx, in.limits.login, func() error { return s.open(in.Folder) })
	if err != nil {
		s.cut()
		return nil, &account.StepError{Step: account.Folder, Err: err}
	}
	return s, nil
}

func (s *session) connect(ctx context.Context, in Inbound) (err error) {
	if s.conn, err = dial(ctx, in); err != nil {
		return err
	}
	err = s.within(ctx, in.limits.login, func() error { return s.greet(in) })
	if err != nil {
		s.cut()
	}
	return err
}

// greet encrypts the connection as asked and waits for the server's first word.
func (s *session) greet(in Inbound) (err error) {
	config := account.TLSConfig(in.Host, in.Verify)
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
	if in.AuthType == "" {
		if s.client.Caps().Has(imap.CapLoginDisabled) {
			return errors.New("the server takes no password on an unencrypted connection")
		}
		return s.client.Login(in.User, in.Password).Wait()
	}
	mechanism, err := account.Mechanism(in.AuthType, in.User, in.Password, in.Host, in.Port)
	if err != nil {
		return err
	}
	return s.client.Authenticate(mechanism)
}

func (s *session) open(folder string) error {
	data, err := s.client.Select(folder, nil).Wait()
	if err != nil {
		return err
	}
	caps := s.client.Caps()
	s.validity, s.count = data.UIDValidity, data.NumMessages
	s.idle = caps.Has(imap.CapIdle)
	s.uidPlus, s.sorts = caps.Has(imap.CapUIDPlus), caps.Has(imap.CapSort)
	s.keywords = slices.Contains(data.PermanentFlags, imap.FlagWildcard)
	return nil
}

func (s *session) within(ctx context.Context, limit time.Duration, exchange func() error) error {
	return within(ctx, s.conn, limit, exchange)
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
