package e2e

import (
	"fmt"
	"strconv"
	"testing"

	"postroom/internal/devstack/mailserver"
)

// Our mailbox at the Dovecot of a test.
const (
	supportAddress  = "support@example.com"
	supportPassword = "Mailbox-Pass-1"
)

// addMailbox connects the support mailbox over the command line.
func (in *instance) addMailbox(mail *mailserver.Server, imapPort int, more ...string) {
	in.t.Helper()
	in.mustRun(append([]string{"channel", "add", "email",
		"--imap-host", mail.Host(), "--imap-port", strconv.Itoa(imapPort), "--imap-ssl", "off",
		"--imap-user", supportAddress, "--imap-password", supportPassword,
		"--smtp-host", "127.0.0.1", "--smtp-port", "25",
		"--address", supportAddress, "--name", "Support", "--group", "Users", "--no-check"}, more...)...)
}

// mailbox returns a Dovecot with our mailbox in it.
func mailbox(t testing.TB) *mailserver.Server {
	t.Helper()
	mail := mailserver.New(t)
	if err := mail.AddUser(supportAddress, supportPassword); err != nil {
		t.Fatal(err)
	}
	return mail
}

// fill puts n plain mails into our mailbox, from thirty senders.
func fill(t testing.TB, mail *mailserver.Server, n int) {
	t.Helper()
	for i := range n {
		if err := mail.Deliver(supportAddress, plainMail(i)); err != nil {
			t.Fatal(err)
		}
	}
}

func plainMail(i int) []byte {
	return fmt.Appendf(nil, "From: Customer %d <customer%d@example.net>\r\nTo: %s\r\nSubject: Question number %d\r\n"+
		"Message-ID: <question.%d@example.net>\r\nDate: Mon, 02 Mar 2026 10:00:00 +0000\r\n"+
		"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nThis is question number %d.\r\n",
		i%30, i%30, supportAddress, i, i, i)
}

// headless is a mail from nobody: it names no sender at all and can't become a ticket.
func headless(i int) []byte {
	return fmt.Appendf(nil, "To: %s\r\nSubject: From nobody %d\r\nMessage-ID: <nobody.%d@example.net>\r\n\r\nWho am I?\r\n", supportAddress, i, i)
}
