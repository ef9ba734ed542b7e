package desk

import (
	"strings"
	"unicode"
)

// FormatAddress writes a name and a mail address as one recipient. The name is quoted where mail
// programs need it.
func FormatAddress(name, email string) string {
	if name == "" {
		return email
	}
	special := func(r rune) bool {
		return strings.ContainsRune(`()<>[]:;@\,."`, r) || unicode.IsControl(r) || r > unicode.MaxASCII
	}
	if strings.ContainsFunc(name, special) {
		name = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name) + `"`
	}
	return name + " <" + email + ">"
}

// HasRecipient reports whether a list of recipients holds at least one mail address.
func HasRecipient(list string) bool { return len(MailAddresses(list)) > 0 }

// MailAddresses returns the valid addresses of a list of recipients, without their names.
func MailAddresses(list string) (addresses []string) {
	for part := range strings.FieldsFuncSeq(list, func(r rune) bool { return r == ',' || r == ';' }) {
		if open := strings.LastIndexByte(part, '<'); open >= 0 {
			part, _, _ = strings.Cut(part[open+1:], ">")
		}
		if part = strings.TrimSpace(part); ValidAddress(part) {
			addresses = append(addresses, part)
		}
	}
	return addresses
}

// ValidAddress reports whether a text is a mail address by its form (reference/email.md 9.1): a
// domain needs no dot, letters may be of any script.
func ValidAddress(email string) bool {
	at := strings.LastIndexByte(email, '@')
	if at < 0 {
		return false
	}
	local, domain := []rune(email[:at]), email[at+1:]
	if len(local) < 1 || len(local) > 240 || len([]rune(email)) > 250 {
		return false
	}
	forbidden := func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune(`<>()[]:;,\"@`, r)
	}
	if strings.ContainsFunc(string(local), forbidden) || domain == "" {
		return false
	}
	for label := range strings.SplitSeq(domain, ".") {
		if label == "" || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return false
		}
		if strings.ContainsFunc(label, func(r rune) bool {
			return r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
		}) {
			return false
		}
	}
	return true
}
