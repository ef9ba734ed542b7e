package parser

import (
	"errors"
	"strings"
)

// ErrNoSender says that a mail has nobody who could be answered.
var ErrNoSender = errors.New("no sender in From, Reply-To, Return-Path or Sender")

// findSender takes the first sender header with an address, or the first with any text.
func findSender(header map[string]string) (Address, error) {
	chosen := ""
	for _, name := range []string{"from", "reply-to", "return-path", "sender"} {
		text := header[name]
		if strings.TrimSpace(text) == "" {
			continue
		}
		if hasAddress(text) {
			chosen = text
			break
		}
		if chosen == "" {
			chosen = text
		}
	}
	if chosen == "" {
		return Address{}, ErrNoSender
	}
	return parseSender(strings.TrimSpace(strings.ReplaceAll(chosen, "<>", ""))), nil
}

// hasAddress reports whether there is text on both sides of an @.
func hasAddress(text string) bool {
	for i := 1; i+1 < len(text); i++ {
		if text[i] == '@' && !isSpace(text[i-1]) && !isSpace(text[i+1]) {
			return true
		}
	}
	return false
}

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

// parseSender understands a list, else "name <local@domain> rubbish", else takes the whole text.
func parseSender(text string) Address {
	if list, err := addressList(text); err == nil {
		if m, ok := firstMailbox(flat(list)); ok {
			name := m.name
			if name == "" {
				name = m.comment
			}
			return Address{Name: displayName(name), Email: m.address}
		}
	}
	if name, address, ok := angled(text); ok {
		return Address{Name: displayName(name), Email: address}
	}
	return Address{Name: displayName(text), Email: text}
}

// firstMailbox prefers one with an @.
func firstMailbox(list []mailbox) (mailbox, bool) {
	for _, m := range list {
		if strings.Contains(m.address, "@") {
			return m, true
		}
	}
	for _, m := range list {
		if m.address != "" {
			return m, true
		}
	}
	return mailbox{}, false
}

// angled finds the first <local@domain> and the text before it.
func angled(text string) (name, address string, ok bool) {
	open := strings.IndexByte(text, '<')
	if open < 0 {
		return "", "", false
	}
	at := strings.IndexByte(text[open:], '@')
	if at < 2 {
		return "", "", false
	}
	end := strings.IndexByte(text[open+at:], '>')
	if end < 2 {
		return "", "", false
	}
	return text[:open], text[open+1 : open+at+end], true
}

// displayName decodes once more and takes off quotes.
func displayName(name string) string {
	name = strings.TrimSpace(strings.ReplaceAll(decodeWords(name), `"`, ""))
	return strings.TrimSuffix(strings.TrimPrefix(name, "'"), "'")
}

// recipients are the addresses of To and Cc. A header that is no list is split at its commas, and
// the pieces with angle brackets count.
func recipients(header map[string]string) []Address {
	var all []Address
	for _, name := range []string{"to", "cc"} {
		text := header[name]
		if strings.TrimSpace(text) == "" {
			continue
		}
		list, err := addressList(text)
		if err != nil {
			all = append(all, pieces(text)...)
			continue
		}
		for _, m := range flat(list) {
			if strings.Contains(m.address, "@") {
				all = append(all, Address{Name: m.name, Email: m.address})
			}
		}
	}
	return all
}

func pieces(text string) []Address {
	var all []Address
	for piece := range strings.SplitSeq(text, ",") {
		if name, address, ok := angled(piece); ok {
			all = append(all, Address{Name: displayName(name), Email: address})
		}
	}
	return all
}
