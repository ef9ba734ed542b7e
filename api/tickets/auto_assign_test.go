package tickets_test

import (
	"fmt"
	"testing"

	"postroom/api/apitest"
)

func TestWhoOpensATicketOwnsIt(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	path := func(id int) string { return apitest.TicketPath(id) + "?auto_assign=1" }
	owner := func(who string, id int) int { return int(o.Get(who, path(id)).Is(200).Object()["owner_id"].(float64)) }
	emma := o.UserID("emma")

	off := o.NewTicket(1, "david", "Off")
	if got := owner("emma", off); got != 1 {
		t.Errorf("the setting is off: owner %d", got)
	}
	o.Setting("ticket_auto_assignment", true)
	o.Setting("ticket_auto_assignment_selector", map[string]any{"condition": map[string]any{"ticket.title": map[string]any{"operator": "contains", "value": "take"}}})
	for _, c := range []struct {
		name, who string
		ticket    int
		want      int
	}{
		{"another title", "emma", off, 1},
		{"without full access", "changer", o.NewTicket(1, "david", "take me"), 1},
		{"a customer", "david", o.NewTicket(1, "david", "take me"), 1},
		{"as it is meant", "emma", o.NewTicket(1, "david", "take me"), emma},
	} {
		if got := owner(c.who, c.ticket); got != c.want {
			t.Errorf("%s: owner %d, want %d", c.name, got, c.want)
		}
	}
	taken := o.NewTicket(1, "david", "take me")
	owner("emma", taken)
	owner("emma", taken)
	var entries int
	o.One(&entries, `SELECT count(*) FROM history WHERE object = 'Ticket' AND o_id = $1 AND attribute = 'owner'`, taken)
	if entries != 1 {
		t.Errorf("%d lines of history", entries)
	}
	plain := o.NewTicket(1, "david", "take me")
	if got := o.Get("emma", apitest.TicketPath(plain)).Object()["owner_id"]; got != 1.0 {
		t.Errorf("without being asked: owner %v", got)
	}
	o.Setting("ticket_auto_assignment_user_ids_ignore", []any{"4711", fmt.Sprint(emma)})
	if got := owner("emma", plain); got != 1 {
		t.Errorf("an ignored one: owner %d", got)
	}
	o.Setting("ticket_auto_assignment_user_ids_ignore", []int{})
	o.Setting("ticket_auto_assignment_selector", map[string]any{"condition": map[string]any{"ticket.nonsense": map[string]any{"operator": "is", "value": 1}}})
	if got := owner("emma", plain); got != 1 {
		t.Errorf("a condition that can't be used: owner %d", got)
	}
}
