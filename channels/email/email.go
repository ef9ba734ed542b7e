// Package email speaks to mail servers: it fetches mailboxes by IMAP, POP3 or Microsoft Graph and sends mail
// by SMTP, Microsoft Graph or a local sendmail.
//
// In go the options of a channel, out come raw messages; in goes an answer, out come the bytes
// that were sent. It parses no body, knows no ticket and keeps nothing: what may be acknowledged
// at the server it learns from the function it hands messages to.
package email

import "postroom/channels/email/inbox"

// Kind is what messages of this channel are called in channels.Inbound.
const Kind = inbox.Kind
