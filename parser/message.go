// Package parser turns the bytes of a mail (RFC 5322, MIME) into a Message.
//
// In go bytes from anybody, out come headers, people, body, attachments and facts about automatic
// answers and bounces. It knows no database, network or clock, and never panics: what it can't
// read is an error, what is merely odd is mended.
package parser

import (
	"strings"
	"time"

	"postroom/internal/richtext"
)

// Message is a mail as people and filters see it.
type Message struct {
	Header     map[string]string // lower-case names; decoded; the last of several wins
	MessageID  string            // with brackets; made from the content when the mail has none
	InReplyTo  string
	References []string // with brackets, as in the mail
	Subject    string
	Date       *time.Time // UTC; nil: missing or unreadable

	From       string // header texts, decoded and re-serialised
	To         string
	Cc         string
	ReplyTo    string
	Sender     Address   // who wrote it
	Recipients []Address // To, then Cc

	ContentType string // of Body: text/plain or text/html
	Body        string // HTML is sanitized
	Attachments []Attachment
	Facts

	built *richtext.Options // how HTML that was made of text and images is still to be finished
}

// StoredBody is Body as articles hold it. HTML that was made of text and of the images in between
// gets its links and marks only here: filters see the text as it was written.
func (m *Message) StoredBody() string {
	if m.built == nil {
		return m.Body
	}
	body, _ := richtext.Sanitize(m.Body, *m.built)
	return body
}

// Facts are what a mail tells about itself besides its content.
type Facts struct {
	AutoResponse         bool // written by a machine: nothing may answer it
	OutOfOffice          bool // a vacation notice: it changes no ticket state
	RemoteContentRemoved bool // images or the like from other servers were taken out of Body
	Bounce               *Bounce
}

// Address is one mail address with its display name, in the case it was written in.
type Address struct {
	Name  string
	Email string
}

// Local is the part of the address before the last @, or the whole text if there is none.
func (a Address) Local() string {
	if at := strings.LastIndexByte(a.Email, '@'); at >= 0 {
		return a.Email[:at]
	}
	return a.Email
}

// Domain is the part of the address behind the last @, or the whole text if there is none.
func (a Address) Domain() string {
	if at := strings.LastIndexByte(a.Email, '@'); at >= 0 {
		return a.Email[at+1:]
	}
	return a.Email
}

// Attachment is a part of a mail that is a file.
type Attachment struct {
	Filename    string
	ContentType string // media type only
	ContentID   string // without brackets
	Inline      bool
	Data        []byte         // may be a piece of the raw mail: not to be changed
	Preferences map[string]any // what is stored beside it: Mime-Type, Charset, Content-ID …
}

// Bounce is what a delivery status notification (RFC 3464) says.
type Bounce struct {
	Action         string // failed, delayed …; of several the first
	Status         string // such as 5.1.1
	FinalRecipient string // as written: "rfc822; bob@example.com"
	DiagnosticCode string
	RemoteMTA      string
	Originals      []Original
}

// Original is a mail that a bounce brings back.
type Original struct {
	MessageID string
	Date      *time.Time
}

// Failed reports whether the mail was given up.
func (b *Bounce) Failed() bool {
	return b != nil && strings.Contains(strings.ToLower(b.Action), "failed")
}

// Retryable reports whether another attempt may succeed.
func (b *Bounce) Retryable() bool {
	return b != nil && !strings.HasPrefix(b.Status, "5")
}

// Recipient is the address that could not be reached, in lower case.
func (b *Bounce) Recipient() string {
	kind, address, typed := strings.Cut(b.FinalRecipient, ";")
	if !typed {
		address = kind
	}
	return strings.ToLower(strings.Join(strings.Fields(address), ""))
}
