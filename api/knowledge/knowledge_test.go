package knowledge_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"postroom/api/apitest"
)

// library is an office with a knowledge base. boss administers and edits, writer edits, emma reads,
// david is a customer.
type library struct {
	*apitest.Office
	t        *testing.T
	kb       string // path
	locale   int
	category int
}

func openLibrary(t *testing.T) *library {
	t.Helper()
	o := apitest.Open(t)
	o.Exec(`UPDATE tokens SET preferences = '{"permission": ["admin", "ticket.agent", "ticket.customer", "knowledge_base.editor", "knowledge_base.reader"]}'`)
	o.Exec(`INSERT INTO roles (id, name, updated_by_id, created_by_id) VALUES (101, 'Writer', 1, 1)`)
	o.Exec(`INSERT INTO permissions_roles SELECT 101, id FROM permissions WHERE name = 'knowledge_base.editor'`)
	o.Exec(`INSERT INTO roles_users SELECT id, 101 FROM users WHERE login = 'reporter'`)
	made := o.Post("boss", "/knowledge_bases/manage", `{"kb_locales": [{"system_locale_id": 1, "primary": true}, {"system_locale_id": 7}]}`).Is(201).Object()
	l := &library{Office: o, t: t, kb: fmt.Sprintf("/knowledge_bases/%v", made["id"])}
	l.locale = int(made["kb_locale_ids"].([]any)[0].(float64))
	l.category = l.newCategory("Printers", "null")
	return l
}

const writer = "reporter"

func (l *library) newCategory(title, parent string) int {
	l.t.Helper()
	return l.Post(writer, l.kb+"/categories", fmt.Sprintf(
		`{"parent_id": %s, "category_icon": "f02f", "translations_attributes": [{"title": %q, "kb_locale_id": %d}]}`, parent, title, l.locale)).Is(201).ID()
}

func (l *library) newAnswer(category int, title, body string) (id int, path string) {
	l.t.Helper()
	id = l.Post(writer, l.kb+"/answers", fmt.Sprintf(
		`{"category_id": %d, "translations_attributes": [{"title": %q, "kb_locale_id": %d, "content_attributes": {"body": %q}}]}`,
		category, title, l.locale, body)).Is(201).ID()
	return id, fmt.Sprintf("%s/answers/%d", l.kb, id)
}

// happens lets an event happen to an answer: an hour ago, as the clock may be set back meanwhile.
func (l *library) happens(path, event string) {
	l.t.Helper()
	l.Post(writer, path+"/"+event, `{}`).Is(200)
	l.Exec(`UPDATE knowledge_base_answers SET internal_at = internal_at - interval '1 hour', published_at = published_at - interval '1 hour',
		archived_at = archived_at - interval '1 hour'`)
}

func (l *library) patch(who, path, body string) apitest.Answer {
	l.t.Helper()
	return l.Ask(who, http.MethodPatch, path, body)
}

// models counts the records of assets.
func models(assets any) string {
	all, _ := assets.(map[string]any)
	count := func(model string) int { records, _ := all["KnowledgeBase"+model].(map[string]any); return len(records) }
	return fmt.Sprint(count(""), count("Locale"), count("Category"), count("Answer"), count("AnswerTranslation"), count("AnswerTranslationContent"))
}

func record(t *testing.T, assets any, model string, id int) map[string]any {
	t.Helper()
	records, _ := assets.(map[string]any)[model].(map[string]any)
	one, ok := records[fmt.Sprint(id)].(map[string]any)
	if !ok {
		t.Fatalf("no %s %d in %v", model, id, assets)
	}
	return one
}

func TestAnswerIsWrittenAndShown(t *testing.T) {
	t.Parallel()
	l := openLibrary(t)
	id, path := l.newAnswer(l.category, "Paper jam", `<p>Pull<script>alert(1)</script> gently.</p>`)
	shown := l.Get(writer, path).Is(200).Object()["assets"]
	if got := models(shown); got != "1 2 1 1 1 0" {
		t.Errorf("an answer is shown with %s records, want no content unless asked for", got)
	}
	answer := record(t, shown, "KnowledgeBaseAnswer", id)
	translation := int(answer["translation_ids"].([]any)[0].(float64))
	whole := l.Get(writer, fmt.Sprintf("%s?include_contents=%d", path, translation)).Is(200).Object()["assets"]
	if body := record(t, whole, "KnowledgeBaseAnswerTranslationContent", translation)["body"]; body != "<p>Pull gently.</p>" {
		t.Errorf("body %q: scripts are to go", body)
	}
	l.patch(writer, path, fmt.Sprintf(`{"promoted": true, "translations_attributes": [{"id": %d, "title": "Jam"}]}`, translation)).Is(200)
	l.patch(writer, path, `{"translations_attributes": {"0": {"title": "Stau", "kb_locale_id": 2, "content_attributes": {"body": "Ziehen"}}}}`).Is(200)
	changed := l.Get(writer, fmt.Sprintf("%s?include_contents=%d", path, translation)).Is(200).Object()["assets"]
	if got := record(t, changed, "KnowledgeBaseAnswerTranslation", translation)["title"]; got != "Jam" {
		t.Errorf("title %v, want Jam", got)
	}
	if got := record(t, changed, "KnowledgeBaseAnswerTranslationContent", translation)["body"]; got != "<p>Pull gently.</p>" {
		t.Errorf("a new title changed the body to %v", got)
	}
	if got := models(changed); got != "1 2 1 1 2 1" {
		t.Errorf("two languages are shown as %s", got)
	}
	l.Del(writer, path).Is(200).Same(t, "{}")
	l.Get(writer, path).Refuses(404, fmt.Sprintf("Couldn't find KnowledgeBase::Answer with 'id'=%d", id))
}

func TestAnswersRefuseWhatIsWrong(t *testing.T) {
	t.Parallel()
	l := openLibrary(t)
	_, path := l.newAnswer(l.category, "Paper jam", "x")
	for body, want := range map[string]string{
		`{}`: "Category can't be blank",
		`{"category_id": 4711, "translations_attributes": [{"title": "x"}]}`:                                            "Invalid value for param 'category_id': 4711",
		fmt.Sprintf(`{"category_id": %d}`, l.category):                                                                  "Translations can't be blank",
		fmt.Sprintf(`{"category_id": %d, "translations_attributes": [{"title": " "}]}`, l.category):                     "Translations title can't be blank",
		fmt.Sprintf(`{"category_id": %d, "translations_attributes": [{"kb_locale_id": 1}]}`, l.category):                "Translations title can't be blank",
		fmt.Sprintf(`{"category_id": %d, "translations_attributes": [{"title": "x", "kb_locale_id": 99}]}`, l.category): "Invalid value for param 'kb_locale_id': 99",
		fmt.Sprintf(`{"category_id": %d, "translations_attributes": [7]}`, l.category):                                  "Invalid value for param 'translations_attributes': 7",
	} {
		l.Post(writer, l.kb+"/answers", body).Refuses(422, want)
	}
	l.patch(writer, path, `{"translations_attributes": [{"id": 4711, "title": "x"}]}`).Refuses(404, "Couldn't find KnowledgeBase::Answer::Translation with 'id'=4711")
	l.Get(writer, "/knowledge_bases/4711/answers/1").Refuses(404, "Couldn't find KnowledgeBase with 'id'=4711")
	l.Get(writer, path+"?include_contents=x").Refuses(422, `Invalid value for param 'include_contents': "x"`)
	other := l.Post("boss", "/knowledge_bases/manage", `{}`).Is(201).ID()
	l.Get(writer, fmt.Sprintf("/knowledge_bases/%d/answers/1", other)).Refuses(404, "Couldn't find KnowledgeBase::Answer with 'id'=1")
}

func TestWhoSeesAnAnswer(t *testing.T) {
	t.Parallel()
	l := openLibrary(t)
	_, path := l.newAnswer(l.category, "Paper jam", "x")
	steps := []struct {
		event            string
		reader, customer bool
	}{{"", false, false}, {"internal", true, false}, {"publish", true, true}, {"archive", false, false}, {"unarchive", true, true}}
	for _, step := range steps {
		if step.event != "" {
			l.happens(path, step.event)
		}
		want := 403
		if step.reader {
			want = 200
		}
		if got := l.Get("emma", path).Status; got != want {
			t.Errorf("after %q a reader gets %d, want %d", step.event, got, want)
		}
		l.Get(writer, path).Is(200)
		l.Get("david", path).Refuses(403, "User authorization failed.")
		for who, sees := range map[string]bool{writer: true, "emma": step.reader, "david": step.customer} {
			if got := strings.Contains(string(l.Post(who, "/knowledge_bases/init", "").Is(200).Body), "Paper jam"); got != sees {
				t.Errorf("after %q init shows the answer to %s: %v, want %v", step.event, who, got, sees)
			}
			found := l.Post(who, "/knowledge_bases/search", `{"query": "jam", "flavor": "agent"}`).Is(200).Object()["result"].([]any)
			if (len(found) > 0) != sees {
				t.Errorf("after %q a search of %s finds %v, want %v", step.event, who, found, sees)
			}
		}
		for who, sees := range map[string]bool{writer: true, "emma": step.reader} {
			got := l.Get(who, "/search/KnowledgeBase::Answer::Translation?query=jam&by_object=true").Is(200).Object()
			hits, _ := got["result"].(map[string]any)["KnowledgeBaseAnswerTranslation"].(map[string]any)
			if (hits["total_count"] == 1.0) != sees || (len(hits["object_ids"].([]any)) == 1) != sees || strings.Contains(fmt.Sprint(got["assets"]), "Paper jam") != sees {
				t.Errorf("after %q a search of %s everywhere finds %v, want it found: %v", step.event, who, got, sees)
			}
		}
		if got := fmt.Sprint(l.Get("david", "/search?query=jam").Is(200).Object()["result"]); got != "[]" {
			t.Errorf("after %q a customer finds %s everywhere", step.event, got)
		}
		anybody := l.Send(l.Request("POST", "/api/v1/knowledge_bases/search", `{"query": "jam"}`)).Is(200)
		if got := strings.Contains(string(anybody.Body), "Paper jam"); got != step.customer {
			t.Errorf("after %q anybody finds %s", step.event, anybody.Body)
		}
	}
	l.Post(writer, path+"/unarchive", `{}`).Refuses(422, "Event 'unarchive' cannot transition from 'published'.")
	l.Post("emma", path+"/archive", `{}`).Refuses(403, "Not authorized")
	l.patch("emma", path, `{"promoted": true}`).Refuses(403, "Not authorized")
	l.Del("emma", path).Refuses(403, "Not authorized")
	l.Post(writer, path+"/has_publishing_update", `{"published_at": "2099-01-01T00:00:00Z", "internal_at": null}`).Is(200)
	l.Get("emma", path).Refuses(403, "Not authorized")
	l.Post(writer, path+"/has_publishing_update", `{"published_at": "soon"}`).Refuses(422, `Invalid value for param 'published_at': "soon"`)
	if body := l.Post("david", "/knowledge_bases/init", "").Is(200).Body; strings.Contains(string(body), "Paper jam") {
		t.Errorf("what is published in 2099 is shown now: %s", body)
	}
}

func TestCategoriesAreATree(t *testing.T) {
	t.Parallel()
	l := openLibrary(t)
	child := l.newCategory("Ink", fmt.Sprint(l.category))
	second := l.newCategory("Toner", fmt.Sprint(l.category))
	path := func(id int) string { return fmt.Sprintf("%s/categories/%d", l.kb, id) }
	parent := l.Get(writer, path(l.category)).Is(200).Object()
	if got := fmt.Sprintln(parent["child_ids"], parent["parent_id"], parent["category_icon"]); got != fmt.Sprintf("[%d %d] <nil> f02f\n", child, second) {
		t.Errorf("the category has %s", got)
	}
	if got := models(l.Get(writer, path(child)+"?full=true").Is(200).Object()["assets"]); got != "1 2 2 0 0 0" {
		t.Errorf("a category is shown whole with %s records, want those it is in too", got)
	}
	l.patch(writer, path(l.category)+"/reorder_categories", fmt.Sprintf(`{"ordered_ids": [%d, %d]}`, second, child)).Is(200)
	if got := l.Get(writer, path(second)).Object()["position"]; got != 0.0 {
		t.Errorf("the first category is at %v", got)
	}
	for _, order := range []string{`{}`, fmt.Sprintf(`{"ordered_ids": [%d]}`, second), fmt.Sprintf(`{"ordered_ids": [%d, %d, %d]}`, child, second, second), `{"ordered_ids": ["x"]}`} {
		l.patch(writer, path(l.category)+"/reorder_categories", order).Refuses(422, "Provide position of all items in scope")
	}
	l.patch(writer, l.kb+"/categories/reorder_root_categories", fmt.Sprintf(`{"ordered_ids": [%d]}`, l.category)).Is(200)
	first, _ := l.newAnswer(child, "One", "x")
	last, _ := l.newAnswer(child, "Two", "x")
	l.patch(writer, path(child)+"/reorder_answers", fmt.Sprintf(`{"ordered_ids": [%d, "%d"]}`, last, first)).Is(200)
	if got := fmt.Sprint(l.Get(writer, path(child)).Object()["answer_ids"]); got != fmt.Sprintf("[%d %d]", last, first) {
		t.Errorf("answers are in the order %s", got)
	}
	l.patch(writer, path(l.category), fmt.Sprintf(`{"parent_id": %d}`, child)).Refuses(422, "Parent can't be the category itself or within it")
	l.patch(writer, path(child), `{"parent_id": 4711}`).Refuses(422, "Invalid value for param 'parent_id': 4711")
	l.Del(writer, path(l.category)).Refuses(422, "Can't delete, object has references.")
	l.Del(writer, path(child)).Refuses(422, "Can't delete, object has references.")
	if got := l.patch(writer, path(second), `{"parent_id": "", "translations_attributes": [{"title": "Cartridges"}]}`).Is(200).Object(); got["parent_id"] != nil || got["position"] != 1.0 {
		t.Errorf("moved out, it is %v", got)
	}
	l.Del(writer, path(second)).Is(200)
	l.Get(writer, path(second)).Refuses(404, fmt.Sprintf("Couldn't find KnowledgeBase::Category with 'id'=%d", second))
	l.Post("emma", l.kb+"/categories", `{"translations_attributes": [{"title": "x"}]}`).Refuses(403, "Not authorized")
	l.Post("david", l.kb+"/categories", `{}`).Refuses(403, "User authorization failed.")
}

func TestPermissionsOfCategories(t *testing.T) {
	t.Parallel()
	l := openLibrary(t)
	_, path := l.newAnswer(l.category, "Paper jam", "x")
	l.happens(path, "internal")
	permissions := fmt.Sprintf("%s/categories/%d/permissions", l.kb, l.category)
	before := l.Get("boss", permissions).Is(200).Object()
	if got := fmt.Sprint(before["roles_reader"], before["permissions"]); got != "[map[id:2 name:Agent]] []" {
		t.Errorf("before, %s", got)
	}
	l.Put("boss", permissions, `{"permissions_dialog": {"permissions": {"2": "none", "101": "reader"}}}`).Is(200)
	for role, want := range map[string]int{"2": 1, "1": 0} {
		shown := l.Get("boss", "/roles/"+role+"?expand=true").Is(200).Object()
		if got := shown["knowledge_base_permission_ids"].([]any); len(got) != want || (shown["knowledge_base_permissions"] == nil) != (want > 0) {
			t.Errorf("role %s has the permissions %v called %v here, want %d without names", role, got, shown["knowledge_base_permissions"], want)
		}
	}
	l.Get("emma", path).Refuses(403, "Not authorized")
	l.Get(writer, path).Is(200)
	l.patch(writer, path, `{"promoted": true}`).Refuses(403, "Not authorized")
	l.Get(writer, permissions).Refuses(403, "Not authorized")
	l.Get(writer, l.kb+"/permissions").Is(200)
	inner := l.Post("boss", l.kb+"/categories", fmt.Sprintf(`{"parent_id": %d, "translations_attributes": [{"title": "Ink"}]}`, l.category)).Is(201).ID()
	l.Put("boss", fmt.Sprintf("%s/categories/%d/permissions", l.kb, inner), `{"permissions_dialog": {"permissions": {"2": "reader"}}}`).Is(200)
	l.Get("emma", fmt.Sprintf("%s/categories/%d", l.kb, inner)).Refuses(403, "Not authorized")
	for body, want := range map[string]string{
		`{}`: "The required parameter 'permissions_dialog' is missing.",
		`{"permissions_dialog": {"permissions": {"2": "editor"}}}`:    `Invalid value for param 'permissions': "editor"`,
		`{"permissions_dialog": {"permissions": {"2": "all"}}}`:       `Invalid value for param 'permissions': "all"`,
		`{"permissions_dialog": {"permissions": {"4711": "reader"}}}`: `No value found for 'roles' with id "4711"`,
		`{"permissions_dialog": {"permissions": {"1": "none"}}}`:      "This permission change would take your own access away.",
	} {
		l.Put("boss", permissions, body).Refuses(422, want)
	}
	l.Put("boss", permissions, `{"permissions_dialog": {"permissions": {}}}`).Is(200)
	l.Get("emma", path).Is(200)
	l.Put("emma", l.kb+"/permissions", `{"permissions_dialog": {"permissions": {}}}`).Refuses(403, "Not authorized")
}

func TestFilesOfAnswers(t *testing.T) {
	t.Parallel()
	l := openLibrary(t)
	id, path := l.newAnswer(l.category, "Paper jam", "x")
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", "manual.txt")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write([]byte("pull")); err != nil {
		t.Fatal(err)
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	req := l.Request("POST", "/api/v1"+path+"/attachments", body.String())
	req.Header.Set("Content-Type", form.FormDataContentType())
	req.Header.Set("Authorization", "Token token=token of "+writer)
	l.Send(req).Is(200)
	assets := l.Post(writer, path+"/attachments", `{"filename": "b.txt", "data": "aGVsbG8=", "mime-type": "text/plain"}`).Is(200).Object()
	files := record(t, assets, "KnowledgeBaseAnswer", id)["attachments"].([]any)
	if len(files) != 2 {
		t.Fatalf("attachments %v, want two", files)
	}
	first := files[0].(map[string]any)
	if got := fmt.Sprint(first["filename"], " ", first["size"]); got != "manual.txt 4" {
		t.Errorf("the first is %s", got)
	}
	url := strings.TrimPrefix(first["url"].(string), "/api/v1")
	l.Get(writer, url).Is(200).Same(t, "pull")
	l.Get("emma", url).Is(404)
	l.happens(path, "internal")
	l.Get("emma", url).Is(200)
	l.Get("david", url).Is(404)
	l.happens(path, "publish")
	l.Get("david", url).Is(200)
	l.Post(writer, path+"/attachments", `{}`).Refuses(422, "The required parameter 'file' is missing.")
	l.Post("emma", path+"/attachments", `{"filename": "b.txt", "data": "aGVsbG8="}`).Refuses(403, "User authorization failed.")
	file := fmt.Sprintf("%s/attachments/%v", path, first["id"])
	l.Del(writer, file).Is(200)
	l.Del(writer, file).Is(404)
	l.Del(writer, path).Is(200)
	left := 0
	l.One(&left, `SELECT count(*) FROM attachments WHERE object = 'KnowledgeBase::Answer'`)
	if left != 0 {
		t.Errorf("%d files are left of a deleted answer", left)
	}
}

func TestTagsOfAnswers(t *testing.T) {
	t.Parallel()
	l := openLibrary(t)
	id, path := l.newAnswer(l.category, "Paper jam", "<p>Pull.</p>")
	tag := func(item string) string {
		return fmt.Sprintf(`{"object": "KnowledgeBase::Answer", "o_id": %d, "item": %q}`, id, item)
	}
	tags := fmt.Sprintf("/tags?object=KnowledgeBase::Answer&o_id=%d", id)
	l.Post(writer, "/tags/add", tag("paper")).Is(201).Same(t, "true")
	l.Post(writer, "/tags/add", tag("jam")).Is(201)
	l.Get(writer, tags).Is(200).Same(t, `{"tags":["paper","jam"]}`)
	answer := record(t, l.Get(writer, path).Is(200).Object()["assets"], "KnowledgeBaseAnswer", id)
	if got := fmt.Sprint(answer["tags"]); got != "[paper jam]" {
		t.Errorf("the answer is shown with the tags %s", got)
	}
	for _, who := range []string{"emma", "david"} { // nobody but editors sees a draft
		l.Get(who, tags).Is(403)
		l.Post(who, "/tags/add", tag("x")).Is(403)
		l.Ask(who, http.MethodDelete, "/tags/remove", tag("jam")).Is(403)
	}
	l.happens(path, "publish")
	l.Get("emma", tags).Is(200)
	l.Post("emma", "/tags/add", tag("x")).Is(403)
	l.Ask(writer, http.MethodDelete, "/tags/remove", tag("jam")).Is(200).Same(t, "true")
	l.Get(writer, tags).Is(200).Same(t, `{"tags":["paper"]}`)
	l.Post(writer, "/tags/add", `{"object": "KnowledgeBase::Answer", "o_id": 4711, "item": "x"}`).Is(404)
	l.Del(writer, path).Is(200)
	var left int
	if l.One(&left, `SELECT count(*) FROM taggings`); left != 0 {
		t.Errorf("%d tags are left of an answer that is gone", left)
	}
}
