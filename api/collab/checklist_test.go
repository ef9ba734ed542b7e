package collab_test

import (
	"fmt"
	"testing"

	"postroom/api/apitest"
)

// checklistOf reads a checklist as somebody sees it: its record, and its items in their order.
func checklistOf(a apitest.Answer) (list map[string]any, items []map[string]any) {
	a.T.Helper()
	answer := a.Object()
	assets := answer["assets"].(map[string]any)
	list = assets["Checklist"].(map[string]any)[fmt.Sprint(answer["id"])].(map[string]any)
	for _, id := range list["sorted_item_ids"].([]any) {
		items = append(items, assets["ChecklistItem"].(map[string]any)[fmt.Sprint(id)].(map[string]any))
	}
	return list, items
}

func TestChecklistOfATicket(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	id := o.NewTicket(1, "david", "Printer on fire")
	made := o.Post("emma", "/checklists", fmt.Sprintf(`{"ticket_id":%d}`, id)).Is(201)
	path := fmt.Sprintf("/checklists/%d", made.ID())
	if _, items := checklistOf(made); len(items) != 0 {
		t.Errorf("new checklist has %d items", len(items))
	}
	o.Post("emma", "/checklists", fmt.Sprintf(`{"ticket_id":%d}`, id)).Refuses(422, "This object already exists.")
	item := func(text string) int {
		return o.Post("emma", "/checklist_items", fmt.Sprintf(`{"checklist_id":%d,"text":%q}`, made.ID(), text)).Is(201).ID()
	}
	water, report := item("fetch water"), item("write report")
	changed := o.Put("emma", path, fmt.Sprintf(`{"name":" Fire ","sorted_item_ids":[%d,"%d"]}`, report, water)).Is(200)
	list, items := checklistOf(changed)
	if list["name"] != "Fire" || len(items) != 2 || items[0]["text"] != "write report" || list["ticket_id"] != float64(id) {
		t.Errorf("changed checklist %v, %v", list, items)
	}
	one := fmt.Sprintf("/checklist_items/%d", water)
	if got := o.Put("changer", one, `{"checked":true}`).Is(200).Object(); got["checked"] != true || got["text"] != "fetch water" || got["updated_by_id"] != float64(o.UserID("changer")) {
		t.Errorf("checked item %v", got)
	}
	o.Ask("emma", "PATCH", one, `{"text":"fetch more water"}`).Is(200)
	if got := o.Get("reader", one+"?expand=true").Is(200).Object(); got["text"] != "fetch more water" || got["created_by"] != "emma" {
		t.Errorf("expanded item %v", got)
	}
	o.Get("reader", path).Is(200).Same(t, string(o.Get("reader", path).Body))
	for _, who := range []string{"reader", "david", "stranger"} {
		for _, a := range []apitest.Answer{
			o.Put(who, path, `{}`), o.Del(who, path), o.Put(who, one, `{}`), o.Del(who, one),
			o.Post(who, "/checklists", fmt.Sprintf(`{"ticket_id":%d}`, id)), o.Post(who, "/checklist_items", fmt.Sprintf(`{"checklist_id":%d}`, made.ID())),
		} {
			a.Refuses(403, "Not authorized")
		}
	}
	o.Get("david", path).Refuses(403, "Not authorized")
	o.Get("david", one).Refuses(403, "Not authorized")
	o.Del("emma", one).Is(200).Same(t, "{}")
	o.Get("emma", one).Refuses(404, fmt.Sprintf("Couldn't find Checklist::Item with 'id'=%d", water))
	o.Del("emma", path).Is(200).Same(t, "{}")
	o.Get("emma", path).Refuses(404, fmt.Sprintf("Couldn't find Checklist with 'id'=%d", made.ID()))

	var history []string
	for _, line := range o.Get("emma", fmt.Sprintf("/ticket_history/%d", id)).Is(200).Object()["history"].([]any) {
		line := line.(map[string]any)
		history = append(history, fmt.Sprint(line["object"], " ", line["type"]))
	}
	want := "[Checklist added Checklist::Item added Checklist::Item added Checklist updated Checklist::Item checklist_item_checked " +
		"Checklist::Item updated Checklist::Item removed Checklist removed]"
	if got := fmt.Sprint(history); got != want {
		t.Errorf("history %s, want %s", got, want)
	}
}

func TestItemThatNamesATicketFollowsIt(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	id, other, hidden := o.NewTicket(1, "david", "One"), o.NewTicket(1, "david", "Two"), o.NewTicket(2, "lone", "Hidden")
	for _, ticket := range []int{id, other, hidden} {
		var system string
		o.One(&system, `SELECT state_current->>'value' FROM settings WHERE name = 'system_id'`)
		o.Exec(`UPDATE tickets SET number = $2 WHERE id = $1`, ticket, fmt.Sprintf("%s%03d", system, 100+ticket))
	}
	list := o.Post("emma", "/checklists", fmt.Sprintf(`{"ticket_id":%d}`, id)).Is(201).ID()
	item := func(text string) apitest.Answer {
		return o.Post("emma", "/checklist_items", fmt.Sprintf(`{"checklist_id":%d,"text":%q}`, list, text)).Is(201)
	}
	for text, want := range map[string]any{
		"plain": nil,
		"after Ticket#" + numberOf(o, other) + " only":                  float64(other),
		fmt.Sprintf("https://desk.example.com/#ticket/zoom/%d", other):  float64(other),
		fmt.Sprintf("https://desk.example.com/#ticket/zoom/%d", id):     nil,
		fmt.Sprintf("https://desk.example.com/#ticket/zoom/%d", hidden): nil,
		"Ticket#" + numberOf(o, hidden):                                 nil,
	} {
		if got := item(text).Object(); got["ticket_id"] != want || got["checked"] != false {
			t.Errorf("item %q names %v, checked %v, want %v, not checked", text, got["ticket_id"], got["checked"], want)
		}
	}
	reference := item("Ticket#" + numberOf(o, other)).ID()
	o.Put("emma", apitest.TicketPath(other), `{"state":"closed"}`).Is(200)
	if got := o.Get("emma", fmt.Sprintf("/checklist_items/%d", reference)).Is(200).Object()["checked"]; got != true {
		t.Errorf("item that names a closed ticket: checked %v, want true", got)
	}
	assets := o.Get("emma", fmt.Sprintf("/checklists/%d", list)).Is(200).Object()["assets"].(map[string]any)["Ticket"].(map[string]any)
	if len(assets) != 2 {
		t.Errorf("%d tickets beside the checklist, want its own and the named one", len(assets))
	}
	if got := o.Put("emma", fmt.Sprintf("/checklist_items/%d", reference), `{"text":"no more"}`).Is(200).Object(); got["ticket_id"] != nil || got["checked"] != false {
		t.Errorf("item that names nothing any more: %v", got)
	}
}

func TestChecklistFromATemplate(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	id := o.NewTicket(1, "david", "One")
	template := o.Post("boss", "/checklist_templates", `{"name":"Move in","items":["desk","chair"]}`).Is(201).ID()
	path := fmt.Sprintf("/checklist_templates/%d", template)
	if got := o.Get("emma", path).Is(200).Object(); fmt.Sprint(got["items"]) != "[desk chair]" || got["active"] != true {
		t.Errorf("template %v", got)
	}
	create := fmt.Sprintf(`{"ticket_id":%d,"template_id":%d}`, id, template)
	o.Ask("boss", "PATCH", path, `{"active":false}`).Is(200)
	o.Post("emma", "/checklists", create).Refuses(422, "Checklist template must be active to use as a checklist starting point.")
	o.Put("boss", path, `{"active":true,"items":["desk","chair","lamp"]}`).Is(200)
	list, items := checklistOf(o.Post("emma", "/checklists", create).Is(201))
	if list["name"] != "Move in" || len(items) != 3 || items[2]["text"] != "lamp" {
		t.Errorf("checklist %v, %v", list, items)
	}
	o.Post("emma", "/checklists", fmt.Sprintf(`{"ticket_id":%d,"template_id":4711}`, id)).Refuses(404, "Couldn't find ChecklistTemplate with 'id'=4711")
	o.Post("emma", "/checklist_templates", `{"name":"x"}`).Refuses(403, "User authorization failed.")
	o.Post("boss", "/checklist_templates", `{"items":[]}`).Refuses(422, "Name can't be blank")
	o.Post("boss", "/checklist_templates", `{"name":"x","items":[{}]}`).Refuses(422, "Invalid value for param 'items': {}")
	o.Get("david", "/checklist_templates").Refuses(403, "User authorization failed.")
	o.Del("boss", path).Is(200).Same(t, "{}")
}

func TestChecklistsCanBeSwitchedOff(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	id := o.NewTicket(1, "david", "One")
	list := o.Post("emma", "/checklists", fmt.Sprintf(`{"ticket_id":%d}`, id)).Is(201).ID()
	o.Setting("checklist", false)
	o.Get("emma", fmt.Sprintf("/checklists/%d", list)).Refuses(403, "Not authorized")
	o.Post("emma", "/checklist_items", fmt.Sprintf(`{"checklist_id":%d}`, list)).Refuses(403, "Not authorized")
}

func TestChecklistCostsTheSameHoweverLongItIs(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	cost := func(items int) int64 {
		id := o.NewTicket(1, "david", "One")
		list := o.Post("emma", "/checklists", fmt.Sprintf(`{"ticket_id":%d}`, id)).Is(201).ID()
		o.Exec(`INSERT INTO checklist_items (checklist_id, position, text, ticket_id, updated_by_id, created_by_id)
			SELECT $1, n, 'x', 1, 1, 1 FROM generate_series(1, $2::int) AS n`, list, items)
		return o.Cost(func() { o.Get("emma", fmt.Sprintf("/checklists/%d", list)).Is(200) })
	}
	if one, many := cost(1), cost(90); one != many {
		t.Errorf("a checklist of one item costs %d queries, one of ninety %d", one, many)
	}
}
