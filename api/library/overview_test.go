package library_test

import (
	"fmt"
	"testing"

	"postroom/api/apitest"
)

const overviewBody = `"condition": {"ticket.state_id": {"operator": "is", "value": ["1", 2]}}, "order": {"by": "created_at", "direction": "ASC"},
	"view": {"s": ["title", "customer"]}`

func TestOverviewIsMadeChangedAndDeleted(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	made := o.Post("boss", "/overviews", `{"name": "Fälle & More", "role_ids": [2], "user_ids": [], `+overviewBody+`}`).Is(201)
	object := made.Object()
	if got := facts(object["link"], object["prio"], object["role_ids"], object["user_ids"], object["active"], object["organization_shared"], object["group_by"]); got !=
		"falle_more 1201 [2] [] true false <nil>" {
		t.Errorf("made %s", made.Body)
	}
	path := fmt.Sprintf("/overviews/%d", made.ID())
	o.Get("boss", path).Is(200).Same(t, string(made.Body))
	expanded := o.Put("boss", path+"?expand=true", `{"name": "Other", "roles": ["Agent", "Customer"], "users": ["emma", "david@example.com"], "prio": 5}`).Is(200).Object()
	if got := facts(expanded["name"], expanded["link"], expanded["prio"], expanded["roles"], expanded["users"], expanded["updated_by"]); got !=
		"Other falle_more 5 [Agent Customer] [emma david] boss" {
		t.Errorf("changed: %s", got)
	}
	if link := o.Put("boss", path, `{"link": ""}`).Is(200).Object()["link"]; link != "other" {
		t.Errorf("a link taken away became %v, want that of the name", link)
	}
	o.Del("boss", path).Is(200)
	o.Get("boss", path).Refuses(404, fmt.Sprintf("Couldn't find Overview with 'id'=%d", made.ID()))
}

func TestLinksOfOverviewsDiffer(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	for _, tc := range []struct{ name, want string }{
		{"My Tickets", "my_tickets_1"}, {"my TICKETS!", "my_tickets_2"}, {"My", "my"}, {"  -- a -- b ", "a_b"},
	} {
		made := o.Post("boss", "/overviews", fmt.Sprintf(`{"name": %q, "role_ids": [2], %s}`, tc.name, overviewBody)).Is(201)
		if got := made.Object()["link"]; got != tc.want {
			t.Errorf("link of %q is %v, want %s", tc.name, got, tc.want)
		}
	}
	made := o.Post("boss", "/overviews", `{"name": "チケット", "role_ids": [2], `+overviewBody+`}`).Is(201)
	if link, _ := made.Object()["link"].(string); len(link) < 10 {
		t.Errorf("a name without letters of addresses has link %q, want one nobody else has", link)
	}
	o.Post("boss", "/overviews", `{"name": "x", "link": "my", "role_ids": [2], `+overviewBody+`}`).Refuses(422, "This object already exists.")
}

func TestOverviewsThatAreRefused(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	for body, want := range map[string]string{
		`{"role_ids": [2], ` + overviewBody + `}`:                                                         "Name can't be blank",
		`{"name": "x", ` + overviewBody + `}`:                                                             "Roles can't be blank",
		`{"name": "x", "role_ids": [], ` + overviewBody + `}`:                                             "Roles can't be blank",
		`{"name": "x", "role_ids": [99], ` + overviewBody + `}`:                                           "No value found for 'roles' with id 99",
		`{"name": "x", "role_ids": [2], "users": ["nobody"], ` + overviewBody + `}`:                       `No lookup value found for 'users': "nobody"`,
		`{"name": "x", "role_ids": [2]}`:                                                                  "Attribute 'condition' required!",
		`{"name": "x", "role_ids": [2], "condition": {}}`:                                                 "Attribute 'order' required!",
		`{"name": "x", "role_ids": [2], "condition": {}, "order": {}}`:                                    "Attribute 'view' required!",
		`{"name": "x", "role_ids": [2], "condition": {"ticket.title": {}}}`:                               "Invalid object selector conditions",
		`{"name": "x", "role_ids": [2], "condition": {"ticket.nothing": {"operator": "is", "value": 1}}}`: "Invalid object selector conditions",
		`{"name": "x", "role_ids": [2], "condition": "all"}`:                                              `Invalid value for param 'condition': "all"`,
	} {
		o.Post("boss", "/overviews", body).Refuses(422, want)
	}
	o.Put("boss", "/overviews/1", `{"role_ids": []}`).Refuses(422, "Roles can't be blank")
	o.Put("boss", "/overviews/1", `{"name": ""}`).Refuses(422, "Name can't be blank")
	for _, who := range []string{"emma", "david", "reporter"} {
		o.Get(who, "/overviews").Refuses(403, "User authorization failed.")
		o.Get(who, "/overviews/1").Refuses(403, "User authorization failed.")
		o.Put(who, "/overviews/1", `{}`).Refuses(403, "User authorization failed.")
	}
}

// Rules outlive attributes: switching one off must not ask for what is gone.
func TestConditionThatComesBackStays(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	o.Exec(`UPDATE overviews SET condition = '{"ticket.gone": {"operator": "is", "value": [1, "x"]}}' WHERE id = 5`)
	shown := o.Get("boss", "/overviews/5").Is(200)
	o.Put("boss", "/overviews/5", string(shown.Body)).Is(200)
	o.Put("boss", "/overviews/5", `{"active": false}`).Is(200)
	o.Put("boss", "/overviews/5", `{"condition": {"ticket.gone": {"operator": "is", "value": [2]}}}`).Refuses(422, "Invalid object selector conditions")
}

func TestShippedOverviews(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	list := o.Get("boss", "/overviews").Is(200).List()
	if len(list) != 10 || list[9]["link"] != "my_organization_tickets" || fmt.Sprint(list[9]["role_ids"]) != "[3]" {
		t.Errorf("%d overviews, the last is %v", len(list), list[len(list)-1])
	}
	for _, overview := range list { // what is shipped can be saved again
		o.Put("boss", fmt.Sprintf("/overviews/%v", overview["id"]), `{"active": true}`).Is(200)
	}
}
