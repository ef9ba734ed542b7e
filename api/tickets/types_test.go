package tickets_test

import (
	"fmt"
	"testing"

	"postroom/api/apitest"
)

func TestArticlesOfEveryType(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	for name, communication := range map[string]bool{
		"email": true, "sms": true, "chat": true, "fax": true, "phone": true, "twitter status": true, "twitter direct-message": true,
		"facebook feed post": true, "facebook feed comment": true, "note": false, "web": true, "telegram personal-message": true,
		"facebook direct-message": true, "whatsapp message": true,
	} {
		ticket := o.NewTicket(1, "david", name)
		article := o.Post("emma", "/ticket_articles", fmt.Sprintf(`{"ticket_id": %d, "type": %q, "to": "david@example.com", "body": "x"}`, ticket, name)).Is(201).Object()
		if article["type"] != name || article["sender"] != "Agent" {
			t.Errorf("%s: an article of type %v by %v", name, article["type"], article["sender"])
		}
		if answered := o.Get("emma", apitest.TicketPath(ticket)).Object()["last_contact_agent_at"] != nil; answered != communication {
			t.Errorf("%s: counts as contact: %v, want %v", name, answered, communication)
		}
	}
}

func TestAgentsAnswerByMailWhereThereIsAnAddress(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	for group, want := range map[int]string{1: "[10 5 1]", 2: "[10 5]"} {
		ticket := o.NewTicket(group, "david", "How?")
		filter := o.Get("chris", apitest.TicketPath(ticket)+"?all=true").Is(200).Object()["form_meta"].(map[string]any)["filter"]
		if got := fmt.Sprint(filter.(map[string]any)["type_id"]); got != want {
			t.Errorf("group %d: types %s are offered, want %s", group, got, want)
		}
	}
}

func TestReplacementSeesTheTicketsOfWhoIsAway(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	ticket := o.NewTicket(1, "david", "Urgent")
	o.Put("emma", apitest.TicketPath(ticket), `{"owner": "emma"}`).Is(200)
	const overview = "/ticket_overviews?view=my_replacement_tickets"
	found := func() string {
		index := o.Get("chris", overview).Is(200).Object()["index"].(map[string]any)
		return fmt.Sprint(index["count"])
	}
	if got := found(); got != "<nil>" {
		t.Errorf("while nobody is away: %s tickets", got)
	}
	o.Exec(`UPDATE users SET out_of_office = true, out_of_office_start_at = now() - interval '1 day', out_of_office_end_at = now() + interval '1 day',
		out_of_office_replacement_id = $1 WHERE login = 'emma'`, o.UserID("chris"))
	if got := found(); got != "1" {
		t.Errorf("while emma is away: %s tickets, want hers", got)
	}
}
