package knowledge_test

import (
	"fmt"
	"strings"
	"testing"

	"postroom/api/apitest"
)

func TestRecentAndVisibleAnswers(t *testing.T) {
	t.Parallel()
	l := openLibrary(t)
	category := l.category
	empty := l.newCategory("Scanners", "null")
	draft, _ := l.newAnswer(category, "Draft", "x")
	public, path := l.newAnswer(category, "Ink", "x")
	l.happens(path, "publish")

	visible := func(who string) string { return string(l.Get(who, "/knowledge_bases/visible_ids").Is(200).Body) }
	if got, want := visible(writer), fmt.Sprintf(`{"answer_ids":[%d,%d],"category_ids":[%d,%d]}`, draft, public, category, empty); got != want {
		t.Errorf("editors see %s, want %s", got, want)
	}
	if got, want := visible("emma"), fmt.Sprintf(`{"answer_ids":[%d],"category_ids":[%d]}`, public, category); got != want {
		t.Errorf("readers see %s, want %s", got, want)
	}
	recent := l.Get(writer, "/knowledge_bases/recent_answers").Is(200).Object()
	details := recent["details"].([]any)
	if len(details) != 2 || details[0].(map[string]any)["title"] != "Ink" {
		t.Errorf("the last changed ones: %v", details)
	}
	record(t, recent["assets"], "KnowledgeBaseAnswer", draft)
	if details := l.Get("emma", "/knowledge_bases/recent_answers").Is(200).Object()["details"].([]any); len(details) != 1 {
		t.Errorf("readers see %v", details)
	}
	l.Get("david", "/knowledge_bases/visible_ids").Is(403)
}

func TestMenusOfAKnowledgeBase(t *testing.T) {
	t.Parallel()
	l := openLibrary(t)
	path := strings.Replace(l.kb, "_bases/", "_bases/manage/", 1)
	var locale int
	l.One(&locale, `SELECT id FROM knowledge_base_locales WHERE "primary"`)
	set := func(location, items string) apitest.Answer {
		return l.patch("boss", path+"/update_menu_items", fmt.Sprintf(`{"menu_items_sets":[{"kb_locale_id":%d,"location":%q,"menu_items":%s}]}`, locale, location, items))
	}
	items := func(a apitest.Answer) map[string]any {
		all, _ := a.Is(200).Object()["assets"].(map[string]any)["KnowledgeBaseMenuItem"].(map[string]any)
		return all
	}
	made := items(set("header", `[{"title":"Home","url":"/"},{"title":"Shop","url":"https://shop.example.com","new_tab":true}]`))
	if len(made) != 2 {
		t.Fatalf("menu: %v", made)
	}
	var home int
	l.One(&home, `SELECT id FROM knowledge_base_menu_items WHERE title = 'Home'`)
	changed := items(set("header", fmt.Sprintf(`[{"title":"News","url":"/news"},{"id":%d,"title":"Start","url":"/"},{"title":"x","url":"/x","_destroy":true}]`, home)))
	start, _ := changed[fmt.Sprint(home)].(map[string]any)
	if len(changed) != 2 || start["title"] != "Start" || start["position"] != 1.0 {
		t.Errorf("menu: %v", changed)
	}
	base := l.Get("boss", path).Is(200).Object()
	if ids := base["menu_item_ids"].([]any); len(ids) != 2 {
		t.Errorf("menu_item_ids %v", ids)
	}
	set("side", `[]`).Refuses(422, "Location is not included in the list")
	set("footer", `[{"title":"","url":"/"}]`).Refuses(422, "Title can't be blank")
	set("footer", `[{"title":"x","url":"javascript:alert(1)"}]`).Refuses(422, "Url must be a path or begin with http:// or https://")
	l.patch(writer, path+"/update_menu_items", `{}`).Is(403)
}

func TestSnippetsForWebServers(t *testing.T) {
	t.Parallel()
	l := openLibrary(t)
	path := strings.Replace(l.kb, "_bases/", "_bases/manage/", 1)
	for address, want := range map[string]string{
		"help.example.com/faq": "server_name help.example.com;", "/faq": "rewrite ^/faq(/.*)?$ /help$1 last;", `x.com/";evil{`: `"snippets":[]`,
	} {
		l.patch("boss", path, fmt.Sprintf(`{"custom_address":%q}`, address)).Is(200)
		if got := string(l.Get("boss", path+"/server_snippets").Is(200).Body); !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
	l.Get(writer, path+"/server_snippets").Is(403)
}

func TestFilesOfAnswersComeAlong(t *testing.T) {
	t.Parallel()
	l := openLibrary(t)
	_, path := l.newAnswer(l.category, "Ink", "x")
	l.Post(writer, path+"/attachments", fmt.Sprintf(`{"filename":"a.txt","data":%q,"mime-type":"text/plain"}`, apitest.Encoded("hello"))).Is(200)
	l.Post("emma", path+"/attachments/clone_to_form", `{"form_id":"77"}`).Is(403)
	l.happens(path, "publish")
	files := l.Post("emma", path+"/attachments/clone_to_form", `{"form_id":"77"}`).Is(200).Object()["attachments"].([]any)
	if len(files) != 1 || files[0].(map[string]any)["filename"] != "a.txt" {
		t.Errorf("copied: %v", files)
	}
	var waiting int
	l.One(&waiting, `SELECT count(*) FROM attachments WHERE object = 'UploadCache' AND o_id = 77 AND created_by_id = $1`, l.UserID("emma"))
	if waiting != 1 {
		t.Errorf("%d files wait for the form", waiting)
	}
	l.Post("emma", path+"/attachments/clone_to_form", `{}`).Refuses(422, "Need 'form_id' to add attachments to new form.")
}
