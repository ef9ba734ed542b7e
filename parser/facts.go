package parser

import (
	"bytes"
	"strings"
)

// isAutoResponse looks for the marks that machines put on their mail.
func isAutoResponse(header map[string]string, fqdn string) bool {
	contains := func(name string, words ...string) bool {
		value := strings.ToLower(header[name])
		for _, word := range words {
			if strings.Contains(value, word) {
				return true
			}
		}
		return false
	}
	return len(strings.TrimSpace(header["list-unsubscribe"])) >= 3 ||
		contains("x-loop", "yes", "true") ||
		contains("precedence", "bulk", "list", "junk") ||
		contains("auto-submitted", "auto-generated", "auto-replied") ||
		contains("x-auto-response-suppress", "all") ||
		fqdn != "" && contains("message-id", "@"+strings.ToLower(fqdn))
}

// isOutOfOffice recognises vacation notices of Exchange, sieve and Gmail.
func isOutOfOffice(header map[string]string) bool {
	if suppress := strings.ToLower(header["x-auto-response-suppress"]); strings.TrimSpace(suppress) != "" {
		_, looped := header["x-ms-exchange-inbox-rules-loop"]
		return looped && strings.Contains(suppress, "all")
	}
	auto := strings.ToLower(header["auto-submitted"])
	if strings.Contains(auto, "vacation") {
		return true
	}
	_, behind, replied := strings.Cut(auto, "auto-replied")
	if !replied {
		return false
	}
	owner := strings.TrimPrefix(behind, ";")
	if trimmed := strings.TrimLeft(owner, " \t"); owner != behind && trimmed != owner && strings.HasPrefix(trimmed, "owner-email=") {
		return true
	}
	return strings.Contains(strings.ToLower(header["subject"]), "vacation")
}

// bounce reads a delivery status notification; nil: the mail is none.
func (p *part) bounce() *Bounce {
	if p.media.name != "multipart/report" || !strings.EqualFold(p.media.params["report-type"], "delivery-status") {
		return nil
	}
	var b *Bounce
	var originals []Original
	for _, leaf := range p.leaves() {
		switch leaf.media.name {
		case "message/delivery-status":
			if b == nil && bytes.Contains(leaf.data(), []byte("Status:")) {
				b = readStatus(leaf.data())
			}
		case "message/rfc822":
			header := leaf.nestedHeader()
			id := header["message-id"]
			if id == "" {
				id = generatedID(leaf.data())
			}
			originals = append(originals, Original{MessageID: id, Date: parseDate(header["date"])})
		}
	}
	if b != nil {
		b.Originals = originals
	}
	return b
}

// maxStatus is how much of a delivery status is read, in bytes: what counts stands in front.
const maxStatus = 256 << 10

// readStatus takes the first value of each field; blank lines between recipients mean nothing.
func readStatus(data []byte) *Bounce {
	var b Bounce
	targets := map[string]*string{"action": &b.Action, "status": &b.Status, "final-recipient": &b.FinalRecipient,
		"diagnostic-code": &b.DiagnosticCode, "remote-mta": &b.RemoteMTA}
	data = data[:min(len(data), maxStatus)]
	for len(data) > 0 {
		fields, size := readHeader(data, false)
		data = data[size:]
		for _, f := range fields {
			if target := targets[strings.ToLower(f.name)]; target != nil && *target == "" {
				*target = withoutNUL(decodeHeader(f.value))
			}
		}
	}
	return &b
}
