package api_test

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"postroom/api/apitest"
)

func TestAttachmentsComeBackAsTheyWent(t *testing.T) {
	t.Parallel()
	d := apitest.OpenDesk(t)
	id := d.NewTicket(1, "david", "files")
	data := "bytes\x00\xff\r\n" + strings.Repeat("long ", 1000)
	for _, tc := range []struct {
		filename, kind string
		sentAs         string // media type
		inline         bool   // when nobody asks
	}{
		{"a.txt", "text/plain", "text/plain", false},
		{"photo.png", "image/png", "image/png", true},
		{"page.html", "text/html", "application/octet-stream", false},
		{"page.xhtml", "application/xhtml+xml", "application/octet-stream", false},
		{"drawing.svg", "image/svg+xml", "application/octet-stream", false},
		{"run.js", "text/javascript", "application/octet-stream", false},
		{"odd", "no type at all", "application/octet-stream", false},
		{`q"uo\te;ü` + "\r\nX-Evil: 1.pdf", "application/pdf", "application/pdf", false},
	} {
		body := fmt.Sprintf(`{"ticket_id": %d, "body": "x", "attachments": [{"filename": %s, "data": %q, "mime-type": %q, "charset": "utf-8"}]}`,
			id, quoted(tc.filename), base64.StdEncoding.EncodeToString([]byte(data)), tc.kind)
		article := d.Post("emma", "/ticket_articles", body).Is(201)
		var shown struct {
			Attachments []struct {
				ID          int
				StoreFileID int `json:"store_file_id"`
				Filename    string
				Size        string
				Preferences map[string]string
			}
		}
		article.Into(&shown)
		file := shown.Attachments[0]
		if file.Size != fmt.Sprint(len(data)) || file.StoreFileID == 0 || file.Preferences["Mime-Type"] != tc.kind || file.Preferences["Charset"] != "utf-8" {
			t.Errorf("%s: shown as %+v", tc.filename, file)
		}
		path := fmt.Sprintf("/ticket_attachment/%d/%d/%d", id, article.ID(), file.ID)
		got := d.Get("david", path).Is(200)
		if string(got.Body) != data || got.Header.Get("Content-Type") != tc.sentAs || got.Header.Get("Content-Security-Policy") != "default-src 'none'" {
			t.Errorf("%s: %d bytes as %s, policy %q", tc.filename, len(got.Body), got.Header.Get("Content-Type"), got.Header.Get("Content-Security-Policy"))
		}
		if got.Header.Get("X-Evil") != "" {
			t.Errorf("%q writes headers", tc.filename)
		}
		for asked, inline := range map[string]bool{"": tc.inline, "?disposition=inline": tc.inline, "?disposition=attachment": false, "?view=preview": tc.inline} {
			if got := d.Get("david", path+asked).Header.Get("Content-Disposition"); strings.HasPrefix(got, "inline; ") != inline {
				t.Errorf("%s%s: Content-Disposition %s, want inline %v", tc.filename, asked, got, inline)
			}
		}
		d.Get("david", path+"?disposition=x").Refuses(403, "Invalid disposition x requested. Only inline, attachment are valid.")
	}
	var blobs int
	d.One(&blobs, `SELECT count(*) FROM blobs`)
	if blobs != 1 {
		t.Errorf("the same bytes are kept %d times", blobs)
	}
}

func quoted(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\r", `\r`, "\n", `\n`).Replace(text) + `"`
}

func TestFilesBelongToTheirArticle(t *testing.T) {
	t.Parallel()
	d := apitest.OpenDesk(t)
	first, second := d.NewTicket(1, "david", "first"), d.NewTicket(1, "david", "second")
	with := func(ticket int) apitest.Answer {
		return d.Post("emma", "/ticket_articles", fmt.Sprintf(`{"ticket_id": %d, "body": "x", "attachments": {"0": 1}}`, ticket))
	}
	with(first).Is(422)
	write := func(ticket int) (article, file int) {
		a := d.Post("emma", "/ticket_articles", fmt.Sprintf(`{"ticket_id": %d, "body": "x", "attachments": [{"filename": "a", "data": "YQ==", "mime-type": "text/plain"}]}`, ticket)).Is(201)
		return a.ID(), fileOf(a)
	}
	a1, f1 := write(first)
	a2, f2 := write(second)
	path := func(ticket, article, file int) string {
		return fmt.Sprintf("/ticket_attachment/%d/%d/%d", ticket, article, file)
	}
	d.Get("emma", path(first, a2, f2)).Refuses(403, "The article does not belong to the specified ticket.")
	d.Get("emma", path(first, a1, f2)).Refuses(403, "The file does not belong to the specified article.")
	d.Get("emma", path(first, a1, 99999)).Refuses(403, "The file does not belong to the specified article.")
	d.Get("emma", path(99999, a1, f1)).Refuses(404, "Couldn't find Ticket with 'id'=99999")
	d.Get("emma", path(first, 99999, f1)).Refuses(404, "Couldn't find Ticket::Article with 'id'=99999")
	d.Get("stranger", path(first, a1, f1)).Refuses(403, "Not authorized")
	d.Exec(`UPDATE tickets SET state_id = 5 WHERE id = $1`, first)
	d.Get("emma", path(first, a2, f2)).Is(200)
	d.Exec(`UPDATE tickets SET group_id = 3 WHERE id = $1`, second)
	d.Get("emma", path(first, a2, f2)).Refuses(403, "Not authorized")
}

func TestImagesInABodyBecomeFiles(t *testing.T) {
	t.Parallel()
	d := apitest.OpenDesk(t)
	id := d.NewTicket(1, "david", "pictures")
	png := "\x89PNG\r\n\x1a\nnot really"
	body := fmt.Sprintf(`{"ticket_id": %d, "content_type": "text/html", "body": "<p>See<script>alert(1)</script> <img src=\"data:image/png;base64,%s\" onerror=\"x()\"></p>",
		"attachments": [{"filename": "other.txt", "data": "YQ==", "mime-type": "text/plain"}]}`, id, apitest.Encoded(png))
	article := d.Post("emma", "/ticket_articles", body).Is(201)
	var shown struct {
		Body        string
		Attachments []struct{ Filename string }
	}
	article.Into(&shown)
	link := regexp.MustCompile(`src="/api/v1(/ticket_attachment/\d+/\d+/\d+\?view=inline)"`).FindStringSubmatch(shown.Body)
	if link == nil || strings.Contains(shown.Body, "script") || strings.Contains(shown.Body, "onerror") || strings.Contains(shown.Body, "data:") {
		t.Fatalf("body = %s", shown.Body)
	}
	if len(shown.Attachments) != 1 || shown.Attachments[0].Filename != "other.txt" {
		t.Errorf("attachments = %+v, want other.txt alone", shown.Attachments)
	}
	got := d.Get("david", link[1]).Is(200)
	if string(got.Body) != png || got.Header.Get("Content-Type") != "image/png" || !strings.HasPrefix(got.Header.Get("Content-Disposition"), `inline; filename="image1.png"`) {
		t.Errorf("image: %q as %s, %s", got.Body, got.Header.Get("Content-Type"), got.Header.Get("Content-Disposition"))
	}
	var stored, contentID string
	d.One(&stored, `SELECT body FROM ticket_articles WHERE id = $1`, article.ID())
	d.One(&contentID, `SELECT preferences->>'Content-ID' FROM attachments WHERE filename = 'image1.png' AND preferences->>'Content-Disposition' = 'inline'`)
	if !strings.Contains(stored, `src="cid:`+contentID+`"`) || !strings.HasSuffix(contentID, "@desk.example.com") {
		t.Errorf("stored body %s refers not to %s", stored, contentID)
	}
}

func TestTheMailAnArticleCameAs(t *testing.T) {
	t.Parallel()
	d := apitest.OpenDesk(t)
	id := d.NewTicket(1, "david", "mail")
	article := d.Post("emma", "/ticket_articles", fmt.Sprintf(`{"ticket_id": %d, "body": "x"}`, id)).Is(201).ID()
	path := fmt.Sprintf("/ticket_article_plain/%d", article)
	if got := d.Get("emma", path).Is(204); len(got.Body) != 0 {
		t.Errorf("no mail, but %q", got.Body)
	}
	raw := "From: a@example.com\r\n\r\nhi"
	d.Exec(`WITH b AS (INSERT INTO blobs (sha256, size, place, data) VALUES (sha256($2), length($2), 'DB', $2) RETURNING id)
		INSERT INTO attachments (object, o_id, filename, size, blob_id, created_by_id) SELECT 'Ticket::Article::Mail', $1, 'm.eml', 24, id, 1 FROM b`, article, []byte(raw))
	var number string
	d.One(&number, `SELECT number FROM tickets WHERE id = $1`, id)
	got := d.Get("david", path).Is(200)
	if string(got.Body) != raw || got.Header.Get("Content-Type") != "message/rfc822" ||
		!strings.HasPrefix(got.Header.Get("Content-Disposition"), fmt.Sprintf(`inline; filename="ticket-%s-%d.eml"`, number, article)) {
		t.Errorf("plain mail: %q, %v", got.Body, got.Header)
	}
	d.Get("stranger", path).Refuses(403, "Not authorized")
	d.Get("emma", "/ticket_article_plain/99999").Refuses(404, "Couldn't find Ticket::Article with 'id'=99999")
}
