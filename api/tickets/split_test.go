package tickets_test

import (
	"fmt"
	"testing"

	"postroom/api/apitest"
)

func TestSplittingATicketTakesTheFilesAlong(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	ticket := o.NewTicket(1, "david", "Two wishes")
	article := o.Post("emma", "/ticket_articles", fmt.Sprintf(
		`{"ticket_id": %d, "body": "and another thing", "attachments": [{"filename": "a.txt", "data": "aGVsbG8=", "mime-type": "text/plain"}]}`, ticket)).Is(201).ID()
	o.Exec(fmt.Sprintf(`INSERT INTO attachments (object, o_id, filename, size, blob_id, created_by_id, preferences)
		SELECT object, o_id, 'message.html', 1, blob_id, 1, '{"content-alternative": true}' FROM attachments WHERE object = 'Ticket::Article' AND o_id = %d`, article))
	path := fmt.Sprintf("/ticket_split?ticket_id=%d&article_id=%d", ticket, article)
	o.Get("emma", path).Refuses(422, "Need 'form_id' to add attachments to new form.")
	split := o.Get("emma", path+"&form_id=88").Is(200).Object()
	if files := split["attachments"].([]any); len(files) != 1 || files[0].(map[string]any)["filename"] != "a.txt" {
		t.Errorf("files come along: %v", split["attachments"])
	}
	if split["assets"].(map[string]any)["TicketArticle"].(map[string]any)[fmt.Sprint(article)] == nil {
		t.Errorf("the article is not among %v", split["assets"])
	}
	made := o.Post("emma", "/tickets", `{"title": "Other thing", "group": "Users", "customer": "david", "article": {"body": "and another thing", "form_id": "88"}}`).Is(201).ID()
	if files := o.Get("emma", fmt.Sprintf("/ticket_articles/by_ticket/%d", made)).List()[0]["attachments"].([]any); len(files) != 1 {
		t.Errorf("the new ticket has %v", files)
	}
	clone := fmt.Sprintf("/ticket_attachment_upload_clone_by_article/%d", article)
	o.Post("emma", clone, `{"form_id": "89"}`).Is(200)
	o.Post("stranger", clone, `{"form_id": "89"}`).Is(403)
	o.Get("david", path+"&form_id=1").Is(403)
}
