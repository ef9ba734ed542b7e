package worklist_test

import (
	"fmt"
	"reflect"
	"testing"

	"postroom/api/apitest"
)

func TestViewsBesideATicket(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	first, second, hidden := o.NewTicket(1, "david", "First"), o.NewTicket(1, "david", "Second"), o.NewTicket(2, "david", "Hidden")
	closed := o.NewTicket(1, "david", "Done")
	o.Put("emma", fmt.Sprintf("/tickets/%d", closed), `{"state": "closed"}`).Is(200)
	david := o.UserID("david")
	for i, id := range []int{first, hidden, second} {
		o.Exec(fmt.Sprintf(`INSERT INTO recent_views (created_by_id, object, o_id, created_at)
			SELECT id, 'Ticket', %d, now() + %d * interval '1 second' FROM users WHERE login = 'emma'`, id, i))
	}
	same := func(what string, got any, want ...int) {
		t.Helper()
		list := []int{}
		for _, id := range got.([]any) {
			list = append(list, int(id.(float64)))
		}
		if !reflect.DeepEqual(list, want) {
			t.Errorf("%s: %v, want %v", what, list, want)
		}
	}
	customer := o.Get("emma", fmt.Sprintf("/ticket_customer?customer_id=%d", david)).Is(200).Object()
	same("open of the customer", customer["ticket_ids_open"], second, first)
	same("closed of the customer", customer["ticket_ids_closed"], closed)
	related := o.Get("emma", fmt.Sprintf("/ticket_related/%d", first)).Is(200).Object()
	same("others of the customer", related["ticket_ids_by_customer"], second)
	same("viewed besides", related["ticket_ids_recent_viewed"], second)
	same("viewed", o.Get("emma", "/ticket_recent").Is(200).Object()["ticket_ids_recent_viewed"], second, first)
	o.Get("emma", fmt.Sprintf("/ticket_related/%d", hidden)).Is(403)
	o.Get("emma", "/ticket_customer").Is(422)
}

func TestStatisticsOfTickets(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	o.NewTicket(1, "david", "Open")
	closed := o.NewTicket(1, "dora", "Closed")
	o.Put("emma", fmt.Sprintf("/tickets/%d", closed), `{"state": "closed"}`).Is(200)
	for who, want := range map[string]int{"emma": 2, "stranger": 0, "david": 2, "lone": 0} {
		stats := o.Get(who, fmt.Sprintf("/ticket_stats?organization_id=2&user_id=%d", o.UserID("david"))).Is(200).Object()
		months := stats["organization"].(map[string]any)["volume_by_year"].([]any)
		if len(months) != 12 {
			t.Fatalf("%d months", len(months))
		}
		lately := 0.0 // a month may end meanwhile
		for _, month := range months[:2] {
			lately += month.(map[string]any)["created"].(float64)
		}
		if lately != float64(want) {
			t.Errorf("%s: %v tickets of the organization were made lately, want %d", who, lately, want)
		}
	}
	o.Get("emma", "/ticket_stats").Refuses(422, "Need user_id or organization_id as param")
}
