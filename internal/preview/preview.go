// Package preview says what a mail would become, without asking a database.
//
// In go the bytes of a mail, out comes what intake would try with it: a new ticket, a follow-up of
// the ticket or message that it names, nothing, or a place in the spool. Whether that ticket exists,
// and what the filters of administrators do, only the database knows.
package preview

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"postroom/internal/desk"
	"postroom/internal/desk/thread"
	"postroom/parser"
)

// Options are the settings that matter, as the installation has them.
type Options struct {
	FQDN        string // fqdn; empty: our own notifications aren't recognised
	Hook        string // ticket_hook
	HookDivider string // ticket_hook_divider
	SystemID    string // system_id; empty: any number counts
	MaxSize     int    // postmaster_max_size, MB; 0: no limit
}

// What a mail may become.
const (
	NewTicket = "new ticket"
	FollowUp  = "follow-up"
	Ignored   = "ignored"
	KeptApart = "kept apart"
	Spooled   = "spooled"
)

// Preview is what a mail would become, and why.
type Preview struct {
	Becomes     string
	Why         string // what a follow-up is found by, or what keeps a mail from becoming an article
	Sender      parser.Address
	Subject     string
	Attachments int
	Notes       []string // what else filters and triggers would see
}

// Of looks at one mail.
func Of(raw []byte, opts Options) Preview {
	var p Preview
	msg, err := parser.Parse(raw, parser.Options{FQDN: opts.FQDN, Open: func(seal parser.Seal) ([]byte, bool) {
		p.Notes = append(p.Notes, seal.Form)
		return nil, false
	}})
	p.Sender, p.Subject, p.Attachments = msg.Sender, msg.Subject, len(msg.Attachments)
	switch tooLarge := opts.MaxSize > 0 && len(raw) > opts.MaxSize<<20; {
	case tooLarge:
		p.Becomes, p.Why = KeptApart, fmt.Sprintf("%.2f MB, the limit is %d MB", float64(len(raw))/(1<<20), opts.MaxSize)
	case errors.Is(err, parser.ErrNoSender) && isNoHeader(raw):
		p.Becomes, p.Why = Spooled, "not a mail: it has no header"
	case err != nil:
		p.Becomes, p.Why = Spooled, err.Error()
	default:
		p.Becomes, p.Why = opts.becomes(msg)
		p.Notes = append(p.Notes, notes(msg)...)
	}
	return p
}

// isNoHeader reports whether no line near the start of a file looks like a header.
func isNoHeader(raw []byte) bool {
	head, _, _ := strings.Cut(strings.ReplaceAll(string(raw[:min(len(raw), 4<<10)]), "\r\n", "\n"), "\n\n")
	return !strings.Contains(head, ": ")
}

// becomes follows the order of intake's filters.
func (o Options) becomes(msg parser.Message) (what, why string) {
	if o.FQDN != "" && strings.Contains(strings.ToLower(msg.Header["precedence"]), "bulk") &&
		strings.Contains(strings.ToLower(msg.MessageID), "@"+strings.ToLower(o.FQDN)+">") {
		return Ignored, "a notification of our own"
	}
	if numbers := thread.FindNumbers(msg.Subject, o.catalog()); len(numbers) > 0 {
		return FollowUp, "number " + numbers[0] + " in the subject"
	}
	if msg.Bounce.Failed() && len(msg.Bounce.Originals) > 0 {
		return FollowUp, "brings back " + msg.Bounce.Originals[0].MessageID
	}
	if n := len(msg.References); n > 0 {
		return FollowUp, "answers " + msg.References[n-1]
	}
	if msg.InReplyTo != "" {
		return FollowUp, "answers " + msg.InReplyTo
	}
	return NewTicket, ""
}

// catalog has the settings that shape ticket numbers, and nothing else.
func (o Options) catalog() *desk.Catalog {
	settings := desk.Settings{}
	for name, value := range map[string]any{
		"ticket_hook": o.Hook, "ticket_hook_divider": o.HookDivider,
		"system_id": o.SystemID, "ticket_number_ignore_system_id": o.SystemID == "",
	} {
		settings[name], _ = json.Marshal(value) // texts and switches can be marshalled
	}
	return &desk.Catalog{Settings: settings}
}

func notes(msg parser.Message) []string {
	var all []string
	for _, note := range []struct {
		text string
		is   bool
	}{
		{"no content", msg.Body == parser.NoContent},
		{"HTML", msg.ContentType == "text/html"},
		{"remote content removed", msg.RemoteContentRemoved},
		{"automatic", msg.AutoResponse},
		{"out of office", msg.OutOfOffice},
		{"bounce", msg.Bounce != nil},
		{"no date", msg.Date == nil},
		{"no recipient", len(msg.Recipients) == 0},
		{"sender is no address", !strings.Contains(msg.Sender.Email, "@")},
	} {
		if note.is {
			all = append(all, note.text)
		}
	}
	return all
}
