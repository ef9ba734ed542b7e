package collab_test

import (
	"fmt"
	"strings"
	"testing"

	"postroom/api/apitest"
)

func TestTagsOfATicket(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	id := o.NewTicket(1, "david", "Printer on fire")
	tag := func(item string) string { return fmt.Sprintf(`{"object":"Ticket","o_id":%d,"item":%q}`, id, item) }
	for range 2 {
		o.Post("emma", "/tags/add", tag(" urgent ")).Is(201).Same(t, "true")
	}
	o.Post("changer", "/tags/add", tag("Vip")).Is(201)
	tags := fmt.Sprintf("/tags?object=Ticket&o_id=%d", id)
	for _, who := range []string{"emma", "reader", "david", "dora"} {
		o.Get(who, tags).Is(200).Same(t, `{"tags":["urgent","Vip"]}`)
	}
	for _, who := range []string{"stranger", "lone", "single"} {
		o.Get(who, tags).Refuses(403, "Not authorized")
	}
	for _, who := range []string{"reader", "creator", "david", "boss"} {
		o.Post(who, "/tags/add", tag("x")).Refuses(403, "Not authorized")
		o.Ask(who, "DELETE", "/tags/remove", tag("Vip")).Refuses(403, "Not authorized")
	}
	for range 2 {
		o.Ask("emma", "DELETE", "/tags/remove", tag("Vip")).Is(200).Same(t, "true")
	}
	o.Del("emma", fmt.Sprintf("/tags/remove?object=Ticket&o_id=%d&item=urgent", id)).Is(200).Same(t, "true")
	o.Get("emma", tags).Is(200).Same(t, `{"tags":[]}`)

	o.Post("emma", "/tags/add", tag("a,b")).Refuses(422, "Name must not contain commas or asterisks")
	o.Post("emma", "/tags/add", tag("")).Refuses(422, "Name can't be blank")
	o.Post("emma", "/tags/add", `{"object":"Ticket","o_id":4711,"item":"x"}`).Refuses(404, "Couldn't find Ticket with 'id'=4711")
	o.Post("emma", "/tags/add", `{"object":"User","o_id":1,"item":"x"}`).Refuses(422, "The parameter 'object' is invalid.")
	o.Get("emma", "/tags?object=Ticket&o_id=x").Refuses(422, `Invalid value for param 'o_id': "x"`)

	history := o.Get("emma", fmt.Sprintf("/ticket_history/%d", id)).Is(200).Object()["history"].([]any)
	if last := history[len(history)-1].(map[string]any); last["type"] != "removed" || last["attribute"] != "tag" || last["value_to"] != "urgent" {
		t.Errorf("last line of history %v, want the removal of urgent", last)
	}
}

func TestNewTagsWhileTheyAreForAdministrators(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	o.Setting("tag_new", false)
	id := o.NewTicket(1, "david", "Printer on fire")
	tag := func(item string) string { return fmt.Sprintf(`{"object":"Ticket","o_id":%d,"item":%q}`, id, item) }
	o.Post("emma", "/tags/add", tag("fresh")).Refuses(403, "Not authorized")
	o.Post("chris", "/tags/add", tag("fresh")).Is(201)
	o.Post("emma", "/tags/add", tag("fresh")).Is(201)
}

func TestListOfAllTags(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	first, second := o.NewTicket(1, "david", "One"), o.NewTicket(1, "david", "Two")
	for _, pair := range [][2]any{{first, "paper"}, {first, "toner"}, {second, "toner"}} {
		o.Post("emma", "/tags/add", fmt.Sprintf(`{"object":"Ticket","o_id":%d,"item":%q}`, pair[0], pair[1])).Is(201)
	}
	list := func() string {
		var shown []string
		for _, tag := range o.Get("boss", "/tag_list").Is(200).List() {
			shown = append(shown, fmt.Sprint(tag["name"], " ", tag["count"]))
		}
		return strings.Join(shown, ", ")
	}
	id := func(name string) (id int) { o.One(&id, `SELECT id FROM tags WHERE name = $1`, name); return id }
	o.Post("boss", "/tag_list", `{"name":"Toner"}`).Is(200).Same(t, "{}")
	o.Post("boss", "/tag_list", `{"name":"toner"}`).Is(200).Same(t, "{}")
	if got, want := list(), "Toner 0, paper 1, toner 2"; got != want && got != "paper 1, toner 2, Toner 0" && got != "paper 1, Toner 0, toner 2" {
		t.Errorf("tags %s, want %s", got, want)
	}
	o.Put("boss", fmt.Sprintf("/tag_list/%d", id("paper")), `{"name":"toner"}`).Is(200).Same(t, "{}")
	o.Get("emma", fmt.Sprintf("/tags?object=Ticket&o_id=%d", first)).Same(t, `{"tags":["toner"]}`)
	o.Put("boss", fmt.Sprintf("/tag_list/%d", id("Toner")), `{"name":"ink"}`).Is(200)
	if got, want := list(), "ink 0, toner 2"; got != want {
		t.Errorf("tags %s, want %s", got, want)
	}
	o.Get("david", "/tag_search?term=N").Is(200).Same(t, fmt.Sprintf(`[{"id":%d,"value":"ink"},{"id":%d,"value":"toner"}]`, id("ink"), id("toner")))
	o.Get("david", "/tag_search?limit=1").Is(200).Same(t, fmt.Sprintf(`[{"id":%d,"value":"toner"}]`, id("toner")))
	o.Del("boss", fmt.Sprintf("/tag_list/%d", id("toner"))).Is(200).Same(t, "{}")
	o.Get("emma", fmt.Sprintf("/tags?object=Ticket&o_id=%d", second)).Same(t, `{"tags":[]}`)
	for _, a := range []apitest.Answer{o.Del("boss", "/tag_list/4711"), o.Put("boss", "/tag_list/4711", `{"name":"x"}`)} {
		a.Refuses(404, "Couldn't find Tag::Item with 'id'=4711")
	}
	o.Post("boss", "/tag_list", `{"name":" "}`).Refuses(422, "Name can't be blank")
	o.Post("boss", "/tag_list", `{"name":["a"]}`).Refuses(422, "Name can't be blank")
	for _, who := range []string{"emma", "david"} {
		o.Get(who, "/tag_list").Refuses(403, "User authorization failed.")
	}
}
