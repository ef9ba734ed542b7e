package email

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail/smtp"

	"postroom/channels"
	"postroom/channels/email/account"
	"postroom/channels/email/letter"
	"postroom/internal/desk"
)

const (
	mechanismPlain   = "PLAIN"
	mechanismLogin   = "LOGIN"
	mechanismCRAM    = "CRAM-MD5"
	mechanismXOAuth2 = "XOAUTH2"
)

// smtpSender sends by SMTP. Connections are kept for the next message, where there is something to
// keep them.
type smtpSender struct {
	server server
	tokens account.Tokens   // instead of the password; nil: that it is
	idle   *idleConnections // nil: none is kept
}

// Send delivers a message to all its recipients or to none.
func (s *smtpSender) Send(ctx context.Context, message channels.Outbound) ([]byte, error) {
	mail, err := letter.Compose(message, time.Now())
	if err != nil {
		return nil, err
	}
	return mail.Raw, s.deliver(ctx, mail, message.EHLODomain)
}

// deliver sends a message over a connection that was kept, or else over a new one.
func (s *smtpSender) deliver(ctx context.Context, mail letter.Letter, fqdn string) error {
	server := s.server
	if server.domain == "" {
		server.domain = ehloDomain(fqdn, mail.Sender)
	}
	for {
		c := s.idle.take(server)
		if c == nil {
			var err error
			if c, err = s.dial(ctx, server); err != nil {
				return fmt.Errorf("SMTP server %s: %w", server.host, err)
			}
		}
		stale, err := s.over(ctx, server, c, mail)
		if stale && ctx.Err() == nil {
			continue // the server had hung up before it heard of the message
		}
		if err != nil {
			return fmt.Errorf("SMTP server %s: %w", server.host, err)
		}
		return nil
	}
}

// over sends a message over a connection, and keeps that for the next one if it is still good. stale
// says that it had been no good since it was kept: nothing of the message went over it.
func (s *smtpSender) over(ctx context.Context, server server, c *connection, mail letter.Letter) (stale bool, err error) {
	release := c.bind(ctx)
	if c.messages > 0 || c.reused {
		if err := c.client.Reset(); err != nil {
			release()
			c.cut()
			return c.reused, err
		}
	}
	begun, err := transfer(c.client, mail)
	c.messages++
	if !release() { // its context ended, and it with that
		if err != nil {
			return false, errors.Join(ctx.Err(), err)
		}
		return false, nil
	}
	if err == nil || desk.Permanent(err) || answered(err) && !isClosing(err) {
		s.idle.keep(server, c)
		return false, err
	}
	c.cut()
	return c.reused && !begun, err
}

// isClosing reports whether a server said that it closes the connection with its answer (RFC 5321, 3.8).
func isClosing(err error) bool {
	answer, ok := errors.AsType[*textproto.Error](err)
	return ok && answer.Code == 421
}

// check logs in, and that is all.
func (s *smtpSender) check(ctx context.Context, fqdn string) error {
	server := s.server
	if server.domain == "" {
		server.domain = ehloDomain(fqdn, "")
	}
	c, err := s.dial(ctx, server)
	if err != nil {
		return err
	}
	c.quit()
	return nil
}

// dial connects and logs in. A token that the server refuses is replaced, once.
func (s *smtpSender) dial(ctx context.Context, server server) (*connection, error) {
	if s.tokens == nil {
		return server.dial(ctx)
	}
	if server.mechanism == "" {
		server.mechanism = mechanismXOAuth2
	}
	token, err := s.tokens.Token(ctx)
	if err != nil {
		return nil, &account.StepError{Step: account.Login, Err: err}
	}
	server.password = token
	c, err := server.dial(ctx)
	if step, ok := errors.AsType[*account.StepError](err); !ok || step.Step != account.Login || !answered(err) {
		return c, err
	}
	if err := s.tokens.Refused(ctx, token); err != nil {
		return nil, err
	}
	next, renewing := s.tokens.Token(ctx)
	if renewing != nil || next == token {
		return nil, errors.Join(err, renewing)
	}
	server.password = next
	return server.dial(ctx)
}

// dial connects and logs in.
func (s server) dial(ctx context.Context) (*connection, error) {
	dialer := net.Dialer{Timeout: s.open}
	plain, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(s.host, strconv.Itoa(s.port)))
	if err != nil {
		return nil, &account.StepError{Step: account.Connect, Err: err}
	}
	c := &connection{conn: plain}
	release := c.bind(ctx)
	c.client, err = s.greet(&patientConn{Conn: plain, patience: s.read})
	if err == nil && s.user != "" {
		err = s.login(c.client)
	}
	if !release() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		c.cut()
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, err
	}
	return c, nil
}

func (s server) greet(conn net.Conn) (*smtp.Client, error) {
	config := account.TLSConfig(s.host, s.verify)
	if s.tls {
		conn = tls.Client(conn, config)
	}
	client, err := smtp.NewClient(conn, s.host)
	if err != nil {
		return nil, &account.StepError{Step: account.Connect, Err: err}
	}
	if err := client.Hello(s.domain); err != nil {
		return nil, &account.StepError{Step: account.Connect, Err: err}
	}
	offered, _ := client.Extension("STARTTLS")
	if s.mustTLS && !offered {
		return nil, &account.StepError{Step: account.Connect, Err: errors.New("the server doesn't offer STARTTLS")}
	}
	if s.startTLS && offered && !s.tls {
		if err := client.StartTLS(config); err != nil {
			return nil, &account.StepError{Step: account.Connect, Err: fmt.Errorf("STARTTLS: %w", err)}
		}
	}
	return client, nil
}

// login authenticates. A password goes over a plain connection only where the admin switched
// encryption off or the server knows none.
func (s server) login(client *smtp.Client) error {
	_, offer := client.Extension("AUTH")
	mechanism := s.mechanism
	if mechanism == "" {
		offered := strings.Fields(strings.ToUpper(offer))
		for _, candidate := range []string{mechanismPlain, mechanismCRAM, mechanismLogin} {
			if slices.Contains(offered, candidate) {
				mechanism = candidate
				break
			}
		}
	}
	var auth smtp.Auth
	switch mechanism {
	case mechanismPlain:
		auth = smtp.PlainAuth("", s.user, s.password, s.host, true)
	case mechanismLogin:
		auth = smtp.LoginAuth(s.user, s.password, s.host, true)
	case mechanismCRAM:
		auth = smtp.CRAMMD5Auth(s.user, s.password)
	case mechanismXOAuth2:
		auth = smtp.XOAuth2Auth(s.user, s.password)
	default:
		return &account.StepError{Step: account.Login, Err: errors.New("the server offers no authentication that we know")}
	}
	if err := client.Auth(auth); err != nil {
		return &account.StepError{Step: account.Login, Err: err}
	}
	return nil
}

// transfer hands a message over. Who refuses one recipient gets nothing for the others either:
// another attempt would reach them twice. begun says that the server has been sent something of it,
// and may have it also when there is an error.
func transfer(client *smtp.Client, mail letter.Letter) (begun bool, err error) {
	client.SkipSMTPUTF8(!mail.UTF8)
	if ok, _ := client.Extension("SMTPUTF8"); mail.UTF8 && !ok {
		return false, &desk.InvalidError{Field: "to", Reason: "The server takes no addresses with other than ASCII letters."}
	}
	// Where the server knows RFC 3461, we want to hear of what can't be delivered or takes long, by the
	// headers alone: they tell the filter of bounces which article it is about.
	client.SetDSNMailReturnOption("HDRS")
	client.SetDSNRcptNotifyOption("FAILURE,DELAY")
	if err := client.Mail("<" + mail.Sender + ">"); err != nil {
		return false, refusal("from", mail.Sender, err)
	}
	for _, recipient := range mail.Recipients {
		if err := client.Rcpt("<" + recipient + ">"); err != nil {
			return false, refusal("to", recipient, err)
		}
	}
	data, err := client.Data()
	if err != nil {
		return false, refusal("body", "", err)
	}
	if _, err := data.Write(mail.Raw); err != nil {
		return true, fmt.Errorf("send message: %w", err)
	}
	if err := data.Close(); err != nil {
		return true, refusal("body", "", err)
	}
	return true, nil
}

// aboutLogin are the answers (RFC 4954) that are about the account, not about the message.
var aboutLogin = []int{530, 534, 535, 538}

// refusal makes a server's 5xx permanent. Everything else may go well another time.
func refusal(field, address string, err error) error {
	if address != "" {
		err = fmt.Errorf("%s: %w", address, err)
	}
	answer, ok := errors.AsType[*textproto.Error](err)
	if ok && answer.Code >= 500 && !slices.Contains(aboutLogin, answer.Code) {
		return &refusedError{InvalidError: &desk.InvalidError{Field: field, Reason: err.Error()}, answer: err}
	}
	return err
}

// refusedError is a server's 5xx about a message. Whoever minds may look at its number.
type refusedError struct {
	*desk.InvalidError
	answer error
}

// Unwrap returns both that it is for good, and why.
func (e *refusedError) Unwrap() []error { return []error{e.InvalidError, e.answer} }

// patientConn gives each read and write its own time. The library would give a whole session one
// deadline, and a large message more time than a dead server deserves.
type patientConn struct {
	net.Conn
	patience time.Duration
}

func (c *patientConn) Read(b []byte) (int, error) {
	_ = c.SetReadDeadline(time.Now().Add(c.patience))
	return c.Conn.Read(b)
}

func (c *patientConn) Write(b []byte) (int, error) {
	_ = c.SetWriteDeadline(time.Now().Add(c.patience))
	return c.Conn.Write(b)
}

// ehloDomain is how we introduce ourselves: by our name, unless nobody outside can know it.
func ehloDomain(fqdn, sender string) string {
	fqdn = strings.ToLower(strings.TrimSpace(fqdn))
	if host, _, err := net.SplitHostPort(fqdn); err == nil {
		fqdn = host
	}
	_, senderDomain, _ := strings.Cut(sender, "@")
	local := !strings.Contains(fqdn, ".")
	for _, suffix := range []string{".local", ".loc", ".lan", ".localdomain", ".localhost", ".internal"} {
		local = local || strings.HasSuffix(fqdn, suffix)
	}
	domain := fqdn
	if local && senderDomain != "" {
		domain = senderDomain
	}
	if ascii, err := letter.ASCIIDomain(domain); err == nil && ascii != "" {
		return ascii
	}
	return "localhost"
}
