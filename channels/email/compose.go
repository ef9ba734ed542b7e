package email

import (
	"bytes"
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

// letter is a message ready to be sent.
type letter struct {
	raw        []byte // CRLF line ends, 7 bit but for UTF-8 addresses
	sender     string // of the envelope, bare
	recipients []string
	utf8       bool // its addresses need a server with SMTPUTF8
}

// compose builds the message that is sent (reference/email.md 6.5). The same message composed at
// the same time gives the same bytes. marks are names and values of further header lines. Errors
// are *desk.InvalidError.
func compose(m channels.Outbound, at time.Time, marks ...string) (letter, error) {
	people, err := peopleOf(m)
	if err != nil {
		return letter{}, err
	}
	if m.MessageID == "" {
		return letter{}, &desk.InvalidError{Field: "message_id", Reason: "The Message-ID is missing."}
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
		return letter{}, head.err
	}
	raw := &bytes.Buffer{}
	raw.Write(head.Bytes())
	root.writeTo(raw, newBoundaries(m.MessageID))
	l := letter{raw: raw.Bytes(), sender: people.from[0].Address, recipients: envelope(people.to, people.cc, people.bcc)}
	l.utf8 = !isASCII(l.sender + strings.Join(l.recipients, ""))
	return l, nil
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
		if *list.into, err = parseAddresses(list.field, list.text); err != nil {
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
