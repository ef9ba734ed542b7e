package knowledge_test

import (
	"fmt"
	"strings"
	"testing"

	"postroom/api/apitest"
)

func TestKnowledgeBaseIsSetUp(t *testing.T) {
	t.Parallel()
	l := openLibrary(t)
	manage := strings.Replace(l.kb, "knowledge_bases", "knowledge_bases/manage", 1)
	kb := l.Get("boss", l.kb).Is(200).Object()
	if got := fmt.Sprintln(kb["iconset"], kb["active"], kb["homepage_layout"], kb["custom_address"], len(kb["translation_ids"].([]any))); got != "FontAwesome true grid <nil> 2\n" {
		t.Errorf("a new knowledge base has %s, want a name in both languages", got)
	}
	if got := l.patch("boss", manage, `{"color_header": "#123456", "category_layout": "list", "custom_address": "help.example.com"}`).Is(200).Object(); fmt.Sprintln(got["color_header"], got["category_layout"], got["custom_address"]) != "#123456 list help.example.com\n" {
		t.Errorf("changed to %v", got)
	}
	l.patch(writer, l.kb, `{"show_feed_icon": true}`).Is(200)
	l.patch("emma", l.kb, `{}`).Refuses(403, "User authorization failed.")
	l.patch(writer, manage, `{}`).Refuses(403, "User authorization failed.")
	for body, want := range map[string]string{
		`{"color_highlight": ""}`:                                              "Color highlight can't be blank",
		`{"homepage_layout": "round"}`:                                         "Homepage layout is not included in the list",
		`{"kb_locales": []}`:                                                   "You must provide at least one language.",
		`{"kb_locales": [{"system_locale_id": 999}]}`:                          "Invalid value for param 'system_locale_id': 999",
		`{"kb_locales": [{"system_locale_id": 1}, {"system_locale_id": "1"}]}`: "System locale has already been taken",
		`{"kb_locales": [7]}`:                                                  "Invalid value for param 'kb_locales': 7",
		`{"translations_attributes": [{"title": ""}]}`:                         "Translations title can't be blank",
	} {
		l.patch("boss", manage, body).Refuses(422, want)
	}
	one := l.patch("boss", manage, `{"kb_locales": [{"system_locale_id": 7, "primary": true}]}`).Is(200).Object()
	if got := len(one["kb_locale_ids"].([]any)); got != 1 {
		t.Errorf("%d languages are left, want one", got)
	}
	if got := l.Get("boss", "/knowledge_bases/manage").Is(200).List(); len(got) != 1 {
		t.Errorf("there are %d knowledge bases, want one", len(got))
	}
	if got := models(l.Get("boss", "/knowledge_bases/manage/init").Is(200).Object()["assets"]); got != "1 1 1 0 0 0" {
		t.Errorf("setting up begins with %s", got)
	}
}

func TestNobodyReadsWhatIsSwitchedOff(t *testing.T) {
	t.Parallel()
	l := openLibrary(t)
	manage := strings.Replace(l.kb, "knowledge_bases", "knowledge_bases/manage", 1)
	_, path := l.newAnswer(l.category, "Paper jam", "x")
	l.happens(path, "publish")
	l.patch("boss", manage+"/deactivate", `{}`).Is(200)
	l.Get(writer, path).Refuses(403, "Not authorized")
	l.patch(writer, path, `{}`).Refuses(403, "Not authorized")
	l.Post(writer, "/knowledge_bases/init", "").Is(200).Same(t, "{}")
	l.Post(writer, "/knowledge_bases/search", `{"query": "jam"}`).Is(200).Same(t, `{"result":[],"details":[]}`)
	l.patch("boss", manage+"/activate", `{}`).Is(200)
	l.Get(writer, path).Is(200)
	l.Del("boss", manage).Is(200).Same(t, "{}")
	l.Get(writer, l.kb).Refuses(403, "Not authorized")
	l.Del("boss", manage).Is(404)
	left := 0
	l.One(&left, `SELECT count(*) FROM knowledge_base_answers`)
	if left != 0 {
		t.Errorf("%d answers are left of a deleted knowledge base", left)
	}
}

func TestSearchInKnowledgeBase(t *testing.T) {
	t.Parallel()
	l := openLibrary(t)
	_, path := l.newAnswer(l.category, "Paper jam", "<p>Open the <b>lid</b> and 100% pull</p>")
	l.newAnswer(l.category, "Lid", "it is open")
	l.happens(path, "publish")
	search := func(who, body string) apitest.Answer { return l.Post(who, "/knowledge_bases/search", body).Is(200) }
	titles := func(a apitest.Answer) string {
		all := []string{}
		for _, one := range a.Object()["details"].([]any) {
			all = append(all, one.(map[string]any)["title"].(string))
		}
		return strings.Join(all, ", ")
	}
	for body, want := range map[string]string{
		`{"query": "open lid"}`:                     "Lid, Paper jam",
		`{"query": "open lid", "flavor": "public"}`: "Paper jam",
		`{"query": "PRINTERS"}`:                     "Printers",
		`{"query": "100%"}`:                         "Paper jam",
		`{"query": "<b>"}`:                          "",
		`{"query": ""}`:                             "",
		`{"query": "lid", "locale": "de-de"}`:       "",
		`{"query": "lid", "locale": "en-us"}`:       "Lid, Paper jam",
		`{"query": "r", "index": "KnowledgeBase::Category::Translation"}`: "Printers",
		`{"query": "lid", "per_page": 1, "page": 2}`:                      "Paper jam",
	} {
		if got := titles(search(writer, body)); got != want {
			t.Errorf("%s finds %q, want %q", body, got, want)
		}
	}
	detail := search("david", `{"query": "lid", "flavor": "agent"}`).Object()["details"].([]any)[0].(map[string]any)
	if got := fmt.Sprint(detail["type"], " ", detail["body"]); got != "KnowledgeBase::Answer::Translation Open the lid and 100% pull" {
		t.Errorf("a customer finds %s", got)
	}
	l.Post(writer, "/knowledge_bases/search", `{"query": "x", "knowledge_base_id": 4711}`).Refuses(404, "Couldn't find KnowledgeBase with 'id'=4711")
}

// TestQueriesDoNotGrow makes sure that a list costs the same however long it is.
func TestQueriesDoNotGrow(t *testing.T) {
	t.Parallel()
	l := openLibrary(t)
	l.newAnswer(l.category, "First", "x")
	count := func() int64 { return l.Cost(func() { l.Post(writer, "/knowledge_bases/init", "").Is(200) }) }
	few := count()
	for i := range 5 {
		category := l.newCategory(fmt.Sprint("Shelf ", i), "null")
		l.newAnswer(category, fmt.Sprint("Answer ", i), "x")
	}
	if many := count(); many > few {
		t.Errorf("one answer takes %d queries, six take %d", few, many)
	}
}
