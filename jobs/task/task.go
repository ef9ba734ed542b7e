// Package task names the kinds of work and what each carries: ids, not copies.
//
// A kind is announced by an outbox row and worked off by the job of the same name. The wire form
// is JSON; a payload's fields may be added to, never renamed, because old rows may wait in queues.
package task

import (
	"postroom/internal/desk"
	"postroom/internal/desk/telephone"
)

// Queues in the order of DESIGN.md section 4. Each has its own worker pool.
const (
	Inbound     = "inbound"
	Trigger     = "trigger"
	Notify      = "notify"
	Deliver     = "deliver"
	SLA         = "sla"
	Index       = "index"
	Maintenance = "maintenance"
)

// Queues lists every queue.
var Queues = []string{Inbound, Trigger, Notify, Deliver, SLA, Index, Maintenance}

// Kind is what a payload is called on the wire, and where it waits.
type Kind interface {
	Kind() string
	Queue() string
}

// MessageReceived: a message was committed and has to become a ticket or a follow-up.
type MessageReceived struct {
	InboundID desk.InboundID `json:"inbound_id"`
}

func (MessageReceived) Kind() string  { return "message.received" }
func (MessageReceived) Queue() string { return Inbound }

// TicketChanged: something happened to a ticket, and its triggers have to act. It is worked off in
// the order in which it happened to the ticket; who else wants to know is announced by that work.
type TicketChanged struct {
	desk.TicketEvent
}

func (TicketChanged) Kind() string  { return "ticket.changed" }
func (TicketChanged) Queue() string { return Trigger }

// SchedulerToRun: a scheduler has begun, and these records are still to be worked on.
type SchedulerToRun struct {
	SchedulerID desk.SchedulerID `json:"scheduler_id"`
	IDs         []int64          `json:"ids"`
}

func (SchedulerToRun) Kind() string  { return "scheduler.run" }
func (SchedulerToRun) Queue() string { return Trigger }

// AgentsToTell: something happened to a ticket, its triggers acted, and agents may want to know.
type AgentsToTell struct {
	desk.TicketEvent
}

func (AgentsToTell) Kind() string  { return "agents.tell" }
func (AgentsToTell) Queue() string { return Notify }

// AgentMail: an agent is told of a ticket by mail.
type AgentMail struct {
	UserID desk.UserID      `json:"user_id"`
	Reason string           `json:"reason"` // why this agent: member, subscribed, owner, replacement
	Event  desk.TicketEvent `json:"event"`
	Actor  desk.UserID      `json:"actor_id"` // who did it
}

func (AgentMail) Kind() string  { return "agent.mail" }
func (AgentMail) Queue() string { return Deliver }

// WebhookToCall: a rule reports a ticket to another system.
type WebhookToCall struct {
	WebhookID desk.WebhookID   `json:"webhook_id"`
	TicketID  desk.TicketID    `json:"ticket_id"`
	ArticleID desk.ArticleID   `json:"article_id,omitzero"`
	Rule      string           `json:"rule"`      // its name, which the receiver gets to know
	RuleType  string           `json:"rule_type"` // Trigger, Job
	Event     desk.TicketEvent `json:"event"`     // what set the rule off
	Delivery  string           `json:"delivery"`  // the same for every attempt
}

func (WebhookToCall) Kind() string  { return "webhook.call" }
func (WebhookToCall) Queue() string { return Deliver }

// ArticleToDeliver: an article was written that has to leave the house.
type ArticleToDeliver struct {
	ArticleID desk.ArticleID `json:"article_id"`
}

func (ArticleToDeliver) Kind() string  { return "article.deliver" }
func (ArticleToDeliver) Queue() string { return Deliver }

// MessageToDeliver: an article was written that has to leave the house by a messenger.
type MessageToDeliver struct {
	ArticleID desk.ArticleID `json:"article_id"`
}

func (MessageToDeliver) Kind() string  { return "message.deliver" }
func (MessageToDeliver) Queue() string { return Deliver }

// Delivery is the work of sending a written article out; nil where it stays in the house.
func Delivery(a desk.Article) Kind {
	if a.SenderID == desk.SenderCustomer {
		return nil
	}
	switch a.TypeID {
	case desk.ArticleEmail:
		return ArticleToDeliver{ArticleID: a.ID}
	case desk.ArticleSMS, desk.ArticleTelegram, desk.ArticleWhatsApp:
		return MessageToDeliver{ArticleID: a.ID}
	}
	return nil
}

// ReplyToSend: somebody who wrote by a messenger is told something that becomes no article, such as
// that a file was too large. There is no record that it could be read from.
type ReplyToSend struct {
	ChannelID desk.ChannelID `json:"channel_id"`
	To        string         `json:"to"` // as the messenger names chats: an id, a number
	Text      string         `json:"text"`
}

func (ReplyToSend) Kind() string  { return "message.reply" }
func (ReplyToSend) Queue() string { return Deliver }

// BlobsReleased: records that pointed to these blobs are gone; what nothing points to any more
// can be deleted.
type BlobsReleased struct {
	BlobIDs []desk.BlobID `json:"blob_ids"`
}

func (BlobsReleased) Kind() string  { return "blobs.released" }
func (BlobsReleased) Queue() string { return Maintenance }

// DataPrivacyOrdered: somebody ordered that a user or a ticket is forgotten.
type DataPrivacyOrdered struct {
	TaskID desk.DataPrivacyTaskID `json:"data_privacy_task_id"`
}

func (DataPrivacyOrdered) Kind() string  { return "data_privacy.forget" }
func (DataPrivacyOrdered) Queue() string { return Maintenance }

// CallerIDsToCollect: a user or a ticket may have brought telephone numbers. The database announces
// it, see migrations/00019_telephony.sql.
type CallerIDsToCollect struct {
	UserID   desk.UserID   `json:"user_id,omitzero"`
	TicketID desk.TicketID `json:"ticket_id,omitzero"`
}

func (CallerIDsToCollect) Kind() string  { return "caller_ids.collect" }
func (CallerIDsToCollect) Queue() string { return Index }

// AllCallerIDsToCollect: a telephone system was connected, and all numbers are to be collected,
// from the users and tickets behind these on.
type AllCallerIDsToCollect struct {
	AfterUserID   desk.UserID   `json:"after_user_id,omitzero"`
	AfterTicketID desk.TicketID `json:"after_ticket_id,omitzero"`
}

func (AllCallerIDsToCollect) Kind() string  { return "caller_ids.collect_all" }
func (AllCallerIDsToCollect) Queue() string { return Index }

// CallMissed: somebody called, nobody took the call, and agents are to be told.
type CallMissed struct {
	CallID telephone.CallID `json:"call_id"`
}

func (CallMissed) Kind() string  { return "call.missed" }
func (CallMissed) Queue() string { return Notify }

// SearchChanged: records changed that a search engine has documents of. Which ones stands in a table of
// the database, see migrations/00035_search_engine.sql.
type SearchChanged struct{}

func (SearchChanged) Kind() string  { return "search.changed" }
func (SearchChanged) Queue() string { return Index }

// What a mail about an account is about.
const (
	SignedUp        = "signup"           // prove that the address is yours
	SignedUpAgain   = "signup_taken"     // somebody signed up with your address
	Invited         = "invite"           // choose a password
	PasswordReset   = "password_reset"   // choose a new password
	PasswordChanged = "password_changed" // was it you?
	AdminSignIn     = "admin_auth"       // sign in with a password although that is switched off
	AccountLinked   = "account_linked"   // an account elsewhere signs you in from now on: was it you?
)

// AccountMail: somebody has to be told about the own account. What proves something in the mail is
// made when it is written, so that it is nowhere to be read.
type AccountMail struct {
	UserID desk.UserID `json:"user_id"`
	About  string      `json:"about"`
}

func (AccountMail) Kind() string  { return "account.mail" }
func (AccountMail) Queue() string { return Deliver }

// ChatEnded: a conversation is over, and its topic wants a ticket made of it.
type ChatEnded struct {
	ChatSessionID desk.ChatSessionID `json:"chat_session_id"`
}

func (ChatEnded) Kind() string  { return "chat.ended" }
func (ChatEnded) Queue() string { return Maintenance }

// ChatLeft: the visitor of a conversation said to be back at once.
type ChatLeft struct {
	ChatSessionID desk.ChatSessionID `json:"chat_session_id"`
}

func (ChatLeft) Kind() string  { return "chat.left" }
func (ChatLeft) Queue() string { return Maintenance }
