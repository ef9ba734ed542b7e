package jobs

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"postroom/channels"
	"postroom/internal/desk"
	"postroom/internal/desk/thread"
)

// letter is an article on its way out, with all that its message is made of.
type letter struct {
	article   desk.Article
	ticket    desk.Ticket
	files     []desk.Attachment
	thread    []thread.IDs // of the ticket, newest first
	catalog   *desk.Catalog
	attempt   int
	channelID desk.ChannelID // 0: none was found
}

// number reads a number from the article's preferences. JSON has it as a float, clients perhaps as text.
func (l *letter) number(name string) int {
	n := 0
	_, _ = fmt.Sscan(fmt.Sprint(l.article.Preferences[name]), &n)
	return n
}

// delivered reports whether a delivery succeeded before.
func (l *letter) delivered() bool {
	return l.article.Preferences["delivery_status"] == "success"
}

// channel returns what the article is sent by. Its errors are texts that an admin reads in the
// article, so they name what is missing.
func (l *letter) channel() (desk.Channel, error) {
	id := desk.EmailAddressID(l.number("email_address_id"))
	if id == 0 {
		group := l.catalog.Groups[l.ticket.GroupID]
		if group.EmailAddressID == nil {
			return desk.Channel{}, unready("No email address defined for group id '%d'!", l.ticket.GroupID)
		}
		id = *group.EmailAddressID
	}
	address, ok := l.catalog.Addresses[id]
	if !ok {
		return desk.Channel{}, unready("No email address with id '%d' found!", id)
	}
	if address.ChannelID == nil {
		return desk.Channel{}, unready("No channel defined for email address id '%d'!", id)
	}
	channel, ok := l.catalog.Channels[*address.ChannelID]
	if !ok {
		return desk.Channel{}, unready("No channel with id '%d' found for email address id '%d'!", *address.ChannelID, id)
	}
	l.channelID = channel.ID
	if !channel.Active {
		return desk.Channel{}, unready("Channel for email address id '%d' is inactive (channel id '%d')!", id, channel.ID)
	}
	return channel, nil
}

func unready(format string, args ...any) error {
	return &desk.ConfigError{Reason: fmt.Sprintf(format, args...)}
}

// message is the article as a mail, without its files.
func (l *letter) message() channels.Outbound {
	settings := l.catalog.Settings
	subtype, _ := l.article.Preferences["subtype"].(string)
	messageID := text(l.article.MessageID)
	from := text(l.article.From)
	return channels.Outbound{
		MessageID:    messageID,
		InReplyTo:    text(l.article.InReplyTo),
		References:   thread.References(l.thread, messageID),
		From:         from,
		To:           text(l.article.To),
		Cc:           text(l.article.Cc),
		Bcc:          l.catalog.HiddenCopy(),
		Subject:      thread.BuildSubject(text(l.article.Subject), subtype, l.ticket.Number, l.catalog),
		ContentType:  l.article.ContentType,
		Body:         l.article.Body,
		Organization: settings.String("organization"),
		Notification: l.catalog.Senders[l.article.SenderID] == "System",
		CSSFont:      settings.String("html_email_css_font"),
		EHLODomain:   desk.EHLODomain(settings.String("fqdn"), from),
	}
}

// file is an attachment as a part of the mail. Inline is what the body shows as an image.
func (l *letter) file(a desk.Attachment, data []byte) channels.File {
	id := strings.Trim(preference(a, "Content-ID"), "<>")
	contentType := preference(a, "Content-Type")
	if contentType == "" {
		contentType = preference(a, "Mime-Type")
	}
	if contentType == "" {
		contentType = "application/octet-stream"
	}
	shown := id != "" && l.article.ContentType == "text/html" && strings.Contains(l.article.Body, "cid:"+id)
	disposition, _, _ := strings.Cut(strings.ToLower(preference(a, "Content-Disposition")), ";")
	return channels.File{
		Filename: a.Filename, ContentType: contentType, ContentID: id, Inline: shown || strings.TrimSpace(disposition) == "inline", Data: data,
	}
}

func preference(a desk.Attachment, name string) string {
	value, _ := a.Preferences[name].(string)
	return value
}

// succeeded and failed are what the article says about its delivery.
func (l *letter) succeeded(now time.Time) map[string]any {
	return l.status(now, "success", nil)
}

func (l *letter) failed(now time.Time, failure error) map[string]any {
	return l.status(now, "fail", failure.Error())
}

func (l *letter) status(now time.Time, status string, message any) map[string]any {
	preferences := map[string]any{
		"delivery_status":         status,
		"delivery_status_message": message,
		"delivery_status_date":    now.UTC().Format("2006-01-02T15:04:05.000Z"),
	}
	if l.channelID != 0 {
		preferences["delivery_channel_id"] = l.channelID
	}
	return preferences
}

// recipients are all that the article names.
func (l *letter) recipients() string {
	var list []string
	for _, names := range []*string{l.article.To, l.article.Cc} {
		if name := text(names); name != "" {
			list = append(list, name)
		}
	}
	return strings.Join(list, ",")
}

func (l *letter) history() []desk.Change {
	to := l.recipients()
	if to == "" {
		return nil
	}
	return []desk.Change{{
		Object: "Ticket::Article", OID: int64(l.article.ID), Type: "email",
		RelatedObject: "Ticket", RelatedOID: int64(l.ticket.ID),
		ValueFrom: text(l.article.Subject), ValueTo: to, By: l.article.CreatedByID,
	}}
}

// undeliverable is the note that tells agents about a mail that could not be sent.
func (l *letter) undeliverable(reason error) desk.Article {
	message := reason.Error()
	if delivery, ok := errors.AsType[*deliveryError](reason); ok {
		message = delivery.Error()
	}
	return desk.Article{
		TicketID:    l.ticket.ID,
		TypeID:      desk.ArticleNote,
		SenderID:    desk.SenderSystem,
		ContentType: "text/plain",
		Body:        fmt.Sprintf("Unable to send email to '%s': %s", l.recipients(), message),
		Internal:    true,
		Preferences: map[string]any{
			"delivery_article_id_related": l.article.ID,
			"delivery_message":            true,
			"notification":                true,
		},
		Stamp: desk.Stamp{CreatedByID: desk.SystemUser, UpdatedByID: desk.SystemUser},
	}
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
