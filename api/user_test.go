package api_test

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"testing"

	"postroom/api/apitest"
)

func TestUsersAreNormalised(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
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
		{"language of who makes it", `{"email": "l@x.org", "preferences": {"theme": "dark"}}`, map[string]any{"preferences": map[string]any{"theme": "dark", "locale": "de-de"}}},
		{"another language", `{"email": "l2@x.org", "preferences": {"locale": "fr-fr"}}`, map[string]any{"preferences": map[string]any{"locale": "fr-fr"}}},
		{"picture", `{"email": "p@x.org", "image": "abc", "image_source": "https://x.org/p.png"}`, map[string]any{"image": "abc", "image_source": "https://x.org/p.png"}},
		{"picture from nowhere", `{"email": "p2@x.org", "image": "", "image_source": "javascript:x"}`, map[string]any{"image": nil, "image_source": nil}},
		{"HTML in the note", `{"email": "n@x.org", "note": "<script>x</script><b>y</b>"}`, map[string]any{"note": "<b>y</b>"}},
	} {
		o.Exec(`UPDATE organizations SET domain = 'acme.example', domain_assignment = true WHERE name = 'Acme'`)
		o.Exec(`UPDATE users SET preferences = '{"locale": "de-de"}' WHERE login = 'chris'`)
		o.Exec(`INSERT INTO avatars (user_id, store_hash, picture) SELECT id, 'abc', 'x' FROM users WHERE login = 'emma' AND NOT EXISTS (SELECT FROM avatars)`)
		o.Store.ForgetCatalog()
		made := o.Post("chris", "/users", tc.body).Is(201).Object()
		for key, want := range tc.want {
			if got := made[key]; !reflect.DeepEqual(got, want) {
				t.Errorf("%s: %s = %#v, want %#v", tc.name, key, got, want)
			}
		}
	}
}

func TestUsersAreRefused(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
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
		`{"email": "a@x.org", "image": "nope"}`:                       "Invalid Store reference 'nope' in 'image' attribute.",
		`{"email": {"a": 1}}`:                                         `Invalid value for param 'email': {"a":1}`,
		`{"email": "a@x.org", "out_of_office_start_at": "yesterday"}`: `Invalid value for param 'out_of_office_start_at': "yesterday"`,
	} {
		o.Post("chris", "/users", body).Refuses(422, want)
	}
}

func TestAgentsChangeCustomersOnly(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	made := o.Post("emma", "/users", `{"email": "x@y.org", "roles": ["Admin"], "groups": {"Users": "full"}, "password": "Sneaky horse 9"}`).Is(201).Object()
	if got := fmt.Sprint(made["role_ids"], made["group_ids"]); got != "[3] map[]" {
		t.Errorf("an agent made a user with roles and groups %s, want the roles of sign-up", got)
	}
	o.With(apitest.Basic("x@y.org", "Sneaky horse 9")).Is(401)
	o.Put("emma", "/users/"+idOf(o, "david"), `{"phone": "1", "role_ids": [1], "password": "Sneaky horse 9"}`).Is(200)
	o.With(apitest.Basic("david", "Sneaky horse 9")).Is(401) // or agents could be whatever customer they like
	if got := o.Get("chris", "/users/"+idOf(o, "david")).Object(); got["phone"] != "1" || fmt.Sprint(got["role_ids"]) != "[3]" {
		t.Errorf("after an agent's change: %v", got)
	}
	for _, who := range []string{"chris", "reader", "both", "reporter", "emma"} {
		o.Put("emma", "/users/"+idOf(o, who), `{"phone": "1"}`).Refuses(403, "Not authorized")
	}
	o.Put("emma", "/users/4711", `{}`).Refuses(404, "Couldn't find User with 'id'=4711")
	o.Put("david", "/users/"+idOf(o, "david"), `{"phone": "1"}`).Refuses(403, "User authorization failed.")
	o.Del("emma", "/users/"+idOf(o, "david")).Refuses(403, "User authorization failed.")
}

func TestWhatCustomersSeeOfOthers(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	o.Exec(`UPDATE users SET phone = '123', note = 'secret' WHERE login IN ('david', 'dora')`)
	keys := func(object map[string]any) []string {
		var all []string
		for key := range object {
			all = append(all, key)
		}
		slices.Sort(all)
		return all
	}
	for _, shape := range []string{"", "?expand=true"} {
		own := o.Get("david", "/users/"+idOf(o, "david")+shape).Is(200).Object()
		for _, key := range []string{"web", "phone", "mobile", "fax", "department", "street", "zip", "city", "country", "address", "note"} {
			if _, there := own[key]; there {
				t.Errorf("a customer sees the own %s", key)
			}
		}
		other := o.Get("david", "/users/"+idOf(o, "dora")+shape).Is(200).Object()
		if got, want := fmt.Sprint(keys(other)), "[active firstname id image image_source lastname]"; got != want {
			t.Errorf("a customer sees %s of a colleague%s, want %s", got, shape, want)
		}
	}
	full := o.Get("david", "/users?full=true").Is(200).Object()
	if got := full["assets"].(map[string]any)["User"].(map[string]any)[idOf(o, "david")].(map[string]any); got["phone"] != nil {
		t.Errorf("assets show a customer the phone %v", got["phone"])
	}
	o.Get("david", "/users/"+idOf(o, "lone")).Refuses(403, "Not authorized")
	o.Get("single", "/users/"+idOf(o, "reporter")).Refuses(403, "Not authorized")
	o.Get("lars", "/users/"+idOf(o, "david")).Is(200) // through a secondary organization
	if got := o.Get("david", "/users").Is(200).List(); len(got) != 1 || got[0]["login"] != "david" {
		t.Errorf("a customer's list of users: %v", got)
	}
	o.Get("david", "/users/search?query=emma").Refuses(403, "User authorization failed.")
	if got := o.Get("emma", "/users/"+idOf(o, "chris")).Is(200).Object(); got["note"] == nil || got["phone"] == nil {
		t.Errorf("an agent sees a cut user: %v", got)
	}
}

func TestExpandedUser(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	got := o.Get("chris", "/users/"+idOf(o, "both")+"?expand=1").Is(200).Object()
	for key, want := range map[string]any{
		"organization": "Acme", "roles": []any{"Agent", "Customer"}, "organizations": []any{}, "created_by": "chris", "updated_by": "chris",
		"groups": map[string]any{"Sales": []any{"change", "create", "read"}},
	} {
		if !reflect.DeepEqual(got[key], want) {
			t.Errorf("%s = %v, want %v", key, got[key], want)
		}
	}
	if _, there := o.Get("chris", "/users/2?expand=true").Object()["organization"]; !there {
		t.Error("an organization's name is missing")
	}
	if _, there := o.Get("chris", "/users/"+idOf(o, "single")+"?expand=true").Object()["organization"]; there {
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
	o := apitest.Open(t)
	chris, boss := "/users/"+idOf(o, "chris"), "/users/"+idOf(o, "boss")
	const text = "At least one user needs to have admin permissions."
	o.Put("chris", boss, `{"active": false}`).Is(200)
	o.Put("chris", chris, `{"active": false}`).Refuses(422, text)
	o.Put("chris", chris, `{"roles": ["Agent"]}`).Refuses(422, text)
	o.Put("chris", "/roles/1", `{"active": false}`).Refuses(422, text)
	o.Put("chris", "/roles/1", `{"permissions": ["report"]}`).Refuses(422, text)
	o.Put("chris", boss, `{"active": true}`).Is(200)
	o.Put("boss", chris, `{"roles": ["Agent"]}`).Is(200)
	o.Get("chris", "/version").Refuses(403, "User authorization failed.") // seen at once
}

func TestDeletionOfUsers(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	const text = "Can't delete, object has references."
	plain := o.Post("chris", "/users", `{"email": "plain@x.org"}`).Is(201).ID()
	o.Del("chris", "/users/"+itoa(plain)).Is(200)
	o.Get("chris", "/users/"+itoa(plain)).Refuses(404, fmt.Sprintf("Couldn't find User with 'id'=%d", plain))
	o.Del("chris", "/users/"+itoa(plain)).Refuses(404, fmt.Sprintf("Couldn't find User with 'id'=%d", plain))
	given := o.Post("chris", "/users", `{"email": "given@x.org", "roles": ["Agent"], "groups": {"Users": "full"}}`).Is(201).ID()
	o.Put("chris", "/users/"+itoa(given), `{"roles": ["Customer"]}`).Is(200)
	o.Del("chris", "/users/"+itoa(given)).Refuses(422, text)
	o.Del("chris", "/users/1").Refuses(422, text)
	o.Del("chris", "/users/2").Refuses(422, text) // made the first ticket
	o.Del("chris", "/users/"+idOf(o, "chris")).Refuses(422, text)
	for _, known := range []string{
		`INSERT INTO authorizations (user_id, provider, uid) VALUES ($1, 'saml', 'x')`,
		`INSERT INTO user_two_factor_preferences (user_id, method) VALUES ($1, 'recovery_codes')`,
		`INSERT INTO messenger_accounts (user_id, provider, uid) VALUES ($1, 'telegram', 'x')`,
	} {
		id := o.Post("chris", "/users", `{"firstname": "Known"}`).Is(201).ID()
		o.Exec(known, id)
		o.Del("chris", "/users/"+itoa(id)).Refuses(422, text)
	}
	itself := o.Post("chris", "/users", `{"email": "itself@x.org"}`).Is(201).ID()
	o.Exec(`UPDATE users SET created_by_id = id, updated_by_id = id WHERE id = $1`, itself)
	o.Del("chris", "/users/"+itoa(itself)).Is(200)
}

func TestNamesAndOrganizationsThatComeLater(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	nameless := o.Post("chris", "/users", `{"phone": "4711"}`).Is(201).ID()
	late := o.Put("chris", "/users/"+itoa(nameless), `{"email": "late.riser@x.org"}`).Is(200).Object()
	if got := fmt.Sprint(late["firstname"], " ", late["lastname"]); got != "Late Riser" {
		t.Errorf("with a mail address the name is %q, want Late Riser", got)
	}
	const needed = "Secondary organizations are only allowed when the primary organization is given."
	lars := "/users/" + idOf(o, "lars")
	o.Put("chris", lars, `{"organization_id": null}`).Refuses(422, needed)
	o.Put("chris", lars, `{"organization_id": null, "organization_ids": []}`).Is(200)
}

func TestRolesThatDontGoTogether(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	o.Exec(`UPDATE roles SET preferences = '{"not": ["Customer", "Nobody"]}' WHERE name = 'Agent'`)
	const text = "Role Agent conflicts with Customer"
	o.Post("chris", "/users", `{"email": "a@x.org", "roles": ["Customer", "Agent"]}`).Refuses(422, text)
	o.Put("chris", "/users/"+idOf(o, "david"), `{"roles": ["Agent", "Customer"]}`).Refuses(422, text)
	o.Put("chris", "/users/"+idOf(o, "david"), `{"roles": ["Agent", "Admin"]}`).Is(200)
}

func TestNoMoreAgentsThanAgreed(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	const text = "Agent limit exceeded, please check your account settings."
	o.Put("chris", "/users/"+idOf(o, "reader"), `{"active": false}`).Is(200)
	var agents int
	o.One(&agents, `SELECT count(DISTINCT u.id) FROM users u JOIN roles_users ru ON ru.user_id = u.id JOIN permissions_roles USING (role_id)
		JOIN permissions p ON p.id = permission_id AND p.name = 'ticket.agent' WHERE u.active`)
	o.Setting("system_agent_limit", agents)
	o.Post("chris", "/users", `{"email": "one@x.org", "roles": ["Agent"]}`).Refuses(422, text)
	o.Put("chris", "/users/"+idOf(o, "david"), `{"roles": ["Agent"]}`).Refuses(422, text)
	o.Put("chris", "/users/"+idOf(o, "reader"), `{"active": true}`).Refuses(422, text)
	o.Put("chris", "/roles/3", `{"permissions": ["ticket.customer", "ticket.agent"], "default_at_signup": false}`).Refuses(422, text)
	o.Setting("system_agent_limit", agents-3) // who has too many can still work with others
	o.Post("chris", "/users", `{"email": "two@x.org"}`).Is(201)
	o.Put("chris", "/users/"+idOf(o, "emma"), `{"roles": ["Agent", "Customer"]}`).Is(200)
	o.Put("chris", "/users/"+idOf(o, "emma"), `{"roles": ["Customer"]}`).Is(200)
}

func TestAccountsElsewhere(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	david := o.UserID("david")
	o.Exec(`INSERT INTO authorizations (id, user_id, provider, uid, username) VALUES (71, $1, 'saml', 'd@idp', 'dave')`, david)
	path := "/users/" + itoa(david)
	plain := o.Get("chris", path).Is(200).Object()
	if _, there := plain["accounts"]; there || fmt.Sprint(plain["authorization_ids"]) != "[71]" {
		t.Errorf("by itself: authorizations %v, accounts %v", plain["authorization_ids"], plain["accounts"])
	}
	if names, there := o.Get("chris", path+"?expand=true").Object()["authorizations"]; there {
		t.Errorf("accounts have names %v", names)
	}
	for who, want := range map[string]string{"chris": "map[saml:map[uid:d@idp username:dave]]", "david": "map[saml:map[uid:d@idp username:dave]]", "dora": "<nil>"} {
		full := o.Get(who, path+"?full=true").Is(200).Object()["assets"].(map[string]any)["User"].(map[string]any)[itoa(david)].(map[string]any)
		if got := fmt.Sprint(full["accounts"]); got != want {
			t.Errorf("%s is shown the accounts %s, want %s", who, got, want)
		}
	}
	acme := o.Get("chris", "/organizations/2?full=true").Is(200).Object()["assets"].(map[string]any)
	if got := fmt.Sprint(acme["User"].(map[string]any)[itoa(david)].(map[string]any)["accounts"]); got != "map[saml:map[uid:d@idp username:dave]]" {
		t.Errorf("beside an organization: %s", got)
	}
}

func TestGroupAccessComesBackWithTheRole(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	path := "/users/" + idOf(o, "emma")
	groups := func() string { return fmt.Sprint(o.Get("chris", path).Is(200).Object()["group_ids"]) }
	o.Put("chris", path, `{"roles": ["Customer"]}`).Is(200)
	if got := groups(); got != "map[]" {
		t.Errorf("groups of a customer: %s", got)
	}
	o.Put("chris", path, `{"roles": ["Agent"]}`).Is(200)
	if got := groups(); got != "map[1:[full]]" {
		t.Errorf("groups of an agent again: %s", got)
	}
	if got := o.Get("chris", path).Object()["preferences"].(map[string]any)["notification_config"]; got == nil {
		t.Error("an agent isn't told anything: no notification_config")
	}
}

func TestWhoBecomesAnAgentThroughARoleIsToldOfTickets(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	helpers := fmt.Sprintf("/roles/%d", o.Post("chris", "/roles", `{"name": "Helper", "permissions": ["report"]}`).Is(201).ID())
	path := "/users/" + idOf(o, "stranger")
	o.Put("chris", path, `{"roles": ["Helper"], "preferences": {"notification_config": null, "theme": "dark"}}`).Is(200)
	preferences := func() map[string]any {
		return o.Get("chris", path).Is(200).Object()["preferences"].(map[string]any)
	}
	if got := preferences()["notification_config"]; got != nil {
		t.Errorf("who isn't an agent is told of tickets: %v", got)
	}
	o.Put("chris", helpers, `{"permissions": ["ticket.agent"]}`).Is(200)
	now := preferences()
	config, _ := now["notification_config"].(map[string]any)
	if matrix, _ := config["matrix"].(map[string]any); matrix["escalation"] == nil || now["theme"] != "dark" {
		t.Errorf("preferences of a new agent: %v", now)
	}
	o.Put("chris", path, `{"preferences": {"notification_config": {"matrix": {}}}}`).Is(200)
	o.Put("chris", helpers, `{"note": "They help."}`).Is(200)
	if config = preferences()["notification_config"].(map[string]any); len(config["matrix"].(map[string]any)) != 0 {
		t.Errorf("who wants to be told nothing is told of tickets again: %v", config)
	}
}

func TestOrganizationTakesTicketsAlong(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	ticket := o.NewTicket(1, "david", "moves")
	organization := func() (id *int) {
		o.One(&id, `SELECT organization_id FROM tickets WHERE id = $1`, ticket)
		return id
	}
	o.Put("chris", "/users/"+idOf(o, "david"), `{"organization": "Loners"}`).Is(200)
	if got := organization(); got == nil || *got != 3 {
		t.Errorf("after a move the ticket is with %v, want 3", got)
	}
	o.Put("chris", "/organizations/3", `{"members": ["lone", "lars"]}`).Is(200)
	if got := organization(); got != nil {
		t.Errorf("after leaving the ticket is with %d, want none", *got)
	}
	o.Put("chris", "/organizations/2", `{"members": ["david", "dora", "both"]}`).Is(200)
	if got := organization(); got == nil || *got != 2 {
		t.Errorf("after joining the ticket is with %v, want 2", got)
	}
	if got := o.Get("chris", "/organizations/2").Object()["member_ids"].([]any); len(got) != 3 {
		t.Errorf("members %v, want 3", got)
	}
	o.Setting("ticket_organization_reassignment", false)
	o.Put("chris", "/users/"+idOf(o, "david"), `{"organization": "Loners"}`).Is(200)
	if got := organization(); got == nil || *got != 2 {
		t.Errorf("switched off, the ticket is with %v, want 2", got)
	}
}

func TestSearchForUsers(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
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
		"query=&permissions[]=admin.user&sort_by=login&order_by=asc": "[boss chris]",
		"query=&ids[]=5&ids[]=2&sort_by=id&order_by=asc":             "[nicole.braun@zammad.org creator]",
		"query=&group_ids[2]=change":                                 "[both chris]",
		"query=-&ids[]=1":                                            "[]",
	} {
		found := []string{}
		for _, user := range o.Get("chris", "/users/search?"+query).Is(200).List() {
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
	if got := o.Get("chris", "/users/search?query=emma&only_total_count=true").Object()["total_count"]; got != float64(1) {
		t.Errorf("total_count %v, want 1", got)
	}
	full := o.Post("chris", "/users/search", `{"query": "emma", "full": true}`).Is(200).Object()
	both := o.Get("chris", "/users/"+idOf(o, "lars")+"?full=true").Is(200).Object()["assets"].(map[string]any)
	if got := both["Organization"].(map[string]any); got["2"] == nil || got["3"] == nil {
		t.Errorf("a user's organizations don't come along: %v", got)
	}
	acme := o.Get("chris", "/organizations/2?full=true").Is(200).Object()["assets"].(map[string]any)
	if got := acme["User"].(map[string]any); got[idOf(o, "david")] == nil {
		t.Errorf("an organization's members don't come along: %v", got)
	}
	lars := o.UserID("lars")
	if got := acme["Organization"].(map[string]any)["2"].(map[string]any); !slices.Contains(got["member_ids"].([]any), any(float64(lars))) ||
		acme["User"].(map[string]any)[itoa(lars)] == nil {
		t.Errorf("assets name the members %v, want secondary ones too", got["member_ids"])
	}
	if got := o.Get("chris", "/organizations/2").Object()["member_ids"]; slices.Contains(got.([]any), any(float64(lars))) {
		t.Errorf("by itself an organization has the members %v, want primary ones", got)
	}
	if got := o.Get("david", "/organizations/2?full=true").Is(200).Object()["assets"].(map[string]any); got["User"] != nil {
		t.Errorf("a customer is shown members: %v", got)
	}
	if got := fmt.Sprint(full["record_ids"], full["total_count"]); got != fmt.Sprintf("[%d] 1", o.UserID("emma")) {
		t.Errorf("full: %s", got)
	}
	o.Get("chris", "/users/search?query=x&sort_by=password").Refuses(422, "Found invalid column 'password' for sorting.")
	o.Get("chris", "/users/search?query=x&sort_by=login&order_by=up").Refuses(422, "Found invalid order by value up. Please use 'asc' or 'desc'.")
	o.Post("chris", "/users/search", `{"condition": {"user.login": {}}}`).Refuses(422, "Invalid object selector conditions")
}

func TestPagesOfUsers(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	all := o.Get("chris", "/users").Is(200).List()
	var walked []float64
	for page := 1; ; page++ {
		list := o.Get("chris", fmt.Sprintf("/users?page=%d&per_page=1", page)).Is(200).List()
		if len(list) == 0 {
			break
		}
		walked = append(walked, list[0]["id"].(float64))
	}
	if len(walked) != len(all) || !slices.IsSorted(walked) {
		t.Errorf("walked %v of %d users", walked, len(all))
	}
	if got := len(o.Get("chris", "/users?limit=3&per_page=2").List()); got != 2 {
		t.Errorf("per_page=2 and limit=3 gave %d, want 2", got)
	}
	if got := len(o.Get("chris", "/users?page=99999999999999999").List()); got != 0 {
		t.Errorf("a page past the end holds %d", got)
	}
	for _, query := range []string{"page=0", "page=-1", "page=x", "per_page=0", "per_page=-5", "limit=x"} {
		o.Get("chris", "/users?"+query).Is(http.StatusUnprocessableEntity)
	}
}

func TestListsCostTheSameWhateverTheirLength(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	for _, path := range []string{"/users", "/organizations", "/groups", "/roles", "/ticket_states", "/ticket_priorities", "/email_addresses", "/signatures"} {
		for _, shape := range []string{"?expand=true", "?full=true", "?"} {
			o.Get("chris", path+shape) // settings and people are known after this
			count := func(size int) int64 {
				before := o.Queries.N.Load()
				o.Get("chris", fmt.Sprintf("%s%s&per_page=%d", path, shape, size)).Is(200)
				return o.Queries.N.Load() - before
			}
			if few, many := count(1), count(1000); many > few+2 { // one may have been the catalog's turn
				t.Errorf("%s%s: %d queries for one record, %d for all", path, shape, few, many)
			}
		}
	}
}

func TestUsersWhoAreVIP(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	o.Put("chris", "/users/"+idOf(o, "david"), `{"vip": true}`).Is(200)
	if got := o.Get("emma", "/users/"+idOf(o, "david")).Is(200).Object()["vip"]; got != true {
		t.Errorf("vip = %v, want true", got)
	}
	ticket := o.NewTicket(1, "david", "Now")
	o.NewTicket(1, "lone", "Later")
	found := o.Post("emma", "/tickets/search", `{"condition": {"customer.vip": {"operator": "is", "value": true}}}`).Is(200).List()
	if len(found) != 1 || found[0]["id"] != float64(ticket) {
		t.Errorf("tickets of important customers: %v, want %d", found, ticket)
	}
}
