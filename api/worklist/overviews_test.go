package worklist_test

import (
	"fmt"
	"testing"

	"postroom/api/apitest"
)

func TestOverviewsOfThoseWhoAsk(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	mine := o.NewTicket(1, "david", "Mine")
	o.NewTicket(1, "dora", "Nobody's")
	o.Put("emma", fmt.Sprintf("/tickets/%d", mine), `{"owner": "emma"}`).Is(200)
	counts := map[string]float64{}
	links := map[string]string{}
	for _, overview := range o.Get("emma", "/ticket_overviews").Is(200).List() {
		counts[overview["name"].(string)] = overview["count"].(float64)
		links[overview["name"].(string)] = overview["link"].(string)
	}
	if counts["My Assigned Tickets"] != 1 || counts["Unassigned & Open Tickets"] < 1 {
		t.Errorf("emma's overviews are %v", counts)
	}
	index := o.Get("emma", "/ticket_overviews?view="+links["My Assigned Tickets"]).Is(200).Object()["index"].(map[string]any)
	tickets := index["tickets"].([]any)
	if index["count"] != 1.0 || len(tickets) != 1 || tickets[0].(map[string]any)["id"] != float64(mine) {
		t.Errorf("emma's tickets are %v", index)
	}
	if empty := o.Get("emma", "/ticket_overviews?view=nosuch").Is(200).Object()["index"].(map[string]any); len(empty) != 0 {
		t.Errorf("an overview there is not: %v", empty)
	}
	for _, overview := range o.Get("stranger", "/ticket_overviews").Is(200).List() { // an agent without groups
		if overview["count"] != 0.0 {
			t.Errorf("stranger sees %v", overview)
		}
	}
	for _, overview := range o.Get("david", "/ticket_overviews").Is(200).List() {
		if _, agents := counts[overview["name"].(string)]; agents {
			t.Errorf("a customer is shown %v", overview)
		}
	}
	if none := o.Get("reporter", "/ticket_overviews").Is(200).List(); len(none) != 0 {
		t.Errorf("who has nothing to do with tickets is shown %v", none)
	}
}
