package library_test

import (
	"fmt"
	"strings"
	"testing"

	"postroom/api/apitest"
)

// facts are values with a blank between each two.
func facts(values ...any) string { return strings.TrimSuffix(fmt.Sprintln(values...), "\n") }

func TestMacros(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	shipped := o.Get("emma", "/macros/1").Is(200).Object()
	if got := facts(shipped["name"], shipped["ux_flow_next_up"], shipped["group_ids"], shipped["perform"].(map[string]any)["ticket.state_id"]); got !=
		"Close & Tag as Spam next_task [] map[value:4]" {
		t.Errorf("macro 1 is %s", got)
	}
	const note = `"article.note": {"subject": "s", "body": "b", "internal": false}`
	made := o.Post("boss", "/macros", `{"name": "Note", "perform": {`+note+`}, "groups": ["Sales"]}`).Is(201)
	if got := made.Object(); facts(got["ux_flow_next_up"], got["active"], got["group_ids"], got["note"]) != "none true [2] <nil>" {
		t.Errorf("made %s", made.Body)
	}
	path := fmt.Sprintf("/macros/%d", made.ID())
	o.Get("boss", path).Is(200).Same(t, string(made.Body))
	for body, want := range map[string]string{
		`{"perform": {` + note + `}}`:                                         "Name can't be blank",
		`{"name": "note", "perform": {` + note + `}}`:                         "Name has already been taken",
		`{"name": "x"}`:                                                       "Perform can't be blank",
		`{"name": "x", "perform": {}}`:                                        "Perform can't be blank",
		`{"name": "x", "perform": "soon"}`:                                    `Invalid value for param 'perform': "soon"`,
		`{"name": "x", "perform": {` + note + `}, "ux_flow_next_up": "home"}`: "Ux flow next up is not included in the list",
	} {
		o.Post("boss", "/macros", body).Refuses(422, want)
	}
	for _, perform := range []string{
		`{"article.note": {"subject": "s", "internal": "true"}}`,
		`{"notification.email": {"recipient": [], "subject": "s", "body": "b"}}`,
		`{"ticket.owner_id": {"pre_condition": "specific", "value": ""}}`,
	} {
		answer := o.Post("boss", "/macros", `{"name": "x", "perform": `+perform+`}`).Is(422)
		if text := fmt.Sprint(answer.Object()["error"]); !strings.HasPrefix(text, "The required '") || !strings.HasSuffix(text, " is missing!") {
			t.Errorf("%s: %s", perform, text)
		}
	}
	o.Put("boss", path, `{"name": "Note"}`).Is(200)
	o.Put("boss", path, `{"name": "close & tag as spam"}`).Refuses(422, "Name has already been taken")
	o.Del("boss", path).Is(200)
}

func TestGroupOfAMacroCannotBeDeleted(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	group := o.Post("boss", "/groups", `{"name": "Night"}`).Is(201).ID()
	macro := o.Post("boss", "/macros", fmt.Sprintf(`{"name": "x", "perform": {"ticket.state_id": {"value": 4}}, "group_ids": [%d]}`, group)).Is(201).ID()
	o.Del("boss", fmt.Sprintf("/groups/%d", group)).Refuses(422, "Can't delete, object has references.")
	o.Del("boss", fmt.Sprintf("/macros/%d", macro)).Is(200)
	o.Del("boss", fmt.Sprintf("/groups/%d", group)).Is(200)
}

func TestTemplates(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	made := o.Post("boss", "/templates", `{"name": "Move", "options": {"ticket.title": {"value": "Moving #1"}, "ticket.tags": {"operator": "add", "value": "a,b"}}}`).Is(201)
	path := fmt.Sprintf("/templates/%d", made.ID())
	o.Get("emma", path).Is(200).Same(t, string(made.Body))
	if got := o.Get("boss", path+"?expand=true").Object(); facts(got["created_by"], got["options"]) !=
		"boss map[ticket.tags:map[operator:add value:a,b] ticket.title:map[value:Moving #1]]" {
		t.Errorf("template is %v", got)
	}
	o.Post("boss", "/templates", `{"options": {}}`).Refuses(422, "Name can't be blank")
	o.Post("boss", "/templates", `{"name": "x", "options": 5}`).Refuses(422, "Invalid value for param 'options': 5")
	if got := o.Put("boss", path, `{"active": false, "options": null}`).Is(200).Object(); facts(got["options"], got["active"]) != "map[] false" {
		t.Errorf("changed: %v", got)
	}
	o.Get("emma", path).Refuses(404, fmt.Sprintf("Couldn't find Template with 'id'=%d", made.ID()))
	if got := names(o.Get("emma", "/templates").Is(200)); got != "" {
		t.Errorf("agents are offered %q, which is off", got)
	}
	if got := names(o.Get("boss", "/templates").Is(200)); got != "Move" {
		t.Errorf("administrators see %q", got)
	}
	o.Get("david", "/templates").Refuses(403, "User authorization failed.")
	o.Del("emma", path).Refuses(403, "User authorization failed.")
	o.Del("boss", path).Is(200)
}

func TestReportProfiles(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	o.Get("boss", "/report_profiles/1").Is(200)
	if got := o.Get("boss", "/report_profiles/1?full=true").Object()["assets"].(map[string]any)["ReportProfile"]; got == nil {
		t.Error("assets have no ReportProfile")
	}
	made := o.Post("boss", "/report_profiles", `{"name": "Sales", "condition": {"ticket.group_id": {"operator": "is", "value": ["2"]}}}`).Is(201)
	path := fmt.Sprintf("/report_profiles/%d", made.ID())
	o.Get("boss", path).Is(200).Same(t, string(made.Body))
	o.Post("boss", "/report_profiles", `{}`).Refuses(422, "Name can't be blank")
	o.Post("boss", "/report_profiles", `{"name": "sales"}`).Refuses(422, "Name has already been taken")
	o.Post("boss", "/report_profiles", `{"name": "x", "condition": {"ticket.colour": {"operator": "is", "value": "red"}}}`).Refuses(422, "Invalid object selector conditions")
	o.Get("emma", "/report_profiles").Refuses(403, "User authorization failed.")
	o.Get("boss", "/report_profiles/4711").Refuses(404, "Couldn't find Report::Profile with 'id'=4711")
	o.Del("boss", path).Is(200)
}

func TestPublicLinks(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	made := o.Post("boss", "/public_links", `{"link": "https://example.com/imprint", "title": "Imprint", "screen": ["login", "signup"], "description": "Who we are"}`).Is(201)
	if got := made.Object(); facts(got["new_tab"], got["prio"], got["screen"]) != "true 1 [login signup]" {
		t.Errorf("made %s", made.Body)
	}
	second := o.Post("boss", "/public_links", `{"link": "http://example.com", "title": "Home", "screen": "password_reset", "new_tab": false}`).Is(201)
	if got := second.Object()["prio"]; got != 2.0 {
		t.Errorf("the second link has prio %v, want 2", got)
	}
	path := fmt.Sprintf("/public_links/%d", made.ID())
	for _, shape := range []string{"", "?expand=true", "?full=true"} {
		anybody := o.Send(o.Request("GET", "/api/v1/public_links"+shape, "")).Is(200)
		if !strings.Contains(string(anybody.Body), "Imprint") || strings.Contains(string(anybody.Body), "boss") {
			t.Errorf("anybody is shown %s, want the link and not who made it", anybody.Body)
		}
	}
	o.Send(o.Request("GET", "/api/v1"+path, "")).Is(200)
	if got := o.Get("boss", path+"?expand=true").Is(200).Object()["created_by"]; got != "boss" {
		t.Errorf("whoever is known is told that %v made the link", got)
	}
	for body, want := range map[string]string{
		`{"title": "x", "screen": ["login"]}`:                                                 "Link can't be blank",
		`{"link": "https://example.com", "screen": ["login"]}`:                                "Title can't be blank",
		`{"link": "https://example.com", "title": "x"}`:                                       "Screen can't be blank",
		`{"link": "https://example.com", "title": "x", "screen": []}`:                         "Screen can't be blank",
		`{"link": "https://example.com", "title": "x", "screen": ["home"]}`:                   "Screen is not included in the list",
		`{"link": "javascript:alert(1)", "title": "x", "screen": ["login"]}`:                  "Invalid link 'javascript:alert(1)'.",
		`{"link": "https://", "title": "x", "screen": ["login"]}`:                             "Invalid link 'https://'.",
		`{"link": "example.com", "title": "x", "screen": ["login"]}`:                          "Invalid link 'example.com'.",
		`{"link": "https://example.com", "title": "x", "screen": ["login"], "prio": "first"}`: `Invalid value for param 'prio': "first"`,
	} {
		o.Post("boss", "/public_links", body).Refuses(422, want)
	}
	o.Post("emma", "/public_links", `{}`).Refuses(403, "User authorization failed.")
	o.Del("boss", path).Is(200)
}

func TestOrderOfRecords(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	o.Post("boss", "/overviews_prio", `{"prios": [[2, 1], ["3", "2"]]}`).Is(200).Same(t, `{"success":true}`)
	for path, want := range map[string]float64{"/overviews/2": 1, "/overviews/3": 2, "/overviews/1": 1000} {
		if got := o.Get("boss", path).Object()["prio"]; got != want {
			t.Errorf("%s has prio %v, want %v", path, got, want)
		}
	}
	o.Post("boss", "/overviews_prio", `{"prios": [[1, 5], [4711, 6]]}`).Refuses(404, "Couldn't find Overview with 'id'=4711")
	if got := o.Get("boss", "/overviews/1").Object()["prio"]; got != 1000.0 {
		t.Errorf("a refused order moved overview 1 to %v", got)
	}
	o.Post("boss", "/overviews_prio", `{"prios": [[1]]}`).Refuses(422, "Invalid value for param 'prios': [1]")
	o.Post("boss", "/overviews_prio", `{"prios": [[1, 99999999999]]}`).Refuses(422, "Invalid value for param 'prios': [1,99999999999]")
	o.Post("boss", "/overviews_prio", `{}`).Is(200)
	id := o.Post("boss", "/public_links", `{"link": "https://example.com", "title": "x", "screen": ["login"]}`).ID()
	o.Post("boss", "/public_links_prio", fmt.Sprintf(`{"prios": [[%d, 7]]}`, id)).Is(200).Same(t, `{"success":true}`)
	if got := o.Get("boss", fmt.Sprintf("/public_links/%d", id)).Object()["prio"]; got != 7.0 {
		t.Errorf("the link has prio %v, want 7", got)
	}
}
