package tickets_test

import (
	"fmt"
	"strings"
	"testing"

	"postroom/api/apitest"
)

// Who gets an answer as a mail can't fetch what we store: images that it shows travel with it.
func TestShownImagesAreCopied(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
	article := func(ticket int, body string) map[string]any {
		return o.Post("emma", "/ticket_articles", fmt.Sprintf(`{"ticket_id":%d,"content_type":"text/html","internal":true,"body":%q}`, ticket, body)).Is(201).Object()
	}
	image := func(ticket int) string { // the address that a front end is given for it
		body := article(ticket, `<img src="data:image/png;base64,`+pixel+`">see`)["body"].(string)
		start := strings.Index(body, "/api/v1/ticket_attachment/")
		if start < 0 {
			t.Fatalf("no image in %q", body)
		}
		return body[start : start+strings.IndexByte(body[start:], '"')]
	}
	one, other := o.NewTicket(1, "david", "One"), o.NewTicket(1, "david", "Other")
	own, foreign := image(one), image(other)
	plain := "/api/v1/attachments" + own[strings.LastIndexByte(own, '/'):]
	quoted := article(one, `<p>see <img src="`+own+`"> and <img src="`+plain+`"> and <img src="`+foreign+`"></p>`)
	var copies, blobs int
	o.One(&copies, `SELECT count(*) FROM attachments WHERE object = 'Ticket::Article' AND o_id = $1 AND preferences->>'Content-Disposition' = 'inline'`, quoted["id"])
	o.One(&blobs, `SELECT count(DISTINCT blob_id) FROM attachments WHERE object = 'Ticket::Article'`)
	if copies != 1 || blobs != 1 {
		t.Errorf("%d copies of %d blobs, want one of one", copies, blobs)
	}
	var stored string
	o.One(&stored, `SELECT body FROM ticket_articles WHERE id = $1`, quoted["id"])
	if strings.Count(stored, `src="cid:`) != 2 || strings.Count(stored, foreign[:strings.IndexByte(foreign+"?", '?')]) != 1 {
		t.Errorf("stored %q, want both of ours as parts of the mail, and the other left alone", stored)
	}
}
