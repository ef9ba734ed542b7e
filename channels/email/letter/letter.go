// Package letter writes the mail that leaves the house.
//
// In goes a message, out come its bytes and its envelope: people, headers, a MIME tree of texts,
// images and files. The same message at the same time gives the same bytes. It sends nothing.
package letter

import (
	"bytes"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"

	"postroom/channels"
	"postroom/internal/desk"
)

// How our mail names its maker.
const (
	poweredBy  = "Postroom - Helpdesk/Support"
	mailerName = "Postroom Mail Service"
)

// Letter is a message ready to be sent.
type Letter struct {
	Raw        []byte // CRLF line ends, 7 bit but for UTF-8 addresses
	Sender     string // of the envelope, bare
	Recipients []string
	UTF8       bool // its addresses need a server with SMTPUTF8
}

// Compose builds the message that is sent (reference/email.md 6.5). The same message composed at
// the same time gives the same bytes. marks are names and values of further header lines. Errors
// are *desk.InvalidError.
func Compose(m channels.Outbound, at time.Time, marks ...string) (Letter, error) {
	people, err := peopleOf(m)
	if err != nil {
		return Letter{}, err
	}
	if m.MessageID == "" {
		return Letter{}, &desk.InvalidError{Field: "message_id", Reason: "The Message-ID is missing."}
	}
	head := &headerWriter{}
	head.line("Date", at.UTC().Format(time.RFC1123Z))
	head.addresses("From", people.from)
	head.addresses("To", people.to)
	head.addresses("Cc", people.cc)
	head.addresses("Reply-To", people.replyTo)
	head.ids("Message-ID", m.MessageID)
	head.ids("In-Reply-To", strings.Fields(m.InReplyTo)...)
	head.ids("References", m.References...)
	head.text("Subject", m.Subject)
	root := content(m)
	// Clients of the original rely on bare plain mails: they carry no marks.
	if root.children != nil {
		head.text("Organization", m.Organization)
		if m.Notification {
			head.line("X-Loop", "yes")
			head.line("Precedence", "bulk")
			head.line("Auto-Submitted", "auto-generated")
			head.line("X-Auto-Response-Suppress", "All")
		}
		head.line("X-Powered-By", poweredBy)
		head.line("X-Mailer", mailerName)
	}
	for mark := range slices.Chunk(marks, 2) {
		head.line(mark[0], mark[1])
	}
	head.line("MIME-Version", "1.0")
	if head.err != nil {
		return Letter{}, head.err
	}
	raw := &bytes.Buffer{}
	raw.Write(head.Bytes())
	if err := writeContent(raw, root, m); err != nil {
		return Letter{}, err
	}
	l := Letter{Raw: raw.Bytes(), Sender: people.from[0].Address, Recipients: envelope(people.to, people.cc, people.bcc)}
	l.UTF8 = !isASCII(l.Sender + strings.Join(l.Recipients, ""))
	return l, nil
}

// writeContent writes the header fields about the content, and the content.
func writeContent(raw *bytes.Buffer, root part, m channels.Outbound) error {
	if m.Protect == nil {
		root.writeTo(raw, newBoundaries(m.MessageID))
		return nil
	}
	entity := &bytes.Buffer{}
	root.writeTo(entity, newBoundaries(m.MessageID))
	sealed, err := m.Protect(entity.Bytes())
	if err != nil {
		return fmt.Errorf("protect the content: %w", err)
	}
	raw.Write(sealed)
	return nil
}

// people are everybody a message names.
type people struct{ from, to, cc, bcc, replyTo []*mail.Address }

func peopleOf(m channels.Outbound) (p people, err error) {
	for _, list := range []struct {
		field, text string
		into        *[]*mail.Address
	}{
		{"from", m.From, &p.from}, {"to", m.To, &p.to}, {"cc", m.Cc, &p.cc}, {"bcc", m.Bcc, &p.bcc}, {"reply_to", m.ReplyTo, &p.replyTo},
	} {
		if *list.into, err = Addresses(list.field, list.text); err != nil {
			return people{}, err
		}
	}
	if len(p.from) == 0 {
		return people{}, &desk.InvalidError{Field: "from", Reason: "The sender's address is missing."}
	}
	if len(p.to)+len(p.cc)+len(p.bcc) == 0 {
		return people{}, &desk.InvalidError{Field: "to", Reason: "A recipient is missing."}
	}
	p.from = p.from[:1]
	return p, nil
}
