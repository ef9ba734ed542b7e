package perform_test

import (
	"testing"

	"postroom/internal/perform"
)

type parameters = map[string]any

func TestActionThatLacksSomethingIsRefused(t *testing.T) {
	t.Parallel()
	missing := func(what string) string { return "The required 'value' value for " + what + " is missing!" }
	for _, tc := range []struct {
		name    string
		perform parameters
		want    string // "": accepted
	}{
		{"nothing", parameters{}, ""},
		{"attribute", parameters{"ticket.state_id": parameters{"value": "4"}}, ""},
		{"attribute that is emptied", parameters{"ticket.state_id": parameters{}}, ""},
		{"attribute without parameters", parameters{"ticket.state_id": "4"}, missing("ticket.state_id, value")},
		{"note", parameters{"article.note": parameters{"body": "b", "subject": "s", "internal": "true"}}, ""},
		{"note with a switch", parameters{"article.note": parameters{"body": "b", "subject": "s", "internal": false}}, ""},
		{"note without body", parameters{"article.note": parameters{"body": " ", "subject": "s", "internal": "true"}}, missing("article.note, body")},
		{"note that is neither", parameters{"article.note": parameters{"body": "b", "subject": "s"}}, missing("article.note, internal")},
		{"mail to nobody", parameters{"notification.email": parameters{"body": "b", "subject": "s", "recipient": []any{}}}, missing("notification.email, recipient")},
		{"mail without subject", parameters{"notification.email": parameters{"body": "b", "recipient": "ticket_owner"}}, missing("notification.email, subject")},
		{"text message", parameters{"notification.sms": parameters{"body": "b", "recipient": []any{"ticket_owner"}}}, ""},
		{"webhook without an id", parameters{"notification.webhook": parameters{}}, missing("notification.webhook, webhook_id")},
		{"specific owner", parameters{"ticket.owner_id": parameters{"pre_condition": "specific", "value": "3"}}, ""},
		{"specific owner, nobody", parameters{"ticket.owner_id": parameters{"pre_condition": "specific", "value": ""}}, missing("ticket.owner_id, value")},
		{"owner who acts", parameters{"ticket.owner_id": parameters{"pre_condition": "current_user.id", "value": ""}}, ""},
		{"specific customer, nobody", parameters{"ticket.customer_id": parameters{"pre_condition": "specific"}}, missing("ticket.customer_id, value")},
		{"filter that sets no owner", parameters{"X-Zammad-Ticket-Owner_id": parameters{"value": ""}}, missing("X-Zammad-Ticket-Owner_id, value")},
		{"filter that empties something", parameters{"x-zammad-ticket-tags": parameters{"value": ""}}, ""},
		{"two faults, the first by name", parameters{"notification.sms": parameters{}, "article.note": parameters{}}, missing("article.note, body")},
	} {
		got := ""
		if err := perform.Check(tc.perform); err != nil {
			got = err.Error()
		}
		if got != tc.want {
			t.Errorf("%s: error = %q, want %q", tc.name, got, tc.want)
		}
	}
}
