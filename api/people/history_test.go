package people_test

import (
	"fmt"
	"testing"

	"postroom/api/apitest"
)

// lines are those of a history, shortly: attribute: from > to.
func lines(t *testing.T, o *apitest.Office, path string) []string {
	t.Helper()
	answer := o.Get("emma", path).Is(200).Object()
	assets := answer["assets"].(map[string]any)
	var said []string
	for _, entry := range answer["history"].([]any) {
		e := entry.(map[string]any)
		by := fmt.Sprint(e["created_by_id"])
		if _, shown := assets["User"].(map[string]any)[by]; !shown {
			t.Errorf("%s: who did it is not in the assets: %v", path, e)
		}
		said = append(said, fmt.Sprintf("%v %v %v: %v > %v", e["object"], e["type"], e["attribute"], e["value_from"], e["value_to"]))
	}
	return said
}

func same(t *testing.T, got []string, want ...string) {
	t.Helper()
	if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
		t.Errorf("history\n%q, want\n%q", got, want)
	}
}

func TestHistoryOfAUserNamesWhatChanged(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	id := o.Post("boss", "/users", `{"firstname": "Nia", "email": "nia@example.com", "organization": "Acme"}`).Is(201).ID()
	path := fmt.Sprintf("/users/%d", id)
	o.Put("boss", path, `{"lastname": "New", "vip": true, "organization": "Loners", "preferences": {"x": 1}, "password": "Secret 4711 x"}`).Is(200)
	o.Put("boss", path, `{"lastname": "New", "out_of_office_start_at": "2024-05-06", "out_of_office_end_at": "2024-05-07", "out_of_office": true, "out_of_office_replacement": "emma@desk.example.com"}`).Is(200)
	same(t, lines(t, o, fmt.Sprintf("/users/history/%d", id)),
		"User created <nil>: <nil> > <nil>",
		"User updated organization: Acme > Loners",
		"User updated lastname:  > New",
		"User updated vip: false > true",
		"User updated out_of_office: false > true",
		"User updated out_of_office_start_at:  > 2024-05-06",
		"User updated out_of_office_end_at:  > 2024-05-07",
		"User updated out_of_office_replacement:  > Emma Taylor")
	o.Get("david", fmt.Sprintf("/users/history/%d", id)).Is(403)
	o.Get("emma", "/users/history/99999").Refuses(404, "Couldn't find User with 'id'=99999")
}

func TestHistoryOfAnOrganizationNamesWhatChanged(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	id := o.Post("boss", "/organizations", `{"name": "Newer"}`).Is(201).ID()
	o.Put("emma", fmt.Sprintf("/organizations/%d", id), `{"name": "Newest", "domain": "newest.example.com", "shared": false}`).Is(200)
	o.Put("emma", fmt.Sprintf("/organizations/%d", id), `{"name": "Newest"}`).Is(200)
	o.Put("emma", fmt.Sprintf("/organizations/%d", id), `{"name": "Acme", "note": "taken"}`).Is(422)
	same(t, lines(t, o, fmt.Sprintf("/organizations/history/%d", id)),
		"Organization created <nil>: <nil> > <nil>",
		"Organization updated name: Newer > Newest",
		"Organization updated shared: true > false",
		"Organization updated domain:  > newest.example.com")
	o.Get("david", fmt.Sprintf("/organizations/history/%d", id)).Is(403)
	o.Get("emma", "/organizations/history/99999").Refuses(404, "Couldn't find Organization with 'id'=99999")
}

func TestHistoryOfAUserNamesRightsThatWereGivenAndTaken(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	id := o.Post("boss", "/users", `{"firstname": "Nia", "email": "nia@example.com", "organization": "Acme", "roles": ["Agent"], "groups": {"Users": "read"}}`).Is(201).ID()
	path := fmt.Sprintf("/users/%d", id)
	o.Put("boss", path, `{"roles": ["Agent", "Admin"], "groups": {"Users": ["read", "change"], "Sales": ["full"]}, "organizations": ["Loners"]}`).Is(200)
	o.Put("boss", path, `{"roles": ["Agent", "Admin"], "firstname": "Nia"}`).Is(200)
	o.Put("boss", path, `{"roles": ["Agent"], "groups": {"Sales": ["full"]}, "organizations": []}`).Is(200)
	same(t, lines(t, o, fmt.Sprintf("/users/history/%d", id)),
		"User created <nil>: <nil> > <nil>",
		"User added role:  > Admin",
		"User added organizations:  > Loners",
		"User updated group: Users (read) > Users (change, read)",
		"User added group:  > Sales (full)",
		"User removed role: Admin > ",
		"User removed organizations: Loners > ",
		"User removed group: Users (change, read) > ")
}
