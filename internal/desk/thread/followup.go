package thread

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"postroom/internal/desk"
)

// maxNumbers bounds how many candidates a text yields: a stranger writes it.
const maxNumbers = 50

// FindNumbers returns what looks like ticket numbers in a text, in the order in which they are to
// be tried: first those right behind hook and divider, then those with up to two blanks before
// them.
func FindNumbers(text string, c *desk.Catalog) []string {
	hook := c.Settings.String("ticket_hook")
	if !containsFold(text, hook) { // any text has an empty one: the number alone counts then
		return nil
	}
	head, digits := regexp.QuoteMeta(hook), digitsPattern(c)
	var found []string
	seen := map[string]bool{}
	for _, between := range []string{regexp.QuoteMeta(c.Settings.String("ticket_hook_divider")), `\s{0,2}`} {
		pattern, err := regexp.Compile(`(?i)` + head + between + `(` + digits + `)`)
		if err != nil { // settings are strangers, too
			continue
		}
		for _, number := range standingAlone(text, pattern) {
			if !seen[number] && len(found) < maxNumbers {
				seen[number] = true
				found = append(found, number)
			}
		}
	}
	return found
}

func digitsPattern(c *desk.Catalog) string {
	format := c.NumberFormat()
	system := regexp.QuoteMeta(format.SystemID)
	if c.Settings.Bool("ticket_number_ignore_system_id") {
		system = ""
	}
	if format.ByDate {
		return `\d{4,10}` + system + `\d{2,40}`
	}
	return system + `\d{2,48}`
}

// standingAlone returns the first groups of all matches that are no part of a longer word. RE2
// looks neither behind nor at Unicode's word boundaries, so we do.
func standingAlone(text string, pattern *regexp.Regexp) []string {
	var found []string
	for at := 0; at < len(text); {
		match := pattern.FindStringSubmatchIndex(text[at:])
		if match == nil {
			break
		}
		start, end := at+match[0], at+match[1]
		before, _ := utf8.DecodeLastRuneInString(text[:start])
		after, _ := utf8.DecodeRuneInString(text[end:])
		if (start == 0 || !isASCIIWord(before)) && (end == len(text) || !isWord(after)) {
			found = append(found, text[at+match[2]:at+match[3]])
		}
		at = end
	}
	return found
}

func isASCIIWord(r rune) bool {
	return r == '_' || r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

func isWord(r rune) bool {
	return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
}

func containsFold(text, part string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(part))
}

var (
	replyPrefix = regexp.MustCompile(`^(?:.{1,3}(?:\[\d+\])?:\s+)+`)
	closePrefix = regexp.MustCompile(`^(?:[^\s:\[\]]{1,3}(?:\[\d+\])?:\s*)+`)
)

// WithoutReplyPrefixes takes Re: , AW: , WG[5]: and the like off a subject, to compare it with that of
// the conversation's first message. Cleaning a subject for display follows another rule.
func WithoutReplyPrefixes(subject string) string {
	return replyPrefix.ReplaceAllString(subject, "")
}

// SameSubject reports whether a subject without reply prefixes is that of the conversation's first
// message. Some mail programs put no blank behind a prefix.
func SameSubject(subject, first string) bool {
	return subject == first || closePrefix.ReplaceAllString(subject, "") == first
}
