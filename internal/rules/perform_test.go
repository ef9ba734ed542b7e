package rules_test

import (
	"testing"

	"postroom/internal/rules"
)

type object = map[string]any

func TestActionThatLacksSomethingIsRefused(t *testing.T) {
	t.Parallel()
	missing := func(what string) string { return "The required 'value' value for " + what + " is missing!" }
	for _, tc := range []struct {
		name    string
		perform object
		want    string // "": accepted
	}{
		{"nothing", object{}, ""},
		{"attribute", object{"ticket.state_id": object{"value": "4"}}, ""},
		{"attribute that is emptied", object{"ticket.state_id": object{}}, ""},
		{"attribute without parameters", object{"ticket.state_id": "4"}, missing("ticket.state_id, value")},
		{"note", object{"article.note": object{"body": "b", "subject": "s", "internal": "true"}}, ""},
		{"note with a switch", object{"article.note": object{"body": "b", "subject": "s", "internal": false}}, ""},
		{"note without body", object{"article.note": object{"body": " ", "subject": "s", "internal": "true"}}, missing("article.note, body")},
		{"note that is neither", object{"article.note": object{"body": "b", "subject": "s"}}, missing("article.note, internal")},
		{"mail to nobody", object{"notification.email": object{"body": "b", "subject": "s", "recipient": []any{}}}, missing("notification.email, recipient")},
		{"mail without subject", object{"notification.email": object{"body": "b", "recipient": "ticket_owner"}}, missing("notification.email, subject")},
		{"text message", object{"notification.sms": object{"body": "b", "recipient": []any{"ticket_owner"}}}, ""},
		{"webhook without an id", object{"notification.webhook": object{}}, missing("notification.webhook, webhook_id")},
		{"specific owner", object{"ticket.owner_id": object{"pre_condition": "specific", "value": "3"}}, ""},
		{"specific owner, nobody", object{"ticket.owner_id": object{"pre_condition": "specific", "value": ""}}, missing("ticket.owner_id, value")},
		{"owner who acts", object{"ticket.owner_id": object{"pre_condition": "current_user.id", "value": ""}}, ""},
		{"specific customer, nobody", object{"ticket.customer_id": object{"pre_condition": "specific"}}, missing("ticket.customer_id, value")},
		{"filter that sets no owner", object{"X-Zammad-Ticket-Owner_id": object{"value": ""}}, missing("X-Zammad-Ticket-Owner_id, value")},
		{"filter that empties something", object{"x-zammad-ticket-tags": object{"value": ""}}, ""},
		{"two faults, the first by name", object{"notification.sms": object{}, "article.note": object{}}, missing("article.note, body")},
	} {
		got := ""
		if err := rules.CheckPerform(tc.perform); err != nil {
			got = err.Error()
		}
		if got != tc.want {
			t.Errorf("%s: error = %q, want %q", tc.name, got, tc.want)
		}
	}
}
