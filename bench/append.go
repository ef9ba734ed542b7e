package main

import (
	"net"
	"strconv"

	"github.com/emersion/go-imap/v2/imapclient"

	"postroom/internal/devstack/mailserver"
)

// appender puts mails into a mailbox by IMAP APPEND, over one connection.
type appender struct{ client *imapclient.Client }

func newAppender(dovecot *mailserver.Server) (*appender, error) {
	client, err := imapclient.DialInsecure(net.JoinHostPort(dovecot.Host(), strconv.Itoa(dovecot.IMAPPort)), nil)
	if err != nil {
		return nil, err
	}
	if err := client.Login(mailbox, password).Wait(); err != nil {
		client.Close()
		return nil, err
	}
	return &appender{client}, nil
}

func (a *appender) append(raw []byte) error {
	command := a.client.Append("INBOX", int64(len(raw)), nil)
	if _, err := command.Write(raw); err != nil {
		return err
	}
	if err := command.Close(); err != nil {
		return err
	}
	_, err := command.Wait()
	return err
}

func (a *appender) close() { a.client.Close() }
