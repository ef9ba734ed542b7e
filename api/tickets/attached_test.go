package tickets_test

import (
	"fmt"
	"testing"

	"postroom/api/apitest"
)

func TestNewTicketWithAllThatCanBeAttached(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	o.Setting("time_accounting", true)
	kind := o.Post("boss", "/time_accounting/types", `{"name":"Travel"}`).Is(201).ID()
	other := o.NewTicket(1, "david", "Other")
	made := o.Post("emma", "/tickets", fmt.Sprintf(`{"title":"Printer","group":"Users","customer":"david","tags":"urgent, a*b ,Vip,urgent","mentions":[%d],
		"links":{"Ticket":{"child":[%d]}},
		"article":{"body":"Hello <a data-mention-user-id=\"%d\">Chad</a>","content_type":"text/html","time_unit":"1,5","accounted_time_type":"Travel"}}`,
		o.UserID("reader"), other, o.UserID("changer"))).Is(201)
	ticket := made.Object()
	if ticket["time_unit"] != "1.5" || len(ticket["ticket_time_accounting_ids"].([]any)) != 1 || ticket["checklist_id"] != nil {
		t.Errorf("made ticket %v", ticket)
	}
	list := o.Post("emma", "/checklists", fmt.Sprintf(`{"ticket_id":%d}`, other)).Is(201).ID()
	o.Post("emma", "/checklist_items", fmt.Sprintf(`{"checklist_id":%d,"text":"https://desk.example.com/#ticket/zoom/%d"}`, list, made.ID())).Is(201)
	o.Put("emma", fmt.Sprintf("/checklists/%d", list), `{"name":"Move"}`).Is(200)

	whole := o.Get("emma", apitest.TicketPath(made.ID())+"?all=true").Is(200).Object()
	for key, want := range map[string]string{
		"tags": "[urgent Vip]", "links": fmt.Sprintf("[map[link_object:Ticket link_object_value:%d link_type:parent]]", other),
	} {
		if got := fmt.Sprint(whole[key]); got != want {
			t.Errorf("%s of the ticket: %s, want %s", key, got, want)
		}
	}
	times := whole["time_accountings"].([]any)
	if len(times) != 1 || times[0].(map[string]any)["type_id"] != float64(kind) || times[0].(map[string]any)["ticket_article_id"] == nil || len(whole["mentions"].([]any)) != 2 {
		t.Errorf("times %v and mentions %v, want one of the article and two", times, whole["mentions"])
	}
	shown := whole["assets"].(map[string]any)["Ticket"].(map[string]any)
	if ids := fmt.Sprint(shown[fmt.Sprint(made.ID())].(map[string]any)["referencing_checklist_ids"]); shown[fmt.Sprint(other)] == nil || ids != fmt.Sprintf("[%d]", list) {
		t.Errorf("referencing checklists %s beside %d tickets, want %d and two", ids, len(shown), list)
	}
	if got := fmt.Sprint(o.Get("emma", apitest.TicketPath(made.ID())+"?expand=true").Is(200).Object()["referencing_checklists"]); got != "[Move]" {
		t.Errorf("referencing checklists by name %s, want Move", got)
	}
	seen := o.Get("david", apitest.TicketPath(made.ID())+"?all=true").Is(200).Object()
	if fmt.Sprint(seen["mentions"], seen["time_accountings"], seen["tags"]) != "[] [] [urgent Vip]" {
		t.Errorf("the customer sees mentions %v, times %v, tags %v", seen["mentions"], seen["time_accountings"], seen["tags"])
	}
	customers := o.Get("david", apitest.TicketPath(made.ID())+"?full=true").Is(200).Object()["assets"].(map[string]any)["Ticket"].(map[string]any)[fmt.Sprint(made.ID())].(map[string]any)
	for _, key := range []string{"time_unit", "checklist_id", "referencing_checklist_ids"} {
		if _, there := customers[key]; there {
			t.Errorf("the customer is shown %s", key)
		}
	}
}

func TestRefusedAttachmentLeavesNoTicket(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	hidden := o.NewTicket(2, "lone", "Hidden")
	o.Exec(`INSERT INTO ticket_shared_draft_starts (id, group_id, name, updated_by_id, created_by_id) VALUES (1, 2, 'x', 1, 1)`)
	var before, after int
	o.One(&before, `SELECT count(*) FROM tickets`)
	for _, tc := range []struct {
		who, sent string
		status    int
		text      string
	}{
		{"emma", `"mentions":[11]`, 422, "A mentioned user has no agent access to this ticket"},
		{"creator", `"mentions":[4]`, 403, "Not authorized (You have insufficient permissions to mention other users.)!"},
		{"emma", `"article":{"body":"<a data-mention-user-id=\"11\">x</a>","content_type":"text/html"}`, 422, "A mentioned user has no agent access to this ticket"},
		{"emma", `"links":[]`, 201, ""},
		{"emma", `"links":[1]`, 422, "Invalid link structure"},
		{"emma", `"links":{"Ticket":{"child":[4711]}}`, 404, "Couldn't find Ticket with 'id'=4711"},
		{"emma", fmt.Sprintf(`"links":{"Ticket":{"child":[%d]}}`, hidden), 403, "Not authorized"},
		{"emma", `"article":{"body":"x","time_unit":1}`, 403, "Not authorized (Time Accounting is not enabled)!"},
		{"boss", `"article":{"body":"x","time_unit":"x"}`, 403, "User authorization failed."},
		{"chris", `"article":{"body":"x","time_unit":"x"}`, 422, "Time unit is not a number"},
		{"chris", `"article":{"body":"x","time_unit":1,"accounted_time_type":"Lunch"}`, 422, `No lookup value found for 'accounted_time_type': "Lunch"`},
		{"emma", `"shared_draft_id":1`, 422, "Shared draft cannot be selected for this ticket."},
		{"emma", `"shared_draft_id":4711`, 201, ""},
	} {
		a := o.Post(tc.who, "/tickets", `{"title":"x","group":"Users","customer":"david@example.com",`+tc.sent+`}`)
		if tc.status == 201 {
			a.Is(201)
			continue
		}
		a.Refuses(tc.status, tc.text)
	}
	if o.One(&after, `SELECT count(*) FROM tickets`); after != before+2 {
		t.Errorf("%d tickets more, want the two that were made", after-before)
	}
}

func TestCustomerBringsTagsThatThereAre(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	o.Setting("tag_new", false)
	o.Post("boss", "/tag_list", `{"name":"known"}`).Is(200)
	id := o.Post("david", "/tickets", `{"title":"x","group":"Users","tags":"new,known"}`).Is(201).ID()
	o.Get("emma", fmt.Sprintf("/tags?object=Ticket&o_id=%d", id)).Is(200).Same(t, `{"tags":["known"]}`)
}

func TestDraftsAreUsedUp(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	start := o.Post("emma", "/tickets/shared_drafts", `{"name":"x","group_id":1}`).Is(201).Object()["shared_draft_id"]
	id := o.Post("emma", "/tickets", fmt.Sprintf(`{"title":"x","group":"Users","customer":"david@example.com","shared_draft_id":%v}`, start)).Is(201).ID()
	o.Get("emma", fmt.Sprint("/tickets/shared_drafts/", start)).Is(404)
	draft := o.Put("emma", apitest.TicketPath(id)+"/shared_draft", `{"new_article":{"body":"x"}}`).Is(201).Object()["shared_draft_id"]
	o.Put("emma", apitest.TicketPath(id), `{"article":{"body":"x","shared_draft_id":4711}}`).Refuses(422, "Shared draft cannot be selected for this ticket.")
	o.Put("emma", apitest.TicketPath(id), fmt.Sprintf(`{"article":{"body":"x","shared_draft_id":%v}}`, draft)).Is(200)
	o.Get("emma", apitest.TicketPath(id)+"/shared_draft").Is(200).Same(t, `{"shared_draft_id":null,"assets":{}}`)
}

func TestTimeGoesWithItsArticle(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	o.Setting("time_accounting", true)
	id := o.NewTicket(1, "david", "One")
	article := o.Post("emma", "/ticket_articles", fmt.Sprintf(`{"ticket_id":%d,"body":"x","time_unit":15}`, id)).Is(201)
	if got := article.Object()["time_unit"]; got != "15.0" {
		t.Errorf("time of the new article %v, want 15.0", got)
	}
	o.Post("david", "/ticket_articles", fmt.Sprintf(`{"ticket_id":%d,"body":"x","time_unit":15}`, id)).Refuses(403, "Not authorized")
	o.Del("emma", fmt.Sprintf("/ticket_articles/%d", article.ID())).Is(200)
	if got := o.Get("emma", apitest.TicketPath(id)).Is(200).Object()["time_unit"]; got != nil {
		t.Errorf("time of the ticket %v, want none", got)
	}
}

func TestWhatPeopleDoIsNoted(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	id := o.Post("emma", "/tickets", `{"title":"x","group":"Users","customer":"david@example.com","article":{"body":"x"}}`).Is(201).ID()
	o.Put("emma", apitest.TicketPath(id), `{"priority_id":3}`).Is(200)
	o.Put("chris", apitest.TicketPath(id), `{"priority_id":1}`).Is(200)
	var noted []string
	for _, a := range o.Get("emma", "/activity_stream?expand=true").Is(200).List() {
		noted = append(noted, fmt.Sprint(a["created_by"], " ", a["type"], " ", a["object"]))
	}
	if got, want := fmt.Sprint(noted), "[chris update Ticket emma create Ticket::Article emma create Ticket]"; got != want {
		t.Errorf("noted %s, want %s", got, want)
	}
	o.Setting("import_mode", true)
	o.Exec(`DELETE FROM activity_stream`)
	o.Put("emma", apitest.TicketPath(id), `{"title":"imported"}`).Is(200)
	if got := len(o.Get("emma", "/activity_stream").Is(200).List()); got != 0 {
		t.Errorf("%d activities noted while data is taken in", got)
	}
}
