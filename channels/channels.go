// Package channels holds the contracts between us and the ways a customer can reach us.
//
// One package a channel implements them. A channel speaks a protocol: it knows no other channel
// and no queue, and decides nothing about tickets. Retry, lease and rate limit wrap it.
package channels

import (
	"context"
	"errors"
	"fmt"
	"net/textproto"
	"time"

	"postroom/internal/desk"
)

// Inbound is a message as a channel got it, before anybody looked inside.
type Inbound struct {
	ChannelID  desk.ChannelID // 0: none, such as mail from the pipe
	Kind       string         // email, telegram, sms, whatsapp: says who can read Raw
	ExternalID string         // its name at the source, stable over repeats; IMAP: UIDVALIDITY:UID
	// Conversation names who wrote, such as a chat or a number: messages of one channel and conversation
	// are processed in the order in which they were received. Empty: the message knows its parents itself.
	Conversation string
	Raw          []byte
	Options      Options
	ReceivedAt   time.Time
}

// Options is what the channel knows about a message beside its bytes.
type Options struct {
	Trusted bool         `json:"trusted,omitempty"`  // its X-Zammad-* headers may steer us
	GroupID desk.GroupID `json:"group_id,omitempty"` // of new tickets; 0: the address decides
	Failed  Failed       `json:"failed,omitzero"`    // when somebody gave it back to be tried again
}

// Failed is what is known of a message that could not be processed before.
type Failed struct {
	Attempts int       `json:"attempts"`
	FirstAt  time.Time `json:"first_at"`
}

// Receive takes over messages. When it returns nil they are committed and may be acknowledged at
// their source; a message it already has counts as taken. When it returns an error none of them may be.
type Receive func(ctx context.Context, messages []Inbound) error

// Report is the result of one poll.
type Report struct {
	Fetched int      // messages handed over
	Notices []string // messages left alone, and why; for people
	Remarks []string // what else people may want to know, though nothing is wrong
}

// ErrCannotWait says that a source can't announce messages and has to be asked at intervals.
var ErrCannotWait = errors.New("source cannot announce messages")

// A Poller is a channel that has to be asked for messages, such as an IMAP mailbox.
type Poller interface {
	// Poll hands new messages to receive, oldest first, in batches of bounded size, and
	// acknowledges a batch at its source only after receive returned nil: a crash may repeat a
	// message, never lose one. A message that can't be fetched is noted in the report and left
	// behind; it never blocks those after it.
	Poll(ctx context.Context, receive Receive) (Report, error)

	// Wait returns nil when the source may have new messages, ErrCannotWait when it can't tell,
	// and another error when the connection is lost or ctx ends.
	Wait(ctx context.Context) error

	// Close ends the connection. A closed Poller connects again at the next Poll.
	Close() error
}

// Outbound is a message to be sent, protocol aside.
type Outbound struct {
	MessageID  string // with brackets; stable over repeats, so that receivers can recognise them
	InReplyTo  string
	References []string // with brackets, oldest first
	From       string   // Name <address>
	To         string
	Cc         string
	Bcc        string
	ReplyTo    string
	Subject    string

	ContentType  string // of Body: text/plain or text/html
	Body         string
	Attachments  []File
	Organization string
	Notification bool   // automatic: marked so that no machine answers it
	CSSFont      string // of HTML bodies
	EHLODomain   string

	// Protect encrypts or signs what is sent: it is given the content, beginning with the header fields
	// about it, and returns it in another form. nil: it goes as it is.
	Protect func(entity []byte) ([]byte, error)
}

// File is an attachment of an outgoing message.
type File struct {
	Filename    string
	ContentType string
	ContentID   string // without brackets; used as cid: in the body
	Inline      bool
	Data        []byte
}

// A Sender delivers messages, such as an SMTP server.
type Sender interface {
	// Send delivers the message to all its recipients and returns the bytes it sent. An error that
	// is desk.Permanent would happen again; any other is worth another attempt.
	Send(ctx context.Context, message Outbound) (raw []byte, err error)
}

// Undeliverable reports whether an error of Send says that nobody will ever get the message at its
// recipient's address.
func Undeliverable(err error) bool {
	if invalid, ok := errors.AsType[*desk.InvalidError](err); ok && invalid.Field == "to" {
		return true
	}
	answer, ok := errors.AsType[*textproto.Error](err)
	return ok && (answer.Code/10 == 52 || answer.Code/10 == 55)
}

// LaterError says that the other side takes nothing more for now: whoever asked too often, or sent
// too much. Nothing is wrong with the message, and the attempt counts as none.
type LaterError struct {
	After time.Duration // before that there is no point in trying again
	Err   error
}

func (e *LaterError) Error() string {
	return fmt.Sprintf("try again in %s: %v", e.After.Round(time.Second), e.Err)
}

func (e *LaterError) Unwrap() error { return e.Err }

// Sides of an account.
const (
	InboundSide  = "inbound"
	OutboundSide = "outbound"
)

// Mailbox is what a look into a mailbox tells.
type Mailbox struct {
	Messages int  // none where there is nothing but the mail of account wizards
	Old      bool // some were written ArchiveWeeks ago or earlier: the mailbox has an archive
}

// ArchiveWeeks is how old mail has to be that somebody may want to bring in as an archive.
const ArchiveWeeks = 2

// SetupError says why an account can't be used, and which of its fields to look at.
type SetupError struct {
	Source string   // inbound, outbound
	Fields []string // user, password, host, folder
	Human  string   // a sentence for the person who typed them
	Err    error
}

func (e *SetupError) Error() string { return e.Err.Error() }
func (e *SetupError) Unwrap() error { return e.Err }
