// Package parser turns the bytes of a mail (RFC 5322, MIME) into a Message.
//
// In go bytes from anybody, out come headers, people, body, attachments and facts about automatic
// answers and bounces, as reference/email.md section 2 has them. It knows no database, network or
// clock, and never panics: what it can't read is an error, what is merely odd is mended.
package parser

import "time"

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

	AutoResponse         bool // written by a machine: nothing may answer it
	RemoteContentRemoved bool // images or the like from other servers were taken out of Body
}

// Address is one mail address with its display name, in the case it was written in.
type Address struct {
	Name  string
	Email string
}

// Attachment is a part of a mail that is a file.
type Attachment struct {
	Filename    string
	ContentType string // media type only
	ContentID   string // without brackets
	Inline      bool
	Data        []byte
	Preferences map[string]any // what is stored beside it: Mime-Type, Charset, Content-ID …
}
