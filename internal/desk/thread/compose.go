package thread

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"postroom/internal/desk"
)

// ComposeEmail fills what an outgoing email article needs beside its text (reference/email.md 6.1):
// subject, Message-ID, From, and which of our addresses it is sent from. id makes the Message-ID
// unique, such as a UUID.
//
// Its errors are an *desk.InvalidError when nobody would get the mail, and a *desk.ConfigError when the group
// has no address to send from.
func ComposeEmail(a *desk.Article, t desk.Ticket, author desk.User, c *desk.Catalog, now time.Time, id string) error {
	if !desk.HasRecipient(text(a.To)) {
		return &desk.InvalidError{Field: "to", Reason: "Sending an email without a valid recipient is not possible."}
	}
	group := c.Groups[t.GroupID]
	address, ok := desk.EmailAddress{}, false
	if group.EmailAddressID != nil {
		address, ok = c.Addresses[*group.EmailAddressID]
	}
	if !ok {
		return &desk.ConfigError{Reason: fmt.Sprintf("No email address found for group '%s' (%d)", group.Name, t.GroupID)}
	}
	subject := text(a.Subject)
	if strings.TrimSpace(subject) == "" {
		subject = t.Title
	}
	a.Subject = new(CleanSubject(subject, t.Number, c))
	a.MessageID = new(fmt.Sprintf("<%s.%d.%s@%s>", now.UTC().Format("20060102150405"), t.ID, id, c.Settings.String("fqdn")))
	a.MessageIDMD5 = new(MessageIDSum(*a.MessageID))
	a.From = new(desk.FormatAddress(senderName(author, address, c), address.Email))
	if a.Preferences == nil {
		a.Preferences = map[string]any{}
	}
	a.Preferences["email_address_id"] = address.ID
	return nil
}

// senderName is the display name of outgoing mails, as setting ticket_define_email_from wants it.
func senderName(author desk.User, address desk.EmailAddress, c *desk.Catalog) string {
	mode := c.Settings.String("ticket_define_email_from")
	switch {
	case author.ID == desk.SystemUser || mode == "SystemAddressName" || author.FullName() == "":
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
