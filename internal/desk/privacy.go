package desk

import (
	"strings"
	"unicode/utf8"
)

// DataPrivacyTaskID is the id of an order to forget.
type DataPrivacyTaskID int64

// What may be forgotten, and how far that has got.
const (
	DeletableUser   = "User"
	DeletableTicket = "Ticket"

	PrivacyInProcess = "in process"
	PrivacyCompleted = "completed"
	PrivacyFailed    = "failed"
)

// DataPrivacyTask is the order to forget a user with all tickets, or a ticket.
type DataPrivacyTask struct {
	ID            DataPrivacyTaskID
	State         string
	DeletableType string
	DeletableID   int64
	Preferences   map[string]any // what it is about; pseudonyms once it is gone
	Stamp
}

// Pseudonym makes a text unrecognizable to those who did not know it: a first and a last letter
// stay. Of an address both halves are treated so, and the top-level domain stays.
func Pseudonym(text string) string {
	local, domain, isAddress := strings.Cut(text, "@")
	if !isAddress || local == "" || domain == "" || strings.ContainsAny(text, " <>") {
		return initials(text)
	}
	dot := strings.LastIndexByte(domain, '.')
	if dot <= 0 {
		return initials(local) + "@" + initials(domain)
	}
	return initials(local) + "@" + initials(domain[:dot]) + domain[dot:]
}

func initials(text string) string {
	if utf8.RuneCountInString(text) < 2 {
		return strings.Repeat("*", utf8.RuneCountInString(text))
	}
	first, _ := utf8.DecodeRuneInString(text)
	last, _ := utf8.DecodeLastRuneInString(text)
	return string(first) + "*" + string(last)
}

// Complete marks an order as carried out. What it says about whom or what it was for becomes
// unrecognizable.
func (t *DataPrivacyTask) Complete() {
	t.State = PrivacyCompleted
	for _, key := range []string{"user", "ticket"} {
		about, ok := t.Preferences[key].(map[string]any)
		if !ok {
			continue
		}
		hidden := make(map[string]any, len(about))
		for name, value := range about {
			hidden[name] = value
			if text, ok := value.(string); ok && name != "number" {
				hidden[name] = Pseudonym(text)
			}
		}
		t.Preferences[key] = hidden
	}
	delete(t.Preferences, "error")
}

// DeletesOrganization reports whether a user's organization goes too, if it has no other members.
func (t *DataPrivacyTask) DeletesOrganization() bool {
	wanted := t.Preferences["delete_organization"]
	return wanted == true || wanted == "true"
}
