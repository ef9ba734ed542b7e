package desk

import (
	"maps"
	"slices"
	"strings"
)

// neededToPerform are the parameters without which an action of a trigger, scheduler or macro
// makes no sense.
var neededToPerform = map[string][]string{
	"article.note":         {"body", "subject", "internal"},
	"notification.email":   {"body", "recipient", "subject"},
	"notification.sms":     {"body", "recipient"},
	"notification.webhook": {"webhook_id"},
}

// somebodyToPerform are the actions that need a value only where a certain record is meant, rather
// than nobody or whoever acts.
var somebodyToPerform = []string{"ticket.customer_id", "ticket.organization_id", "ticket.owner_id"}

// CheckPerform refuses actions of a trigger, scheduler or macro of which a parameter is missing. It
// names the first parameter and every action that lacks it.
func CheckPerform(perform map[string]any) error {
	lacking := map[string][]string{} // parameter -> actions
	for _, action := range slices.Sorted(maps.Keys(perform)) {
		given, _ := perform[action].(map[string]any)
		needed := neededToPerform[action]
		if slices.Contains(somebodyToPerform, action) && given["pre_condition"] == "specific" {
			needed = []string{"value"}
		}
		for _, parameter := range needed {
			if !present(given[parameter]) {
				lacking[parameter] = append(lacking[parameter], action)
			}
		}
	}
	for _, parameter := range slices.Sorted(maps.Keys(lacking)) {
		return &InvalidError{
			Field:  "perform",
			Reason: "The required '" + parameter + "' value for " + strings.Join(lacking[parameter], ", ") + " is missing!",
		}
	}
	return nil
}

// present reports whether a parameter says something. A switch that is off does.
func present(value any) bool {
	switch v := value.(type) {
	case nil:
		return false
	case string:
		return strings.TrimSpace(v) != ""
	case []any:
		return len(v) > 0
	case map[string]any:
		return len(v) > 0
	}
	return true
}
