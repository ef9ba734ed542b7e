package tickets_test

import (
	"fmt"
	"testing"

	"postroom/api/apitest"
)

// offered is what a form offers for a field.
func offered(o *apitest.Office, who, path, field string) string {
	o.T.Helper()
	meta := o.Get(who, path).Is(200).Object()["form_meta"].(map[string]any)
	return fmt.Sprint(meta["filter"].(map[string]any)[field])
}

func TestFormsOfferWhatMayBeChosen(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	for _, tc := range []struct{ who, path, field, want string }{
		{"emma", "/ticket_create", "group_id", "[1]"},
		{"both", "/ticket_create", "group_id", "[2]"},
		{"reader", "/ticket_create", "group_id", "[]"},
		{"david", "/ticket_create", "group_id", "[1 2 3]"},
		{"emma", "/ticket_create", "state_id", "[1 2 3 4 6]"},
		{"david", "/ticket_create", "state_id", "[1 4]"},
		{"emma", "/ticket_overview", "state_id", "[2 3 4 6]"},
		{"changer", "/ticket_overview", "group_id", "[1]"},
		{"emma", "/ticket_overview", "priority_id", "[1 2 3]"},
		{"david", "/ticket_create", "type_id", "[10 11]"},
	} {
		if got := offered(o, tc.who, tc.path, tc.field); got != tc.want {
			t.Errorf("%s: %s offers %s as %s, want %s", tc.who, tc.path, got, tc.field, tc.want)
		}
	}
	o.Setting("customer_ticket_create_group_ids", []int{3})
	if got := offered(o, "david", "/ticket_create", "group_id"); got != "[3]" {
		t.Errorf("customers are offered groups %s, want [3]", got)
	}
	assets := o.Get("emma", "/ticket_create").Object()["assets"].(map[string]any)
	if groups := assets["Group"].(map[string]any); len(groups) != 1 {
		t.Errorf("groups %v", groups)
	}
	o.Get("reporter", "/ticket_create").Is(403)
}

func TestATicketComesWithItsForm(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	id := o.NewTicket(1, "david", "printer")
	for _, tc := range []struct{ who, field, offered, pending string }{
		{"emma", "state_id", "[ 2 3 4 6]", "remove"},
		{"david", "state_id", "[ 2 4]", "<nil>"}, // customers know of no such field
		{"emma", "group_id", "[ 1]", "remove"},
	} {
		meta := o.Get(tc.who, apitest.TicketPath(id)+"?all=true").Is(200).Object()["form_meta"].(map[string]any)
		look := meta["core_workflow"].(map[string]any)
		if got := fmt.Sprint(look["restrict_values"].(map[string]any)[tc.field]); got != tc.offered {
			t.Errorf("%s is offered %s as %s, want %s", tc.who, got, tc.field, tc.offered)
		}
		if got := fmt.Sprint(look["visibility"].(map[string]any)["pending_time"]); got != tc.pending {
			t.Errorf("%s: pending_time of an open ticket is to %s, want %s", tc.who, got, tc.pending)
		}
		if meta["dependencies"] == nil || meta["configure_attributes"] == nil {
			t.Errorf("%s: form_meta %v lacks what clients look for", tc.who, meta)
		}
	}
}
