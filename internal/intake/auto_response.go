package intake

import "strings"

// checkAutoResponse decides whether a machine wrote the mail, so that none of ours answers it. A
// trusted mail may know better than its other headers.
func checkAutoResponse(m *mail) {
	m.autoResponse = m.AutoResponse
	if is, given := m.attributes["is-auto-response"]; given {
		m.autoResponse = isTrue(is)
	}
	m.mayAnswer = !m.autoResponse
	if may, given := m.attributes["send-auto-response"]; given {
		m.mayAnswer = isTrue(may)
	}
}

// dropOwnNotification ignores notifications of ours that came back to us.
func dropOwnNotification(m *mail) {
	ours := "@" + strings.ToLower(m.catalog.Settings.String("fqdn")) + ">"
	if strings.Contains(strings.ToLower(m.MessageID), ours) && strings.Contains(strings.ToLower(m.Header["precedence"]), "bulk") {
		m.ignore = true
	}
}

// checkOutOfOffice recognises vacation notices: they don't change a ticket's state.
func checkOutOfOffice(m *mail) {
	m.outOfOffice = m.OutOfOffice
	delete(m.attributes, "out-of-office") // only filters that come later may know better
}

// isTrue reads a switch in a header.
func isTrue(value string) bool {
	switch strings.ToLower(strings.TrimSpace(value)) {
	case "", "false", "0", "f", "off", "no":
		return false
	}
	return true
}
