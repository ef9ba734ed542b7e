package bulk_test

import (
	"fmt"
	"testing"

	"postroom/api/apitest"
)

func TestManyTicketsChangeTogetherOrNotAtAll(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	a, b, foreign := o.NewTicket(1, "david", "A"), o.NewTicket(1, "dora", "B"), o.NewTicket(2, "david", "C")
	failed := o.Post("emma", "/tickets/mass_update", fmt.Sprintf(`{"ticket_ids": [%d, %d], "attributes": {"priority_id": 3}}`, a, foreign)).Is(422).Object()
	if failed["error"] != true || failed["ticket_id"] != float64(foreign) {
		t.Errorf("a ticket out of reach: %v", failed)
	}
	done := o.Post("emma", "/tickets/mass_update", fmt.Sprintf(
		`{"ticket_ids": [%d, "%d"], "attributes": {"priority_id": 3, "title": ""}, "article": {"body": "all of you"}}`, b, a)).Is(200).Object()
	if ids := done["ticket_ids"].([]any); len(ids) != 2 {
		t.Errorf("changed %v", ids)
	}
	for _, id := range []int{a, b} {
		shown := o.Get("emma", fmt.Sprintf("/tickets/%d", id)).Object()
		if shown["priority_id"] != 3.0 || shown["title"] == "" {
			t.Errorf("ticket %d is %v", id, shown)
		}
		articles := o.Get("emma", fmt.Sprintf("/ticket_articles/by_ticket/%d", id)).List()
		if len(articles) != 1 || articles[0]["body"] != "all of you" {
			t.Errorf("articles of ticket %d: %v", id, articles)
		}
	}
	o.Post("emma", "/tickets/mass_update", `{"ticket_ids": []}`).Is(422)
	o.Post("david", "/tickets/mass_update", fmt.Sprintf(`{"ticket_ids": [%d], "attributes": {"title": "x"}}`, a)).Is(422)
}

func TestMacroOnManyTickets(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	a, b, sales := o.NewTicket(1, "david", "A"), o.NewTicket(1, "dora", "B"), o.NewTicket(2, "david", "C")
	o.Exec(`
		INSERT INTO macros (id, name, perform, ux_flow_next_up, active, updated_by_id, created_by_id)
		VALUES (50, 'Take and wait', ('{
			"ticket.owner_id": {"pre_condition": "current_user.id", "value": ""},
			"ticket.state_id": {"value": "3"},
			"ticket.pending_time": {"operator": "relative", "value": "2", "range": "day"},
			"ticket.title": {"value": "#{ticket.title} of #{ticket.customer.login}"},
			"ticket.tags": {"operator": "add", "value": "taken, #{ticket.priority.name}"},
			"ticket.subscribe": {"pre_condition": "specific", "value": ["' || (SELECT id FROM users WHERE login = 'stranger') || '", "' || (SELECT id FROM users WHERE login = 'reader') || '"]},
			"article.note": {"subject": "Macro", "body": "<b>taken by #{ticket.owner.login}</b>", "internal": "true"}}')::jsonb, 'none', true, 1, 1),
		(51, 'Users only', '{"ticket.priority_id": {"value": 1}}', 'none', true, 1, 1),
		(52, 'Off', '{"ticket.priority_id": {"value": 1}}', 'none', false, 1, 1),
		(53, 'Strange', '{"ticket.action": {"value": "explode"}}', 'none', true, 1, 1);
		INSERT INTO macros_groups (macro_id, group_id) VALUES (51, 1)`)
	run := func(who string, macro int, ids string) apitest.Answer {
		return o.Post(who, "/tickets/mass_macro", fmt.Sprintf(`{"ticket_ids": %s, "macro_id": %d}`, ids, macro))
	}
	run("emma", 50, fmt.Sprintf("[%d, %d]", a, b)).Is(200)
	for id, title := range map[int]string{a: "A of david", b: "B of dora"} {
		shown := o.Get("emma", fmt.Sprintf("/tickets/%d?expand=true", id)).Object()
		if shown["owner"] != "emma" || shown["state"] != "pending reminder" || shown["pending_time"] == nil || shown["title"] != title {
			t.Errorf("ticket %d is %v", id, shown)
		}
		notes := o.Get("emma", fmt.Sprintf("/ticket_articles/by_ticket/%d", id)).List()
		if len(notes) != 1 || notes[0]["internal"] != true || notes[0]["subject"] != "Macro" || notes[0]["body"] != "<b>taken by emma</b>" {
			t.Errorf("notes of ticket %d: %v", id, notes)
		}
	}
	var tagged int
	if o.One(&tagged, `SELECT count(*) FROM taggings g JOIN tags t ON t.id = g.tag_id WHERE t.name IN ('taken', '2 normal')`); tagged != 4 {
		t.Errorf("%d tags on two tickets, want 4", tagged)
	}
	var heard string
	if o.One(&heard, `SELECT string_agg(DISTINCT u.login, ' ') FROM mentions m JOIN users u ON u.id = m.user_id`); heard != "reader" {
		t.Errorf("%q hear of the tickets, want who reads them", heard)
	}
	blocked := run("chris", 51, fmt.Sprintf("[%d, %d]", a, sales)).Is(422).Object()
	if blocked["error"] != "Macro group restrictions do not cover all tickets" || len(blocked["blocking_tickets"].([]any)) != 1 {
		t.Errorf("a ticket of another group: %v", blocked)
	}
	run("emma", 51, fmt.Sprintf("[%d]", a)).Is(200)
	run("emma", 52, fmt.Sprintf("[%d]", a)).Refuses(422, "The macro 'Off' is inactive.")
	run("emma", 53, fmt.Sprintf("[%d]", a)).Refuses(422, "The action 'ticket.action' can't be taken here.")
	run("emma", 4711, fmt.Sprintf("[%d]", a)).Is(404)
}
