package desk

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
	"unicode"
)

// ConfigError says that the installation is not set up for what was asked. It is not the asker's
// fault: clients see a server error with this text.
type ConfigError struct{ Reason string }

func (e *ConfigError) Error() string { return e.Reason }

// ComposeEmail fills what an outgoing email article needs beside its text (reference/email.md 6.1):
// subject, Message-ID, From, and which of our addresses it is sent from. id makes the Message-ID
// unique, such as a UUID.
//
// Its errors are an *InvalidError when nobody would get the mail, and a *ConfigError when the group
// has no address to send from.
func ComposeEmail(a *Article, t Ticket, author User, c *Catalog, now time.Time, id string) error {
	if !HasRecipient(text(a.To)) {
		return &InvalidError{Field: "to", Reason: "Sending an email without a valid recipient is not possible."}
	}
	group := c.Groups[t.GroupID]
	address, ok := EmailAddress{}, false
	if group.EmailAddressID != nil {
		address, ok = c.Addresses[*group.EmailAddressID]
	}
	if !ok {
		return &ConfigError{Reason: fmt.Sprintf("No email address found for group '%s' (%d)", group.Name, t.GroupID)}
	}
	subject := text(a.Subject)
	if strings.TrimSpace(subject) == "" {
		subject = t.Title
	}
	a.Subject = new(CleanSubject(subject, t.Number, c))
	a.MessageID = new(fmt.Sprintf("<%s.%d.%s@%s>", now.UTC().Format("20060102150405"), t.ID, id, c.Settings.String("fqdn")))
	a.MessageIDMD5 = new(MessageIDSum(*a.MessageID))
	a.From = new(FormatAddress(senderName(author, address, c), address.Email))
	if a.Preferences == nil {
		a.Preferences = map[string]any{}
	}
	a.Preferences["email_address_id"] = address.ID
	return nil
}

// senderName is the display name of outgoing mails, as setting ticket_define_email_from wants it.
func senderName(author User, address EmailAddress, c *Catalog) string {
	mode := c.Settings.String("ticket_define_email_from")
	switch {
	case author.ID == SystemUser || mode == "SystemAddressName" || author.FullName() == "":
		return address.Name
	case mode == "AgentName":
		return author.FullName()
	}
	separator := c.Settings.String("ticket_define_email_from_separator")
	return strings.Join(strings.Fields(author.FullName()+" "+separator+" "+address.Name), " ")
}

// MessageIDSum is the form in which Message-IDs are looked up.
func MessageIDSum(id string) string {
	sum := md5.Sum([]byte(id))
	return hex.EncodeToString(sum[:])
}

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
