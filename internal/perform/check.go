// Package perform takes the actions of rules on tickets: of triggers, schedulers and macros alike.
//
// In come actions as administrators wrote them and a ticket that is locked, out comes the ticket as
// it is then: attributes, tags and subscriptions changed, notes, mails and text messages written as
// articles, webhooks announced. All of it is part of the caller's transaction; what leaves the house
// is announced there and sent by others. Which rule acts, and when, it doesn't know.
package perform

import (
	"maps"
	"slices"
	"strings"

	"postroom/internal/desk"
)

// performNeeds lists what an action can't do without.
var performNeeds = map[string][]string{
	"article.note":                {"body", "subject", "internal"},
	"notification.email":          {"body", "recipient", "subject"},
	"notification.sms":            {"body", "recipient"},
	"notification.webhook":        {"webhook_id"},
	"x-zammad-ticket-owner_id":    {"value"},
	"x-zammad-ticket-customer_id": {"value"},
}

// onlySpecific are attributes whose value can be left out if it follows from whoever acts.
var onlySpecific = []string{"ticket.customer_id", "ticket.organization_id", "ticket.owner_id"}

// Check refuses actions that lack what they need. It is for triggers, schedulers, macros and
// postmaster filters alike; an action that nobody knows is for whoever runs it.
func Check(perform map[string]any) error {
	for _, key := range slices.Sorted(maps.Keys(perform)) {
		action, ok := perform[key].(map[string]any)
		if !ok {
			return missingValue(key, "value")
		}
		needs := performNeeds[strings.ToLower(key)]
		if slices.Contains(onlySpecific, key) && action["pre_condition"] == "specific" {
			needs = []string{"value"}
		}
		for _, need := range needs {
			if isBlank(action[need]) {
				return missingValue(key, need)
			}
		}
	}
	return nil
}

func missingValue(key, need string) error {
	return &desk.InvalidError{Field: "perform", Reason: "The required 'value' value for " + key + ", " + need + " is missing!"}
}

// isBlank reports whether a value says nothing. A switch says something also when it is off.
func isBlank(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case string:
		return strings.TrimSpace(v) == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}
