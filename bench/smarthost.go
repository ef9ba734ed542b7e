package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/textproto"
	"strings"
)

// smarthost stands for the mail server that takes what the product sends: it takes everything, from
// anybody, and keeps nothing. Without it answers would wait for one, and notifications start the
// sendmail of the machine, whose work isn't ours to measure.
type smarthost struct{ listener net.Listener }

func startSmarthost() (*smarthost, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &smarthost{listener}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return // closed
			}
			go take(conn)
		}
	}()
	return s, nil
}

func (s *smarthost) port() int { return s.listener.Addr().(*net.TCPAddr).Port }

func (s *smarthost) stop() { _ = s.listener.Close() }

// take speaks as much of RFC 5321 as it needs to accept mail.
func take(conn net.Conn) {
	defer conn.Close()
	text := textproto.NewConn(conn)
	answer := "220 smarthost ready"
	for answer != "" {
		if err := text.PrintfLine("%s", answer); err != nil {
			return
		}
		line, err := text.ReadLine()
		if err != nil {
			return
		}
		switch verb, _, _ := strings.Cut(strings.ToUpper(line), " "); verb {
		case "DATA":
			if err := text.PrintfLine("354 go on"); err != nil {
				return
			}
			if _, err := text.ReadDotBytes(); err != nil {
				return
			}
			answer = "250 taken"
		case "QUIT":
			_ = text.PrintfLine("221 bye")
			answer = ""
		default:
			answer = "250 well"
		}
	}
}

// notifyThrough has agents be told by mail that the smarthost takes.
func (b *bench) notifyThrough(ctx context.Context, s *smarthost) error {
	var result struct{ Result, Message string }
	body := fmt.Appendf(nil, `{"adapter": "smtp", "options": {"host": "127.0.0.1", "port": %d, "ssl": false, "enable_starttls_auto": false, "email": %q}}`, s.port(), mailbox)
	err := b.call(ctx, http.MethodPost, "/api/v1/channels_email_notification", body, "Token token="+b.token, &result)
	if err == nil && result.Result != "ok" {
		err = fmt.Errorf("mail of notifications: %s %s", result.Result, result.Message)
	}
	return err
}
