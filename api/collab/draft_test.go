package collab_test

import (
	"fmt"
	"strings"
	"testing"

	"postroom/api/apitest"
)

// upload stands for a file that somebody attached to a form and did not send yet.
func upload(o *apitest.Office, who string, form int, name string) {
	o.T.Helper()
	o.Exec(`INSERT INTO blobs (sha256, size, place, data) VALUES (sha256(convert_to($1, 'UTF8')), 4, 'DB', 'data') ON CONFLICT DO NOTHING`, name)
	o.Exec(`INSERT INTO attachments (object, o_id, filename, size, blob_id, created_by_id)
		SELECT 'UploadCache', $1, $2, 4, id, $3 FROM blobs WHERE sha256 = sha256(convert_to($2, 'UTF8'))`, form, name, o.UserID(who))
}

func TestDraftOfATicket(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	id := o.NewTicket(1, "david", "Printer on fire")
	path := fmt.Sprintf("/tickets/%d/shared_draft", id)
	o.Get("emma", path).Is(200).Same(t, `{"shared_draft_id":null,"assets":{}}`)
	o.Ask("emma", "PATCH", path, `{"new_article":{}}`).Refuses(404, "Couldn't find Ticket::SharedDraftZoom")
	o.Del("emma", path).Refuses(404, "Couldn't find Ticket::SharedDraftZoom")

	upload(o, "emma", 77, "a.txt")
	upload(o, "changer", 77, "foreign.txt")
	put := o.Put("emma", path, `{"form_id":"77","new_article":{"body":"Dear <script>x</script>David","content_type":"text/html","internal":true},"ticket_attributes":{"group_id":"1"}}`).Is(201).Object()
	first := put["shared_draft_id"]
	draft := func(answer map[string]any) map[string]any {
		return answer["assets"].(map[string]any)["TicketSharedDraftZoom"].(map[string]any)[fmt.Sprint(answer["shared_draft_id"])].(map[string]any)
	}
	if got := draft(put); got["new_article"].(map[string]any)["body"] != "Dear David" || got["ticket_attributes"].(map[string]any)["group_id"] != "1" {
		t.Errorf("draft %v", got)
	}
	for _, class := range []string{"User", "Role", "Group"} {
		if _, there := put["assets"].(map[string]any)[class]; !there {
			t.Errorf("assets of a draft have no %s", class)
		}
	}
	o.Get("changer", path).Is(200)
	patched := o.Ask("changer", "PATCH", path, `{"new_article":{"body":"Sincerely"}}`).Is(200).Object()
	if got := draft(patched); patched["shared_draft_id"] != first || got["new_article"].(map[string]any)["body"] != "Sincerely" ||
		got["ticket_attributes"].(map[string]any)["group_id"] != "1" || got["updated_by_id"] != float64(o.UserID("changer")) || got["created_by_id"] != float64(o.UserID("emma")) {
		t.Errorf("changed draft %v", patched)
	}
	imported := o.Post("changer", path+"/import_attachments", `{"form_id":"99"}`).Is(200)
	if got := string(imported.Body); !strings.Contains(got, `"a.txt"`) || strings.Contains(got, "foreign") {
		t.Errorf("imported %s, want a.txt alone", got)
	}
	o.Post("changer", path+"/import_attachments", `{}`).Refuses(422, "Need 'form_id' to add attachments to new form.")

	for _, who := range []string{"reader", "stranger"} {
		for _, method := range []string{"GET", "PUT", "PATCH", "DELETE"} {
			o.Ask(who, method, path, "").Refuses(403, "Not authorized")
		}
	}
	o.Get("david", path).Refuses(403, "User authorization failed.")
	o.Put("emma", path, `{"new_article":"text"}`).Refuses(422, `Invalid value for param 'new_article': "text"`)
	second := o.Put("emma", path, `{"new_article":{"body":"Anew"}}`).Is(201).Object()["shared_draft_id"]
	if second == first {
		t.Errorf("a draft that was begun anew is still %v", first)
	}
	o.Del("emma", path).Is(200).Same(t, fmt.Sprintf(`{"shared_draft_id":%v}`, second))
	o.Get("emma", "/tickets/4711/shared_draft").Refuses(404, "Couldn't find Ticket with 'id'=4711")
}

func TestDraftsOfNewTickets(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	upload(o, "emma", 5, "a.txt")
	made := o.Post("emma", "/tickets/shared_drafts", `{"name":" Outage ","group_id":1,"content":{"title":"Down again"},"form_id":"5"}`).Is(201).Object()
	id := fmt.Sprint(made["shared_draft_id"])
	if made["shared_draft_content"].(map[string]any)["title"] != "Down again" {
		t.Errorf("draft %v", made)
	}
	o.Get("creator", "/tickets/shared_drafts/"+id).Is(200)
	changed := o.Put("creator", "/tickets/shared_drafts/"+id, `{"content":{"title":"Up again"}}`).Is(200).Object()
	shown := changed["assets"].(map[string]any)["TicketSharedDraftStart"].(map[string]any)[id].(map[string]any)
	if shown["name"] != "Outage" || changed["shared_draft_content"].(map[string]any)["title"] != "Up again" {
		t.Errorf("changed draft %v", changed)
	}
	for who, want := range map[string]string{"emma": "[" + id + "]", "creator": "[" + id + "]", "both": "[]"} {
		if got := fmt.Sprint(o.Get(who, "/tickets/shared_drafts").Is(200).Object()["shared_draft_ids"]); got != want {
			t.Errorf("drafts that %s sees: %s, want %s", who, got, want)
		}
	}
	if got := fmt.Sprint(o.Get("chris", "/tickets/shared_drafts?group_id=2").Is(200).Object()["shared_draft_ids"]); got != "[]" {
		t.Errorf("drafts of group 2: %s, want none", got)
	}
	for _, who := range []string{"reader", "stranger"} {
		o.Get(who, "/tickets/shared_drafts").Refuses(403, "Not authorized")
		o.Get(who, "/tickets/shared_drafts/"+id).Refuses(403, "Not authorized")
		o.Post(who, "/tickets/shared_drafts", `{"name":"x","group_id":1}`).Refuses(403, "Not authorized")
	}
	o.Get("both", "/tickets/shared_drafts/"+id).Refuses(403, "Not authorized")
	o.Get("david", "/tickets/shared_drafts/"+id).Refuses(403, "User authorization failed.")
	imported := o.Post("creator", "/tickets/shared_drafts/"+id+"/import_attachments", `{"form_id":"6"}`).Is(200)
	if !strings.Contains(string(imported.Body), `"a.txt"`) {
		t.Errorf("imported %s, want a.txt", imported.Body)
	}
	o.Exec(`UPDATE groups SET shared_drafts = false WHERE id = 2`)
	o.Store.ForgetCatalog()
	for body, want := range map[string]string{
		`{"group_id":1}`:                        "Name can't be blank",
		`{"name":"x"}`:                          "Group can't be blank",
		`{"name":"x","group_id":4711}`:          "Invalid value for param 'group_id': 4711",
		`{"name":"x","group_id":1,"content":1}`: "Invalid value for param 'content': 1",
	} {
		o.Post("chris", "/tickets/shared_drafts", body).Refuses(422, want)
	}
	o.Post("chris", "/tickets/shared_drafts", `{"name":"x","group":"Sales"}`).Refuses(403, "Not authorized")
	o.Del("emma", "/tickets/shared_drafts/"+id).Is(200).Same(t, `{"shared_draft_id":`+id+`}`)
	o.Get("emma", "/tickets/shared_drafts/"+id).Refuses(404, "Couldn't find Ticket::SharedDraftStart with 'id'="+id)
	var files int
	if o.One(&files, `SELECT count(*) FROM attachments WHERE object LIKE '%SharedDraft%'`); files != 0 {
		t.Errorf("%d files of a deleted draft are left", files)
	}
}
