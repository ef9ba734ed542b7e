package api_test

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"testing"
)

func TestUsersAreNormalised(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	for _, tc := range []struct {
		name, body string
		want       map[string]any
	}{
		{"mail address only", `{"email": " John.Doe@Example.com "}`, map[string]any{"email": "john.doe@example.com", "login": "john.doe@example.com", "firstname": "John", "lastname": "Doe"}},
		{"one name for both", `{"firstname": "Jane Mary Roe"}`, map[string]any{"firstname": "Jane", "lastname": "Mary Roe"}},
		{"last, first", `{"lastname": "Roe, Jane"}`, map[string]any{"firstname": "Jane", "lastname": "Roe"}},
		{"shouting", `{"firstname": "JANE", "lastname": "roe"}`, map[string]any{"firstname": "Jane", "lastname": "Roe"}},
		{"login taken", `{"login": "Emma", "email": "other@x.org"}`, map[string]any{"login": "emma1"}},
		{"login given", `{"login": " JR "}`, map[string]any{"login": "jr", "email": ""}},
		{"organization of the mail domain", `{"email": "new@acme.example"}`, map[string]any{"organization_id": float64(2)}},
		{"another organization given", `{"email": "newer@acme.example", "organization": "Loners"}`, map[string]any{"organization_id": float64(3)}},
		{"no organization wanted", `{"email": "newest@acme.example", "organization_id": null}`, map[string]any{"organization_id": nil}},
		{"sign-up roles", `{"email": "roles@x.org"}`, map[string]any{"role_ids": []any{float64(3)}}},
		{"names win over ids", `{"email": "r2@x.org", "role_ids": [3], "roles": ["Agent", "Admin"]}`, map[string]any{"role_ids": []any{float64(1), float64(2)}}},
		{"one role by name", `{"email": "r3@x.org", "roles": "Agent"}`, map[string]any{"role_ids": []any{float64(2)}}},
		{"ids as text", `{"email": "r4@x.org", "role_ids": ["2"], "organization_id": "2"}`, map[string]any{"role_ids": []any{float64(2)}, "organization_id": float64(2)}},
		{"groups by name", `{"email": "g@x.org", "roles": ["Agent"], "groups": {"Users": "read", "Sales": ["change", "create"]}}`,
			map[string]any{"group_ids": map[string]any{"1": []any{"read"}, "2": []any{"change", "create"}}}},
		{"groups as a list", `{"email": "g2@x.org", "roles": ["Agent"], "groups": ["Users"]}`, map[string]any{"group_ids": map[string]any{"1": []any{"full"}}}},
		{"groups of a customer", `{"email": "g3@x.org", "groups": ["Users"]}`, map[string]any{"group_ids": map[string]any{}}},
		{"secondary organizations", `{"email": "o@x.org", "organization": "Acme", "organizations": ["Loners"]}`, map[string]any{"organization_ids": []any{float64(3)}}},
		{"HTML in the note", `{"email": "n@x.org", "note": "<script>x</script><b>y</b>"}`, map[string]any{"note": "<b>y</b>"}},
	} {
		o.exec(`UPDATE organizations SET domain = 'acme.example', domain_assignment = true WHERE name = 'Acme'`)
		o.store.ForgetCatalog()
		made := o.post("chris", "/users", tc.body).is(201).object()
		for key, want := range tc.want {
			if got := made[key]; !reflect.DeepEqual(got, want) {
				t.Errorf("%s: %s = %#v, want %#v", tc.name, key, got, want)
			}
		}
	}
}

func TestUsersAreRefused(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	for body, want := range map[string]string{
		`{}`:                                                          "At least one identifier (firstname, lastname, phone, mobile or email) for user is required.",
		`{"nosuch": 1, "fax": "1"}`:                                   "At least one identifier (firstname, lastname, phone, mobile or email) for user is required.",
		`{"email": "no address"}`:                                     "Invalid email 'no address'",
		`{"email": "EMMA@desk.example.com"}`:                          "Email address 'emma@desk.example.com' is already used for another user.",
		`{"email": "a@x.org", "role_ids": [99]}`:                      "No value found for 'roles' with id 99",
		`{"email": "a@x.org", "roles": ["Nope"]}`:                     `No lookup value found for 'roles': "Nope"`,
		`{"email": "a@x.org", "organization": "Nope"}`:                `No lookup value found for 'organization': "Nope"`,
		`{"email": "a@x.org", "organization_id": 99}`:                 "Invalid value for param 'organization_id': 99",
		`{"email": "a@x.org", "organizations": ["Acme"]}`:             "Secondary organizations are only allowed when the primary organization is given.",
		`{"email": "a@x.org", "groups": {"Nope": "full"}}`:            `No lookup value found for 'groups': "Nope"`,
		`{"email": "a@x.org", "groups": {"Users": ["full", "read"]}}`: "Access User can have full or granular access to group",
		`{"email": "a@x.org", "group_ids": {"1": "own"}}`:             "Access is not included in the list",
		`{"email": "a@x.org", "out_of_office_replacement": 5}`:        "String is needed as ref value 5 for 'out_of_office_replacement'",
		`{"email": {"a": 1}}`:                                         `Invalid value for param 'email': {"a":1}`,
		`{"email": "a@x.org", "out_of_office_start_at": "yesterday"}`: `Invalid value for param 'out_of_office_start_at': "yesterday"`,
	} {
		o.post("chris", "/users", body).refuses(422, want)
	}
}

func TestAgentsChangeCustomersOnly(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	made := o.post("emma", "/users", `{"email": "x@y.org", "roles": ["Admin"], "groups": {"Users": "full"}, "password": "Sneaky horse 9"}`).is(201).object()
	if got := fmt.Sprint(made["role_ids"], made["group_ids"]); got != "[3] map[]" {
		t.Errorf("an agent made a user with roles and groups %s, want the roles of sign-up", got)
	}
	o.with(basic("x@y.org", "Sneaky horse 9")).is(401)
	o.put("emma", "/users/"+idOf(o, "david"), `{"phone": "1", "role_ids": [1]}`).is(200)
	if got := o.get("chris", "/users/"+idOf(o, "david")).object(); got["phone"] != "1" || fmt.Sprint(got["role_ids"]) != "[3]" {
		t.Errorf("after an agent's change: %v", got)
	}
	for _, who := range []string{"chris", "reader", "both", "reporter", "emma"} {
		o.put("emma", "/users/"+idOf(o, who), `{"phone": "1"}`).refuses(403, "Not authorized")
	}
	o.put("emma", "/users/4711", `{}`).refuses(404, "Couldn't find User with 'id'=4711")
	o.put("david", "/users/"+idOf(o, "david"), `{"phone": "1"}`).refuses(403, "User authorization failed.")
	o.del("emma", "/users/"+idOf(o, "david")).refuses(403, "User authorization failed.")
}

func TestWhatCustomersSeeOfOthers(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	o.exec(`UPDATE users SET phone = '123', note = 'secret' WHERE login IN ('david', 'dora')`)
	keys := func(object map[string]any) []string {
		var all []string
		for key := range object {
			all = append(all, key)
		}
		slices.Sort(all)
		return all
	}
	for _, shape := range []string{"", "?expand=true"} {
		own := o.get("david", "/users/"+idOf(o, "david")+shape).is(200).object()
		for _, key := range []string{"web", "phone", "mobile", "fax", "department", "street", "zip", "city", "country", "address", "note"} {
			if _, there := own[key]; there {
				t.Errorf("a customer sees the own %s", key)
			}
		}
		other := o.get("david", "/users/"+idOf(o, "dora")+shape).is(200).object()
		if got, want := fmt.Sprint(keys(other)), "[active firstname id image image_source lastname]"; got != want {
			t.Errorf("a customer sees %s of a colleague%s, want %s", got, shape, want)
		}
	}
	full := o.get("david", "/users?full=true").is(200).object()
	if got := full["assets"].(map[string]any)["User"].(map[string]any)[idOf(o, "david")].(map[string]any); got["phone"] != nil {
		t.Errorf("assets show a customer the phone %v", got["phone"])
	}
	o.get("david", "/users/"+idOf(o, "lone")).refuses(403, "Not authorized")
	o.get("single", "/users/"+idOf(o, "reporter")).refuses(403, "Not authorized")
	o.get("lars", "/users/"+idOf(o, "david")).is(200) // through a secondary organization
	if got := o.get("david", "/users").is(200).list(); len(got) != 1 || got[0]["login"] != "david" {
		t.Errorf("a customer's list of users: %v", got)
	}
	o.get("david", "/users/search?query=emma").refuses(403, "User authorization failed.")
	if got := o.get("emma", "/users/"+idOf(o, "chris")).is(200).object(); got["note"] == nil || got["phone"] == nil {
		t.Errorf("an agent sees a cut user: %v", got)
	}
}

func TestExpandedUser(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	got := o.get("chris", "/users/"+idOf(o, "both")+"?expand=1").is(200).object()
	for key, want := range map[string]any{
		"organization": "Acme", "roles": []any{"Agent", "Customer"}, "organizations": []any{}, "created_by": "chris", "updated_by": "chris",
		"groups": map[string]any{"Sales": []any{"change", "create", "read"}},
	} {
		if !reflect.DeepEqual(got[key], want) {
			t.Errorf("%s = %v, want %v", key, got[key], want)
		}
	}
	if _, there := o.get("chris", "/users/2?expand=true").object()["organization"]; !there {
		t.Error("an organization's name is missing")
	}
	if _, there := o.get("chris", "/users/"+idOf(o, "single")+"?expand=true").object()["organization"]; there {
		t.Error("somebody without an organization has its name")
	}
	for key := range got {
		if key == "password" || key == "token" {
			t.Errorf("%s is shown", key)
		}
	}
}

func TestLastAdministratorStays(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	chris, boss := "/users/"+idOf(o, "chris"), "/users/"+idOf(o, "boss")
	const text = "At least one user needs to have admin permissions."
	o.put("chris", boss, `{"active": false}`).is(200)
	o.put("chris", chris, `{"active": false}`).refuses(422, text)
	o.put("chris", chris, `{"roles": ["Agent"]}`).refuses(422, text)
	o.put("chris", "/roles/1", `{"active": false}`).refuses(422, text)
	o.put("chris", "/roles/1", `{"permissions": ["report"]}`).refuses(422, text)
	o.put("chris", boss, `{"active": true}`).is(200)
	o.put("boss", chris, `{"roles": ["Agent"]}`).is(200)
	o.get("chris", "/version").refuses(403, "User authorization failed.") // seen at once
}

func TestDeletionOfUsers(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	const text = "Can't delete, object has references."
	plain := o.post("chris", "/users", `{"email": "plain@x.org"}`).is(201).id()
	o.del("chris", "/users/"+itoa(plain)).is(200)
	o.get("chris", "/users/"+itoa(plain)).refuses(404, fmt.Sprintf("Couldn't find User with 'id'=%d", plain))
	o.del("chris", "/users/"+itoa(plain)).refuses(404, fmt.Sprintf("Couldn't find User with 'id'=%d", plain))
	given := o.post("chris", "/users", `{"email": "given@x.org", "roles": ["Agent"], "groups": {"Users": "full"}}`).is(201).id()
	o.put("chris", "/users/"+itoa(given), `{"roles": ["Customer"]}`).is(200)
	o.del("chris", "/users/"+itoa(given)).refuses(422, text)
	o.del("chris", "/users/1").refuses(422, text)
	o.del("chris", "/users/2").refuses(422, text) // made the first ticket
	o.del("chris", "/users/"+idOf(o, "chris")).refuses(422, text)
	itself := o.post("chris", "/users", `{"email": "itself@x.org"}`).is(201).id()
	o.exec(`UPDATE users SET created_by_id = id, updated_by_id = id WHERE id = $1`, itself)
	o.del("chris", "/users/"+itoa(itself)).is(200)
}

func TestGroupAccessComesBackWithTheRole(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	path := "/users/" + idOf(o, "emma")
	groups := func() string { return fmt.Sprint(o.get("chris", path).is(200).object()["group_ids"]) }
	o.put("chris", path, `{"roles": ["Customer"]}`).is(200)
	if got := groups(); got != "map[]" {
		t.Errorf("groups of a customer: %s", got)
	}
	o.put("chris", path, `{"roles": ["Agent"]}`).is(200)
	if got := groups(); got != "map[1:[full]]" {
		t.Errorf("groups of an agent again: %s", got)
	}
	if got := o.get("chris", path).object()["preferences"].(map[string]any)["notification_config"]; got == nil {
		t.Error("an agent isn't told anything: no notification_config")
	}
}

func TestOrganizationTakesTicketsAlong(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	ticket := o.newTicket(1, "david", "moves")
	organization := func() (id *int) {
		o.one(&id, `SELECT organization_id FROM tickets WHERE id = $1`, ticket)
		return id
	}
	o.put("chris", "/users/"+idOf(o, "david"), `{"organization": "Loners"}`).is(200)
	if got := organization(); got == nil || *got != 3 {
		t.Errorf("after a move the ticket is with %v, want 3", got)
	}
	o.put("chris", "/organizations/3", `{"members": ["lone", "lars"]}`).is(200)
	if got := organization(); got != nil {
		t.Errorf("after leaving the ticket is with %d, want none", *got)
	}
	o.put("chris", "/organizations/2", `{"members": ["david", "dora", "both"]}`).is(200)
	if got := organization(); got == nil || *got != 2 {
		t.Errorf("after joining the ticket is with %v, want 2", got)
	}
	if got := o.get("chris", "/organizations/2").object()["member_ids"].([]any); len(got) != 3 {
		t.Errorf("members %v, want 3", got)
	}
	o.setting("ticket_organization_reassignment", false)
	o.put("chris", "/users/"+idOf(o, "david"), `{"organization": "Loners"}`).is(200)
	if got := organization(); got == nil || *got != 2 {
		t.Errorf("switched off, the ticket is with %v, want 2", got)
	}
}

func TestSearchForUsers(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	for query, want := range map[string]string{
		"query=emma":            "[emma]",
		"query=EMMA*":           "[emma]",
		"query=taylor+emma":     "[emma]",
		"query=Emma+Taylor":     "[emma]",
		"term=emma":             "[Emma Taylor <emma@desk.example.com>]",
		"query=emma&label=true": "[Emma Taylor <emma@desk.example.com>]",
		"query=a_b":             "[]",
		"query=%25":             "[]",
		"query=nobody":          "[]",
		"query=desk.example&role_ids[]=1&sort_by=login&order_by=asc": "[boss chris]",
		"query=&role_ids[]=1&sort_by=login":                          "[chris boss]",
		"query=&permissions[]=report&sort_by=login&order_by=asc":     "[boss chris reporter]",
		"query=&ids[]=5&ids[]=2&sort_by=id&order_by=asc":             "[nicole.braun@zammad.org creator]",
		"query=&group_ids[2]=change":                                 "[both chris]",
		"query=-&ids[]=1":                                            "[]",
	} {
		found := []string{}
		for _, user := range o.get("chris", "/users/search?"+query).is(200).list() {
			name, ok := user["login"].(string)
			if !ok {
				name = user["label"].(string)
			}
			found = append(found, name)
		}
		if query == "query=&group_ids[2]=change" {
			slices.Sort(found)
		}
		if got := fmt.Sprint(found); got != want {
			t.Errorf("%s found %s, want %s", query, got, want)
		}
	}
	if got := o.get("chris", "/users/search?query=emma&only_total_count=true").object()["total_count"]; got != float64(1) {
		t.Errorf("total_count %v, want 1", got)
	}
	full := o.post("chris", "/users/search", `{"query": "emma", "full": true}`).is(200).object()
	both := o.get("chris", "/users/"+idOf(o, "lars")+"?full=true").is(200).object()["assets"].(map[string]any)
	if got := both["Organization"].(map[string]any); got["2"] == nil || got["3"] == nil {
		t.Errorf("a user's organizations don't come along: %v", got)
	}
	acme := o.get("chris", "/organizations/2?full=true").is(200).object()["assets"].(map[string]any)
	if got := acme["User"].(map[string]any); got[idOf(o, "david")] == nil {
		t.Errorf("an organization's members don't come along: %v", got)
	}
	if got := o.get("david", "/organizations/2?full=true").is(200).object()["assets"].(map[string]any); got["User"] != nil {
		t.Errorf("a customer is shown members: %v", got)
	}
	if got := fmt.Sprint(full["record_ids"], full["total_count"]); got != fmt.Sprintf("[%d] 1", o.userID("emma")) {
		t.Errorf("full: %s", got)
	}
	o.get("chris", "/users/search?query=x&sort_by=password").refuses(422, "Found invalid column 'password' for sorting.")
	o.get("chris", "/users/search?query=x&sort_by=login&order_by=up").refuses(422, "Found invalid order by value up. Please use 'asc' or 'desc'.")
	o.post("chris", "/users/search", `{"condition": {"user.login": {}}}`).refuses(422, "Invalid object selector conditions")
}

func TestPagesOfUsers(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	all := o.get("chris", "/users").is(200).list()
	var walked []float64
	for page := 1; ; page++ {
		list := o.get("chris", fmt.Sprintf("/users?page=%d&per_page=1", page)).is(200).list()
		if len(list) == 0 {
			break
		}
		walked = append(walked, list[0]["id"].(float64))
	}
	if len(walked) != len(all) || !slices.IsSorted(walked) {
		t.Errorf("walked %v of %d users", walked, len(all))
	}
	if got := len(o.get("chris", "/users?limit=3&per_page=2").list()); got != 2 {
		t.Errorf("per_page=2 and limit=3 gave %d, want 2", got)
	}
	if got := len(o.get("chris", "/users?page=99999999999999999").list()); got != 0 {
		t.Errorf("a page past the end holds %d", got)
	}
	for _, query := range []string{"page=0", "page=-1", "page=x", "per_page=0", "per_page=-5", "limit=x"} {
		o.get("chris", "/users?"+query).is(http.StatusUnprocessableEntity)
	}
}

func TestListsCostTheSameWhateverTheirLength(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	for _, path := range []string{"/users", "/organizations", "/groups", "/roles", "/ticket_states", "/ticket_priorities", "/email_addresses", "/signatures"} {
		for _, shape := range []string{"?expand=true", "?full=true", "?"} {
			o.get("chris", path+shape) // settings and people are known after this
			count := func(size int) int64 {
				before := o.queries.n.Load()
				o.get("chris", fmt.Sprintf("%s%s&per_page=%d", path, shape, size)).is(200)
				return o.queries.n.Load() - before
			}
			if few, many := count(1), count(1000); many > few+2 { // one may have been the catalog's turn
				t.Errorf("%s%s: %d queries for one record, %d for all", path, shape, few, many)
			}
		}
	}
}
