package inbox

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	"postroom/channels/email/account"
	"postroom/channels/email/pop3"
)

// maildropSession is one session with a POP3 server.
type maildropSession struct {
	limits   limits
	conn     net.Conn
	client   *pop3.Client
	messages []pop3.Message // oldest first
	byUID    map[string]pop3.Message
	marked   []string // to be deleted when the session ends
}

// openMaildrop connects, logs in and lists what is there.
func openMaildrop(ctx context.Context, in Inbound) (*maildropSession, error) {
	conn, err := dial(ctx, in)
	if err != nil {
		return nil, &account.StepError{Step: account.Connect, Err: err}
	}
	s := &maildropSession{limits: in.limits, conn: conn, byUID: map[string]pop3.Message{}}
	for _, one := range []struct {
		step  account.Step
		limit time.Duration
		take  func(in Inbound) error
	}{
		{account.Connect, in.limits.login, s.greet},
		{account.Login, in.limits.login, s.login},
		{account.List, in.limits.search, s.list},
	} {
		take := func(in Inbound) error { return within(ctx, conn, one.limit, func() error { return one.take(in) }) }
		if one.step == account.Login {
			signIn := take
			take = func(in Inbound) error { return in.withToken(ctx, signIn) }
		}
		if err := take(in); err != nil {
			s.cut()
			return nil, &account.StepError{Step: one.step, Err: err}
		}
	}
	return s, nil
}

// greet encrypts the connection as asked and waits for the server's first word.
func (s *maildropSession) greet(in Inbound) (err error) {
	config := account.TLSConfig(in.Host, in.Verify)
	conn := s.conn
	if in.Security == TLS {
		secure := tls.Client(s.conn, config)
		if err := secure.Handshake(); err != nil {
			return err
		}
		conn = secure
	}
	if s.client, err = pop3.New(conn); err != nil || in.Security != StartTLS {
		return err
	}
	return s.client.StartTLS(config)
}

func (s *maildropSession) login(in Inbound) error {
	if in.AuthType == "" {
		return s.client.Login(in.User, in.Password)
	}
	mechanism, err := account.Mechanism(in.AuthType, in.User, in.Password, in.Host, in.Port)
	if err != nil {
		return err
	}
	return s.client.Authenticate(mechanism)
}

func (s *maildropSession) list(Inbound) (err error) {
	if s.messages, err = s.client.Messages(); err != nil {
		return err
	}
	for _, message := range s.messages {
		if _, twice := s.byUID[message.UID]; !twice {
			s.byUID[message.UID] = message
		}
	}
	return nil
}

// retrieve returns a message. there is false when it is gone.
func (s *maildropSession) retrieve(ctx context.Context, uid string, maxSize int64) (raw []byte, there bool, err error) {
	message, there := s.byUID[uid]
	if !there {
		return nil, false, nil
	}
	err = within(ctx, s.conn, s.limits.fetch, func() (err error) {
		raw, err = s.client.Retrieve(message, maxSize)
		return err
	})
	if large, ok := errors.AsType[*pop3.TooLargeError](err); ok {
		err = &tooLargeError{large.Size}
	}
	return raw, true, err
}

// mark marks a message to be deleted.
func (s *maildropSession) mark(ctx context.Context, uid string) error {
	message, there := s.byUID[uid]
	if !there {
		return nil
	}
	err := within(ctx, s.conn, s.limits.store, func() error { return s.client.Delete(message) })
	if err == nil {
		s.marked = append(s.marked, uid)
	}
	return err
}

// end has the server delete what is marked, and closes the connection.
func (s *maildropSession) end(ctx context.Context) error {
	defer s.cut()
	return within(ctx, s.conn, s.limits.expunge, s.client.Quit)
}

func (s *maildropSession) cut() { _ = s.conn.Close() }

// The rest is what account checks need.

func (s *maildropSession) total() int { return len(s.messages) }

func (s *maildropSession) quit() {
	patience := time.AfterFunc(time.Second, s.cut)
	defer patience.Stop()
	_ = s.client.Quit()
	s.cut()
}

func (s *maildropSession) hasOld(context.Context, time.Time) (bool, error) { return false, nil }

func (s *maildropSession) hasContent(ctx context.Context) (bool, error) {
	for _, message := range s.messages {
		header, err := s.header(ctx, message)
		if err != nil {
			return false, err
		}
		if scanHeader(header).isContent() {
			return true, nil
		}
	}
	return false, nil
}

func (s *maildropSession) takeProbe(ctx context.Context, marker string) (bool, error) {
	newest := s.messages[max(0, len(s.messages)-newestLooked):]
	for _, message := range slices.Backward(newest) {
		header, err := s.header(ctx, message)
		if err != nil {
			return false, err
		}
		if !hasMarker(header, marker) {
			continue
		}
		err = s.mark(ctx, message.UID)
		if err == nil {
			err = s.end(ctx)
		}
		if err != nil {
			return true, fmt.Errorf("delete the test message: %w", err)
		}
		return true, nil
	}
	return false, nil
}

// header returns the header block of a message, or nothing of one that the server can't show. From a
// server that shows no headers alone it takes the whole message.
func (s *maildropSession) header(ctx context.Context, message pop3.Message) (header []byte, err error) {
	err = within(ctx, s.conn, s.limits.details, func() error {
		header, err = s.client.Header(message)
		if _, refused := errors.AsType[*pop3.Error](err); refused {
			header, err = s.client.Retrieve(message, checkedSize)
		}
		return err
	})
	if err != nil && !lost(err) {
		return nil, nil
	}
	return header, err
}

// checkedSize is the most bytes of a message that an account check looks at.
const checkedSize = 1 << 20
