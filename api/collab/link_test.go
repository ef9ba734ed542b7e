package collab_test

import (
	"fmt"
	"strings"
	"testing"

	"postroom/api/apitest"
)

// numberOf is the number of a ticket.
func numberOf(o *apitest.Office, id int) (number string) {
	o.T.Helper()
	o.One(&number, `SELECT number FROM tickets WHERE id = $1`, id)
	return number
}

// linksOf shows the links that somebody sees as "type id".
func linksOf(o *apitest.Office, who string, id int) string {
	o.T.Helper()
	var answer struct {
		Links []struct {
			Type   string `json:"link_type"`
			Object string `json:"link_object"`
			ID     int    `json:"link_object_value"`
		}
		Assets map[string]map[string]any
	}
	o.Get(who, fmt.Sprintf("/links?link_object=Ticket&link_object_value=%d", id)).Is(200).Into(&answer)
	var shown []string
	for _, link := range answer.Links {
		shown = append(shown, fmt.Sprint(link.Type, " ", link.ID))
		if _, there := answer.Assets["Ticket"][fmt.Sprint(link.ID)]; !there || link.Object != "Ticket" {
			o.T.Errorf("%s is not shown ticket %d beside the link", who, link.ID)
		}
	}
	return strings.Join(shown, ", ")
}

func TestLinksBetweenTickets(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	parent, child, hidden := o.NewTicket(1, "david", "Parent"), o.NewTicket(1, "david", "Child"), o.NewTicket(2, "lone", "Hidden")
	link := func(kind string, source, target int) string {
		return fmt.Sprintf(`{"link_type":%q,"link_object_source":"Ticket","link_object_source_number":%q,
			"link_object_target":"Ticket","link_object_target_value":%d}`, kind, numberOf(o, source), target)
	}
	made := o.Post("emma", "/links/add", link("child", child, parent)).Is(201).Object()
	if made["link_object_source_value"] != float64(child) || made["link_object_target_value"] != float64(parent) || made["link_object_source_id"] != 1.0 {
		t.Errorf("made link %v, want one of %d to %d", made, child, parent)
	}
	for ticket, want := range map[int]string{parent: fmt.Sprint("child ", child), child: fmt.Sprint("parent ", parent)} {
		if got := linksOf(o, "emma", ticket); got != want {
			t.Errorf("links of %d: %s, want %s", ticket, got, want)
		}
	}
	twice := o.Post("emma", "/links/add", link("parent", parent, child))
	twice.Refuses(422, "Link already exists")
	if base := twice.Object()["base"]; fmt.Sprint(base) != "[Link already exists]" {
		t.Errorf("base %v of a link that there is", base)
	}
	o.Post("emma", "/links/add", link("normal", hidden, parent)).Refuses(403, "Not authorized")
	o.Post("lone", "/links/add", link("normal", hidden, parent)).Refuses(403, "Not authorized")
	o.Exec(`INSERT INTO links (link_type_id, link_object_source_id, link_object_source_value, link_object_target_id, link_object_target_value)
		VALUES (1, 1, $1, 1, $2)`, hidden, parent)
	if got, want := linksOf(o, "reader", parent), fmt.Sprint("child ", child); got != want {
		t.Errorf("links that reader sees: %s, want %s", got, want)
	}
	o.Get("stranger", fmt.Sprintf("/links?link_object=Ticket&link_object_value=%d", parent)).Refuses(403, "Not authorized")
	o.Post("reader", "/links/add", link("normal", child, parent)).Refuses(403, "Not authorized")
	o.Post("david", "/links/add", link("normal", child, parent)).Is(201)

	remove := func(kind string, source, target int) string {
		return fmt.Sprintf(`{"link_type":%q,"link_object_source":"Ticket","link_object_source_value":%d,
			"link_object_target":"Ticket","link_object_target_value":%d}`, kind, source, target)
	}
	o.Ask("reader", "DELETE", "/links/remove", remove("child", child, parent)).Refuses(403, "Not authorized")
	for range 2 {
		o.Ask("emma", "DELETE", "/links/remove", remove("parent", parent, child)).Is(201).Same(t, "{}")
	}
	o.Ask("emma", "DELETE", "/links/remove", remove("normal", hidden, parent)).Refuses(403, "Not authorized")
	o.Ask("emma", "DELETE", "/links/remove", remove("normal", 4711, parent)).Is(201).Same(t, "{}")
	if got, want := linksOf(o, "emma", child), fmt.Sprint("normal ", parent); got != want {
		t.Errorf("links %s, want %s", got, want)
	}
	asPython := strings.Replace(remove("normal", child, parent), "source_value", "source_number", 1)
	o.Ask("emma", "DELETE", "/links/remove", asPython).Is(201)
	if got := linksOf(o, "emma", child); got != "" {
		t.Errorf("links %s after the last was removed by the id of its source as zammad_py calls it", got)
	}
}

func TestLinkThatCantBeMade(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	id := o.NewTicket(1, "david", "One")
	number := numberOf(o, id)
	for _, tc := range []struct {
		body   string
		status int
		text   string
	}{
		{`{"link_type":"normal","link_object_source":"Ticket","link_object_source_number":"none","link_object_target":"Ticket","link_object_target_value":%d}`,
			404, "Couldn't find Ticket with 'number'=none"},
		{`{"link_type":"normal","link_object_source":"Ticket","link_object_source_number":"` + number + `","link_object_target":"Ticket","link_object_target_value":1%d0}`,
			404, fmt.Sprintf("Couldn't find Ticket with 'id'=1%d0", id)},
		{`{"link_type":"normal","link_object_source":"Ticket","link_object_source_number":"` + number + `","link_object_target":"Ticket","link_object_target_value":%d}`,
			422, "A ticket can't be linked to itself."},
		{`{"link_type":"","link_object_target":"Ticket","link_object_target_value":%d}`, 422, "Link type can't be blank"},
		{`{"link_type":"x","link_object_target":"User","link_object_target_value":%d}`, 422, "The parameter 'link_object_target' is invalid."},
		{`{"link_type":"x","link_object_source":"User","link_object_target":"Ticket","link_object_target_value":%d}`, 422, "The parameter 'link_object_source' is invalid."},
	} {
		o.Post("emma", "/links/add", fmt.Sprintf(tc.body, id)).Refuses(tc.status, tc.text)
	}
}

func TestLinksCostTheSameHoweverManyThereAre(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	few, many := o.NewTicket(1, "david", "Few"), o.NewTicket(1, "david", "Many")
	for i := range 31 {
		other := o.NewTicket(1, "david", fmt.Sprint("Other ", i))
		target := many
		if i == 0 {
			target = few
		}
		o.Exec(`INSERT INTO links (link_type_id, link_object_source_id, link_object_source_value, link_object_target_id, link_object_target_value)
			VALUES (1, 1, $1, 1, $2)`, other, target)
	}
	cost := func(id int) int64 { return o.Cost(func() { linksOf(o, "emma", id) }) }
	if one, thirty := cost(few), cost(many); one != thirty {
		t.Errorf("one link costs %d queries, thirty cost %d", one, thirty)
	}
}
