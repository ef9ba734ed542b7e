package notify

import (
	"html/template"
	"time"

	"postroom/internal/desk"
	texts "postroom/internal/template"
)

// TicketFacts are what a mail about a ticket speaks of. What is empty is left out.
type TicketFacts struct {
	Product      string
	Organization string // that runs the installation
	Firstname    string // of who is told
	Link         string // to the ticket
	ProfileLink  string // to what somebody is told
	Reason       Reason

	Title       string
	Actor       string // who did it, with the organization
	Group       string
	Owner       string // empty: nobody
	Customer    string
	State       string
	At          string // when it escalates, or did
	Changes     []Change
	ArticleBy   string
	ArticleAt   string
	ArticleBody template.HTML // sanitized
}

// Change is an attribute that got another value, as people read it.
type Change struct{ Label, From, To string }

// ticketMails are the mails about events.
var ticketMails = map[string]string{
	desk.EventCreate:            "ticket_create",
	desk.EventUpdate:            "ticket_update",
	desk.EventReminderReached:   "ticket_reminder_reached",
	desk.EventEscalation:        "ticket_escalation",
	desk.EventEscalationWarning: "ticket_escalation_warning",
	desk.EventMergedInto:        "ticket_update_merged_into",
	desk.EventReceivedMerge:     "ticket_update_received_merge",
}

// framed is a mail about a ticket, with what is around it.
type framed struct {
	TicketFacts
	Body template.HTML
}

// Ticket writes the mail about an event in the language of a locale.
func (m *Mails) Ticket(event, locale string, facts TicketFacts) (Mail, error) {
	subject, body, err := m.written(ticketMails[event], locale, facts)
	if err != nil {
		return Mail{}, err
	}
	_, whole, err := m.written(frameKind, locale, framed{facts, template.HTML(body)}) // of templates that escape
	return Mail{Subject: subject, Body: whole}, err
}

// Moment writes a time as people of a locale read it.
func Moment(t time.Time, zone *time.Location, locale string) string {
	return texts.Moment(t.In(zone), locale)
}

// Word writes a word of the installation in the language of a locale.
func Word(word, locale string) string { return texts.Word(word, locale) }
