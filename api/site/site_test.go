package site_test

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"postroom/api/apitest"
)

// library is an office with a knowledge base in English and German, in which a category has a
// published answer, an internal one and a draft.
type library struct {
	*apitest.Office
	id, category, public, internal, draft int
}

func openLibrary(t *testing.T) *library {
	t.Helper()
	l := &library{Office: apitest.Open(t)}
	l.Exec(`UPDATE tokens SET preferences = '{"permission": ["admin", "ticket.agent", "ticket.customer", "knowledge_base.editor", "knowledge_base.reader"]}'`)
	made := l.Post("boss", "/knowledge_bases/manage", `{"kb_locales": [{"system_locale_id": 1, "primary": true}, {"system_locale_id": 7}], "show_feed_icon": true,
		"translations_attributes": [{"title": "Acme Help"}]}`).Is(201).Object()
	l.id = int(made["id"].(float64))
	german := made["kb_locale_ids"].([]any)[1]
	base := fmt.Sprintf("/knowledge_bases/%d", l.id)
	l.category = l.Post("boss", base+"/categories", fmt.Sprintf(`{"parent_id": null, "category_icon": "f02f",
		"translations_attributes": [{"title": "Printers & Ink"}, {"title": "Drucker", "kb_locale_id": %v}]}`, german)).Is(201).ID()
	answer := func(title, event string) int {
		id := l.Post("boss", base+"/answers", fmt.Sprintf(`{"category_id": %d, "translations_attributes": [{"title": %q, "content_attributes": {"body": %q}}]}`,
			l.category, title, "<p>About <b>"+event+"</b></p><script>alert(1)</script>")).Is(201).ID()
		if event != "draft" {
			l.Post("boss", fmt.Sprintf("%s/answers/%d/%s", base, id, event), "").Is(200)
		}
		return id
	}
	l.public, l.internal, l.draft = answer("Paper <jam>", "publish"), answer("Passwords", "internal"), answer("Someday", "draft")
	l.Exec(`UPDATE knowledge_base_answers SET internal_at = internal_at - interval '1 hour', published_at = published_at - interval '1 hour'`) // clocks may be set back meanwhile
	return l
}

// page asks for a page as somebody; empty: nobody.
func (l *library) page(who, path string) apitest.Answer {
	l.T.Helper()
	req := l.Request(http.MethodGet, path, "")
	req.Header.Set("Accept", "text/html")
	if who != "" {
		req.Header.Set("Authorization", "Token token=token of "+who)
	}
	return l.SendBy(stay, req)
}

// stay is a client that shows redirections instead of following them.
var stay = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

func (l *library) answer(id int) string { return fmt.Sprintf("/help/en-us/%d/%d", l.category, id) }

func TestReadersFindTheirWay(t *testing.T) {
	t.Parallel()
	l := openLibrary(t)
	german := l.Request(http.MethodGet, "/help", "")
	german.Header.Set("Accept-Language", "fr;q=0.2, de;q=0.9")
	if at := l.SendBy(stay, german).Is(302).Header.Get("Location"); at != "/help/de-de" {
		t.Errorf("who reads German is led to %q", at)
	}
	if at := l.page("", "/help").Is(302).Header.Get("Location"); at != "/help/en-us" {
		t.Errorf("others are led to %q", at)
	}
	home := l.page("", "/help/en-us").Is(200)
	category := fmt.Sprintf("/help/en-us/%d-printers-ink", l.category)
	for _, want := range []string{`<html lang="en-us">`, "<title>Acme Help</title>", fmt.Sprintf(`<a href=%q>Printers &amp; Ink</a>`, category), `hreflang="de-de"`} {
		if !strings.Contains(string(home.Body), want) {
			t.Errorf("the first page has no %s:\n%s", want, home.Body)
		}
	}
	if csp := home.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") {
		t.Errorf("Content-Security-Policy %q", csp)
	}
	list := string(l.page("", category).Is(200).Body)
	if want := fmt.Sprintf(`<a href="%s/%d-paper-jam">Paper &lt;jam&gt;</a>`, category, l.public); !strings.Contains(list, want) || strings.Contains(list, "Passwords") || strings.Contains(list, "Someday") {
		t.Errorf("the category, want %s and nothing else:\n%s", want, list)
	}
	answer := l.page("", l.answer(l.public)).Is(200)
	if body := string(answer.Body); !strings.Contains(body, "<p>About <b>publish</b></p>") || strings.Contains(body, "<script") || !strings.Contains(body, "<h1>Paper &lt;jam&gt;</h1>") {
		t.Errorf("the answer:\n%s", body)
	}
	again := l.Request(http.MethodGet, l.answer(l.public), "")
	again.Header.Set("If-None-Match", answer.Header.Get("ETag"))
	l.Send(again).Is(304)
	for _, path := range []string{"/help/xx", "/help/en-us/999", "/help/en-us/x", "/help/en-us/1/x", "/help/en-us/tag/none", l.answer(999), "/help/de-de/" + fmt.Sprint(l.category)} {
		l.page("", path).Is(404)
	}
}

func TestEditorsReadWhatIsNotPublished(t *testing.T) {
	t.Parallel()
	l := openLibrary(t)
	for _, id := range []int{l.internal, l.draft} {
		l.page("", l.answer(id)).Is(404)
		l.page("emma", l.answer(id)).Is(404) // who reads internal answers reads them elsewhere
		if body := string(l.page("boss", l.answer(id)).Is(200).Body); !strings.Contains(body, "Only editors see this page") {
			t.Errorf("no hint that not everybody sees answer %d:\n%s", id, body)
		}
	}
	l.Setting("kb_active_publicly", false)
	l.page("", "/help/en-us").Is(404)
	l.page("emma", "/help/en-us").Is(404)
	l.page("boss", l.answer(l.public)).Is(200)
	l.Setting("kb_active", false)
	l.page("boss", "/help/en-us").Is(404)
}

func TestPreviewLetsOthersLook(t *testing.T) {
	t.Parallel()
	l := openLibrary(t)
	at := func(object string, id int) string {
		return l.page("boss", fmt.Sprintf("/api/v1/knowledge_bases/preview/%s/%d/en-us", object, id)).Is(302).Header.Get("Location")
	}
	first := at("KnowledgeBaseAnswer", l.draft)
	if !strings.HasPrefix(first, l.answer(l.draft)+"?preview_token=") {
		t.Fatalf("the preview is at %s", first)
	}
	if body := string(l.page("", first).Is(200).Body); !strings.Contains(body, "Someday") || !strings.Contains(body, "preview_token=") {
		t.Errorf("the preview, whose links are previews too:\n%s", body)
	}
	if second := at("KnowledgeBaseCategory", l.category); !strings.Contains(string(l.page("", second).Is(200).Body), "Someday") {
		t.Error("the preview of a category lacks its draft")
	}
	l.page("", first).Is(404) // a new preview ends the one before
	at("KnowledgeBase", l.id)
	l.page("boss", "/api/v1/knowledge_bases/preview/Ticket/1/en-us").Is(422)
	l.page("david", fmt.Sprintf("/api/v1/knowledge_bases/preview/KnowledgeBase/%d/en-us", l.id)).Is(403)
}

func TestFilesAndTagsOfPublishedAnswers(t *testing.T) {
	t.Parallel()
	l := openLibrary(t)
	for _, id := range []int{l.public, l.draft} {
		l.Post("boss", fmt.Sprintf("/knowledge_bases/%d/answers/%d/attachments", l.id, id), fmt.Sprintf(`{"filename":"a.txt","data":%q,"mime-type":"text/plain"}`, apitest.Encoded("hello"))).Is(200)
	}
	var public, draft int
	l.One(&public, `SELECT id FROM attachments WHERE o_id = $1 AND object = 'KnowledgeBase::Answer'`, l.public)
	l.One(&draft, `SELECT id FROM attachments WHERE o_id = $1 AND object = 'KnowledgeBase::Answer'`, l.draft)
	l.Exec(`WITH t AS (INSERT INTO tags (name, created_by_id) VALUES ('c&a', 1) RETURNING id)
		INSERT INTO taggings (object, o_id, tag_id, created_by_id) SELECT 'KnowledgeBase::Answer', $1, id, 1 FROM t`, l.public)
	body := string(l.page("", l.answer(l.public)).Is(200).Body)
	file := fmt.Sprintf("/api/v1/attachments/%d", public)
	if !strings.Contains(body, fmt.Sprintf(`<a href=%q download>a.txt</a> (5 B)`, file)) || !strings.Contains(body, `<a href="/help/en-us/tag/c&amp;a" rel="tag">c&amp;a</a>`) {
		t.Errorf("the answer:\n%s", body)
	}
	l.page("", file).Is(200).Same(t, "hello")
	l.page("", fmt.Sprintf("/api/v1/attachments/%d", draft)).Is(404)
	if tagged := string(l.page("", "/help/en-us/tag/c&a").Is(200).Body); !strings.Contains(tagged, "Paper &lt;jam&gt;") {
		t.Errorf("the page of a tag:\n%s", tagged)
	}
}

// titles are those of the entries of a feed.
func titles(a apitest.Answer) string {
	a.T.Helper()
	var feed struct {
		XMLName xml.Name `xml:"http://www.w3.org/2005/Atom feed"`
		Entries []struct {
			Title string `xml:"title"`
			ID    string `xml:"id"`
		} `xml:"entry"`
	}
	if err := xml.Unmarshal(a.Is(200).Body, &feed); err != nil {
		a.T.Fatalf("%s: %v in %s", a.Asked, err, a.Body)
	}
	var all []string
	for _, e := range feed.Entries {
		all = append(all, e.Title)
	}
	return strings.Join(all, ", ")
}

func TestFeeds(t *testing.T) {
	t.Parallel()
	l := openLibrary(t)
	for _, path := range []string{"/help/en-us/feed", fmt.Sprintf("/help/en-us/%d-printers-ink/feed", l.category)} {
		feed := l.page("", path)
		if got := titles(feed); got != "Paper <jam>" || !strings.HasPrefix(feed.Header.Get("Content-Type"), "application/atom+xml") {
			t.Errorf("%s: %s %s", path, feed.Header.Get("Content-Type"), got)
		}
	}
	own := fmt.Sprintf("/api/v1/knowledge_bases/%d/en-us/feed", l.id)
	token := func(method string) string {
		return l.Ask("emma", method, "/knowledge_bases/feed_tokens", "").Is(200).Object()["token"].(string)
	}
	first := token("GET")
	if again := token("GET"); again != first {
		t.Errorf("the token is %s, then %s", first, again)
	}
	within := fmt.Sprintf("/api/v1/knowledge_bases/%d/categories/%d/en-us/feed", l.id, l.category)
	for _, path := range []string{own + "?token=" + first, within + "?token=" + first} {
		if got := titles(l.page("", path)); got != "Passwords, Paper <jam>" {
			t.Errorf("%s: %s", path, got)
		}
	}
	if got := titles(l.page("boss", own)); got != "Passwords, Paper <jam>" {
		t.Errorf("for an editor who signed in: %s", got)
	}
	if second := token("PUT"); second == first {
		t.Error("the new token is the old one")
	}
	l.page("", own+"?token="+first).Is(403)
	l.page("", own).Is(403)
	l.page("david", own).Is(403)
	l.page("boss", fmt.Sprintf("/api/v1/knowledge_bases/%d/xx/feed", l.id)).Is(404)
}
