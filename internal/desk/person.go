package desk

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
)

// Person is somebody as a message names them, before we know whether they are one of our users.
type Person struct {
	Email         string // as CleanAddress returns it
	Login         string // of a new user; empty: Email
	Firstname     string
	Lastname      string
	Undeliverable bool // the address was so odd that mail to it will not arrive
}

// MailDomain returns what follows the last @ of an address, in lower case.
func MailDomain(address string) string {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return ""
	}
	return strings.ToLower(address[at+1:])
}

// PersonName makes first and last name of what is known of somebody: where only one of them is
// given it may hold both, where none is, the address may.
func PersonName(first, last, address string) (string, string) {
	first, last = strings.TrimSpace(withoutScheme(first)), strings.TrimSpace(withoutScheme(last))
	switch {
	case first == "" && last == "":
		first, last = nameInAddress(address)
	case first == "" || last == "":
		first, last = splitName(first + last)
	}
	return capitalize(first), capitalize(last)
}

// splitName cuts a display name in two: "Last, First", "First Last".
func splitName(name string) (first, last string) {
	if last, first, ok := strings.Cut(name, ", "); ok {
		return strings.TrimSpace(first), strings.TrimSpace(last)
	}
	words := strings.Fields(name)
	n := 1 // words of the first name
	if title := strings.ToLower(words[0]); (title == "dr." || title == "prof.") && len(words) > 1 {
		n = 2
	}
	return strings.Join(words[:n], " "), strings.Join(words[n:], " ")
}

// nameInAddress reads first.last@example.com.
func nameInAddress(address string) (first, last string) {
	local, _, ok := strings.Cut(address, "@")
	if !ok {
		return "", ""
	}
	first, last, ok = strings.Cut(local, ".")
	if !ok || first == "" || last == "" {
		return "", ""
	}
	return first, last
}

// capitalize makes YANN and yann Yann. A name with anything but letters, or with letters of both
// cases, is as its owner wants it.
func capitalize(name string) string {
	if name == "" || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) }) {
		return name
	}
	if lower := strings.ToLower(name); name != lower && name != strings.ToUpper(name) {
		return name
	}
	runes := []rune(strings.ToLower(name))
	runes[0] = unicode.ToUpper(runes[0])
	return string(runes)
}

var urlInName = regexp.MustCompile(`(?i)[a-z][a-z0-9+.-]*://([^?\s]*)(?:\?\S*)?`)

// withoutScheme takes scheme and query off URLs in names, which would become links where names are shown.
func withoutScheme(name string) string {
	if !strings.Contains(name, "://") {
		return name
	}
	return urlInName.ReplaceAllString(name, "$1")
}

// CleanAddress makes of a mail address as written one that can name a user. odd says that there
// were blanks or brackets inside: mail to it will hardly arrive.
func CleanAddress(written string) (address string, odd bool) {
	trimmed := strings.TrimSpace(written)
	odd = strings.ContainsFunc(trimmed, unicode.IsSpace) || strings.HasPrefix(trimmed, "<") || strings.HasSuffix(trimmed, ">") ||
		strings.HasPrefix(trimmed, ">") || strings.HasSuffix(trimmed, "<")
	address = strings.ToLower(strings.ToValidUTF8(trimmed, ""))
	address = strings.Map(func(r rune) rune {
		if r == '"' || r == '\'' || r == 0 || unicode.IsSpace(r) {
			return -1
		}
		return r
	}, address)
	address = strings.TrimSuffix(strings.TrimPrefix(address, "<"), ">")
	address = strings.TrimSuffix(address, ".")
	if !strings.Contains(address, "@") {
		address += "@local"
	}
	local, domain, _ := strings.Cut(address, "@")
	if strings.Contains(domain, "xn--") {
		if readable, err := idna.ToUnicode(domain); err == nil {
			domain = readable
		}
	}
	return Cut(local+"@"+domain, maxAddress), odd
}

// maxAddress is how long a mail address can be, in characters.
const maxAddress = 250

var remark = regexp.MustCompile(` \(.*\)$`)

// CleanName makes of a display name as written one that can be split into first and last name. A
// name with a remark behind it is no name.
func CleanName(written string) string {
	name := strings.ReplaceAll(strings.TrimSpace(written), `"`, "")
	name = strings.TrimSuffix(strings.TrimPrefix(name, "'"), "'")
	if remark.MatchString(name) {
		return ""
	}
	return name
}
