package notify

import (
	"html/template"
	"strings"
	"time"

	"postroom/internal/desk"
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
	form := "01/02/2006 3:04 pm"
	switch {
	case language(locale) == "de":
		form = "02.01.2006 15:04"
	case !strings.HasSuffix(strings.ToLower(locale), "us"):
		form = "2006-01-02 15:04"
	}
	return t.In(zone).Format(form) + " (" + zone.String() + ")"
}

// german are the words of the installation's own attributes and values; those that administrators
// add are written as they wrote them.
var german = map[string]string{
	"Title": "Titel", "Customer": "Kunde", "Organization": "Organisation", "Type": "Typ", "Group": "Gruppe", "Owner": "Besitzer",
	"State": "Status", "Pending till": "Warten bis", "Priority": "Priorität",
	"new": "neu", "open": "offen", "closed": "geschlossen", "merged": "zusammengefasst", "pending reminder": "warten auf Erinnerung",
	"pending close": "warten auf Schließen", "1 low": "1 niedrig", "2 normal": "2 normal", "3 high": "3 hoch", "yes": "ja", "no": "nein",
}

// Word writes a word of the installation in the language of a locale.
func Word(word, locale string) string {
	if translated, ok := german[word]; ok && language(locale) == "de" {
		return translated
	}
	return word
}
