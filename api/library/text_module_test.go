package library_test

import (
	"fmt"
	"strings"
	"testing"

	"postroom/api/apitest"
)

func TestTextModuleIsMadeChangedAndDeleted(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	made := o.Post("boss", "/text_modules", `{"name": " Hello ", "keywords": "hi", "content": "Hi #{ticket.customer.firstname} <b>there</b><script>alert(1)</script>",
		"note": "<i>short</i>", "group_ids": [2], "id": 4711, "colour": "red"}`).Is(201)
	id := made.ID()
	path := fmt.Sprintf("/text_modules/%d", id)
	want := fmt.Sprintf(`"id":%d,"name":"Hello","keywords":"hi","content":"Hi #{ticket.customer.firstname} \u003cb\u003ethere\u003c/b\u003e",`+
		`"note":"\u003ci\u003eshort\u003c/i\u003e","active":true,"updated_by_id":%d,"created_by_id":%d`, id, o.UserID("boss"), o.UserID("boss"))
	if !strings.Contains(string(made.Body), want) || !strings.HasSuffix(string(made.Body), `"group_ids":[2]}`) {
		t.Errorf("made %s, want %s", made.Body, want)
	}
	o.Get("boss", path).Is(200).Same(t, string(made.Body))

	// Whoever sends a record back as it came changes nothing.
	expanded := o.Get("boss", path+"?expand=true").Is(200)
	if got := expanded.Object(); facts(got["groups"], got["created_by"]) != "[Sales] boss" {
		t.Errorf("expanded: %s", expanded.Body)
	}
	back := o.Put("boss", path+"?expand=true", string(expanded.Body)).Is(200).Object()
	for key, value := range expanded.Object() {
		if key != "updated_at" && fmt.Sprint(back[key]) != fmt.Sprint(value) {
			t.Errorf("sent back: %s = %v, want %v", key, back[key], value)
		}
	}

	changed := o.Put("boss", path, `{"active": false, "groups": ["Users", "Support"], "note": null, "keywords": ""}`).Is(200).Object()
	if got := facts(changed["active"], changed["group_ids"], changed["note"], changed["keywords"], changed["name"]); got != "false [1 3] <nil>  Hello" {
		t.Errorf("changed: %s", got)
	}
	o.Del("boss", path).Is(200).Same(t, "{}")
	o.Get("boss", path).Refuses(404, fmt.Sprintf("Couldn't find TextModule with 'id'=%d", id))
	o.Del("boss", path).Refuses(404, fmt.Sprintf("Couldn't find TextModule with 'id'=%d", id))
}

func TestPlainTextOfATextModuleBecomesHTMLOnce(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	const html = `1 &lt; 2 &amp; 3<br>bye`
	made := o.Post("boss", "/text_modules", `{"name": "x", "content": "1 < 2 & 3\nbye"}`).Is(201)
	if got := made.Object()["content"]; got != html {
		t.Fatalf("content = %v, want %s", got, html)
	}
	path := fmt.Sprintf("/text_modules/%d", made.ID())
	for range 2 {
		if got := o.Put("boss", path, string(o.Get("boss", path).Body)).Is(200).Object()["content"]; got != html {
			t.Errorf("content sent back became %v, want %s", got, html)
		}
	}
}

func TestTextModulesThatAreRefused(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	for body, want := range map[string]string{
		`{}`:                              "Name can't be blank",
		`{"name": "  ", "content": "x"}`:  "Name can't be blank",
		`{"name": "x"}`:                   "Content can't be blank",
		`{"name": "x", "content": ["y"]}`: `Invalid value for param 'content': ["y"]`,
		`{"name": "x", "content": "y", "group_ids": [99]}`:     "No value found for 'groups' with id 99",
		`{"name": "x", "content": "y", "groups": ["Nowhere"]}`: `No lookup value found for 'groups': "Nowhere"`,
	} {
		o.Post("boss", "/text_modules", body).Refuses(422, want)
	}
	if n := len(o.Get("boss", "/text_modules").Is(200).List()); n != 0 {
		t.Errorf("%d text modules after refusals, want none", n)
	}
	o.Put("boss", "/text_modules/0", `{"name": "x", "content": "y"}`).Refuses(404, "Couldn't find TextModule with 'id'=0")
	long := o.Post("boss", "/text_modules", `{"name": "`+strings.Repeat("n", 300)+`", "keywords": "`+strings.Repeat("k", 600)+`", "content": "x"}`).Is(201).Object()
	if n, k := len(long["name"].(string)), len(long["keywords"].(string)); n != 250 || k != 500 {
		t.Errorf("name and keywords are cut to %d and %d characters, want 250 and 500", n, k)
	}
}

// TestWhatAgentsAreOffered: text modules and macros keep one rule.
func TestWhatAgentsAreOffered(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	o.Exec(`DELETE FROM macros`)
	for _, kind := range []struct{ path, content, class string }{
		{"/text_modules", `"content": "x"`, "TextModule"},
		{"/macros", `"perform": {"ticket.state_id": {"value": 4}}`, "Macro"},
	} {
		ids := map[string]int{}
		for name, more := range map[string]string{
			"for all": ``, "off": `, "active": false`, "Users": `, "group_ids": [1]`, "Sales": `, "group_ids": [2]`, "two": `, "group_ids": [1, 2]`,
		} {
			ids[name] = o.Post("boss", kind.path, fmt.Sprintf(`{"name": %q, %s%s}`, name, kind.content, more)).Is(201).ID()
		}
		for _, tc := range []struct{ who, want string }{
			{"boss", "Sales Users for all off two"},
			{"emma", "Users for all two"},    // full access to Users
			{"changer", "Users for all two"}, // change
			{"creator", "Users for all two"}, // create
			{"reader", "for all"},
			{"overviewer", "for all"},
			{"stranger", "for all"},
			{"both", "Sales for all two"},
		} {
			if got := names(o.Get(tc.who, kind.path+"?sort_by=name&order_by=asc").Is(200)); got != tc.want {
				t.Errorf("%s: %s is offered %q, want %q", kind.path, tc.who, got, tc.want)
			}
			for name, id := range ids {
				path := fmt.Sprintf("%s/%d", kind.path, id)
				if strings.Contains(" "+tc.want+" ", " "+name+" ") {
					o.Get(tc.who, path).Is(200)
				} else {
					o.Get(tc.who, path).Refuses(404, fmt.Sprintf("Couldn't find %s with 'id'=%d", kind.class, id))
				}
			}
		}
		o.Get("emma", kind.path+"/search").Refuses(403, "User authorization failed.")
		for _, who := range []string{"david", "reporter"} {
			o.Get(who, kind.path).Refuses(403, "User authorization failed.")
			o.Get(who, fmt.Sprintf("%s/%d", kind.path, ids["for all"])).Refuses(403, "User authorization failed.")
		}
		for _, who := range []string{"emma", "david"} {
			o.Post(who, kind.path, `{"name": "mine"}`).Refuses(403, "User authorization failed.")
			o.Put(who, fmt.Sprintf("%s/%d", kind.path, ids["for all"]), `{"name": "mine"}`).Refuses(403, "User authorization failed.")
			o.Del(who, fmt.Sprintf("%s/%d", kind.path, ids["for all"])).Refuses(403, "User authorization failed.")
		}
	}
}

// names are those of a list of records.
func names(a apitest.Answer) string {
	a.T.Helper()
	var all []string
	for _, record := range a.List() {
		all = append(all, fmt.Sprint(record["name"]))
	}
	return strings.Join(all, " ")
}

func TestTextModulesAreFoundAndPaged(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	for i, name := range []string{"Alpha", "Beta", "Gamma"} {
		o.Post("boss", "/text_modules", fmt.Sprintf(`{"name": %q, "content": "text %d", "keywords": "k%d"}`, name, i, i)).Is(201)
	}
	for query, want := range map[string]string{
		"?per_page=2":                              "Alpha Beta",
		"?per_page=2&page=2":                       "Gamma",
		"?page=3&per_page=2":                       "",
		"?sort_by=name&order_by=desc":              "Gamma Beta Alpha",
		"/search?query=text%201":                   "Beta",
		"/search?query=k2":                         "Gamma",
		"/search?query=nothing":                    "",
		"/search?query=A*&sort_by=id&order_by=asc": "Alpha Beta Gamma",
	} {
		if got := names(o.Get("boss", "/text_modules"+query).Is(200)); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	full := o.Get("boss", "/text_modules?full=true").Is(200).Object()
	if fmt.Sprint(full["total_count"]) != "3" || full["assets"].(map[string]any)["TextModule"] == nil {
		t.Errorf("full: %v", full)
	}
	o.Get("boss", "/text_modules/search?query=beta&only_total_count=true").Is(200).Same(t, `{"total_count":1}`)
	choices := o.Get("boss", "/text_modules/search?term=beta").Is(200).List()
	if len(choices) != 1 || choices[0]["label"] != "Beta" || choices[0]["inactive"] != false {
		t.Errorf("choices: %v", choices)
	}
	o.Get("boss", "/text_modules?sort_by=colour").Refuses(422, "Found invalid column 'colour' for sorting.")
}

func TestPageOfTextModulesCostsAsMuchAsOne(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	o.Exec(`INSERT INTO text_modules (name, content, updated_by_id, created_by_id) SELECT 'module ' || n, 'x', 3, 3 FROM generate_series(1, 100) n`)
	o.Exec(`INSERT INTO text_modules_groups SELECT id, 1 FROM text_modules`)
	for _, who := range []string{"boss", "emma"} {
		cost := func(records int) int64 {
			return o.Cost(func() {
				if n := len(o.Get(who, fmt.Sprint("/text_modules?expand=true&per_page=", records)).Is(200).List()); n != records {
					t.Fatalf("%s: %d records", who, n)
				}
			})
		}
		if one, many := cost(1), cost(100); many != one {
			t.Errorf("%s: %d queries for 100 records, %d for one", who, many, one)
		}
	}
}
