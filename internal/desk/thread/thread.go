// Package thread ties mails to their tickets: what goes out carries subject, number, Message-ID and References, and
// by these an answer finds back.
//
// It is arithmetic over texts that strangers write, too. It does no I/O.
package thread

import (
	"regexp"
	"strings"

	"postroom/internal/desk"
)

// Kinds of answers, as clients name them in an article's subtype.
const (
	SubtypeReply   = "reply"
	SubtypeForward = "forward"
)

// subjectSize is where subjects are cut when setting ticket_subject_size is missing.
const subjectSize = 110

// replyPrefixes are what mail programs put in front of an answer's subject: two characters, a
// counter perhaps, and a colon, once or many times. Fwd: is no answer and stays.
var replyPrefixes = regexp.MustCompile(`(?m)^(?:..(?:\[\d+\])?:\s+)+`)

// CleanSubject returns a subject without this ticket's hook and without reply prefixes, cut to the
// length that setting ticket_subject_size gives (reference/email.md 7.4). It is how subjects are
// stored.
func CleanSubject(subject, ticketNumber string, c *desk.Catalog) string {
	hook := regexp.QuoteMeta(c.Settings.String("ticket_hook"))
	divider := regexp.QuoteMeta(c.Settings.String("ticket_hook_divider"))
	mark := hook + `(?:: ?|` + divider + `)` + regexp.QuoteMeta(ticketNumber)
	for _, form := range []string{`\[` + mark + `\]`, `\(` + mark + `\)`, mark} {
		subject = regexp.MustCompile(form+`\s?`).ReplaceAllString(subject, "")
	}
	subject = replyPrefixes.ReplaceAllString(subject, "")
	size := c.Settings.Int("ticket_subject_size")
	if size <= 0 {
		size = subjectSize
	}
	if cut := desk.Cut(subject, size); cut != subject {
		subject = cut + "[...]"
	}
	return strings.TrimSpace(subject)
}

// BuildSubject returns the subject that people outside get to see: cleaned, with the ticket's hook
// where setting ticket_hook_position wants it, and a prefix if it is a reply or is forwarded.
func BuildSubject(subject, subtype, ticketNumber string, c *desk.Catalog) string {
	subject = CleanSubject(subject, ticketNumber, c)
	hook := "[" + c.Settings.String("ticket_hook") + c.Settings.String("ticket_hook_divider") + ticketNumber + "]"
	switch c.Settings.String("ticket_hook_position") {
	case "left":
		subject = strings.TrimSpace(hook + " " + subject)
	case "none":
	default:
		subject = strings.TrimSpace(subject + " " + hook)
	}
	prefix := ""
	switch subtype {
	case SubtypeReply:
		prefix = c.Settings.String("ticket_subject_re")
	case SubtypeForward:
		prefix = c.Settings.String("ticket_subject_fwd")
	}
	if prefix == "" {
		return subject
	}
	return prefix + ": " + subject
}
