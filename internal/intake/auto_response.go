package intake

import (
	"strings"
)

// checkAutoResponse decides whether a machine wrote the mail, so that none of ours answers it.
func checkAutoResponse(m *mail) {
	is, isGiven := m.attributes["is-auto-response"]
	m.autoResponse = byMachine(m)
	if isGiven {
		m.autoResponse = isTrue(is)
	}
	m.mayAnswer = !m.autoResponse
	if may, given := m.attributes["send-auto-response"]; given {
		m.mayAnswer = isTrue(may)
	}
}

func byMachine(m *mail) bool {
	return len(m.Header["list-unsubscribe"]) >= 3 ||
		mentionsAny(m.Header["x-loop"], "yes", "true") ||
		mentionsAny(m.Header["precedence"], "bulk", "list", "junk") ||
		mentionsAny(m.Header["auto-submitted"], "auto-generated", "auto-replied") ||
		mentionsAny(m.Header["x-auto-response-suppress"], "all") ||
		m.fromOurHost("")
}

// fromOurHost reports whether the Message-ID was made under our name; end is what has to follow it.
func (m *mail) fromOurHost(end string) bool {
	fqdn := m.catalog.Settings.String("fqdn")
	return fqdn != "" && mentionsAny(m.MessageID, "@"+fqdn+end)
}

// dropOwnNotification ignores notifications of ours that came back to us.
func dropOwnNotification(m *mail) {
	if m.fromOurHost(">") && mentionsAny(m.Header["precedence"], "bulk") {
		m.ignore = true
	}
}

// checkOutOfOffice recognises vacation notices: they don't change a ticket's state.
func checkOutOfOffice(m *mail) {
	if suppress, given := m.Header["x-auto-response-suppress"]; given {
		_, rule := m.Header["x-ms-exchange-inbox-rules-loop"]
		m.outOfOffice = rule && mentionsAny(suppress, "all")
		return
	}
	submitted := strings.ToLower(m.Header["auto-submitted"])
	replied := strings.Contains(submitted, "auto-replied")
	_, after, _ := strings.Cut(submitted, "auto-replied;")
	byOwner := strings.HasPrefix(strings.TrimSpace(after), "owner-email=") && after != strings.TrimSpace(after)
	m.outOfOffice = strings.Contains(submitted, "vacation") || byOwner || replied && mentionsAny(m.Subject, "vacation")
}

// mentionsAny reports whether a text contains one of words, which are in lower case.
func mentionsAny(text string, words ...string) bool {
	text = strings.ToLower(text)
	for _, word := range words {
		if strings.Contains(text, strings.ToLower(word)) {
			return true
		}
	}
	return false
}

// isTrue reads a switch in a header.
func isTrue(value string) bool {
	switch strings.ToLower(strings.TrimSpace(value)) {
	case "", "false", "0", "f", "off", "no":
		return false
	}
	return true
}
