package task

import "postroom/internal/desk"

// MailTooLarge: a mail was refused for its size, and its sender is to be told. It is in no table, so
// all that the answer says is here.
type MailTooLarge struct {
	ChannelID desk.ChannelID `json:"channel_id"`
	To        string         `json:"to"`
	Name      string         `json:"name,omitzero"` // of the sender
	Subject   string         `json:"subject,omitzero"`
	MessageID string         `json:"message_id"` // with brackets
	Size      int64          `json:"size"`       // bytes
}

func (MailTooLarge) Kind() string  { return "mail.too_large" }
func (MailTooLarge) Queue() string { return Deliver }

// SignatureToDetect: a customer's mail opened a ticket. What all of that person's mails end with can be
// known better now.
type SignatureToDetect struct {
	UserID   desk.UserID   `json:"user_id"`
	TicketID desk.TicketID `json:"ticket_id"`
}

func (SignatureToDetect) Kind() string  { return "signature.detect" }
func (SignatureToDetect) Queue() string { return Index }
