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
	if !strings.Contains(strings.ToLower(m.Header["precedence"]), "bulk") {
		return
	}
	fqdn := strings.ToLower(m.catalog.Settings.String("fqdn"))
	host, _, _ := strings.Cut(fqdn, ":") // ids of notifications are made without a port
	for _, name := range []string{fqdn, host} {
		m.ignore = m.ignore || name != "" && strings.Contains(strings.ToLower(m.MessageID), "@"+name+">")
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
