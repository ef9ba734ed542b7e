package api_test

import (
	"fmt"
	"testing"

	"postroom/api/apitest"
)

func TestGroupsAreATree(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	north := o.Post("chris", "/groups", `{"name": "Sales::North"}`).Is(201).Object()
	if got := fmt.Sprint(north["name"], north["name_last"], north["parent_id"]); got != "Sales::NorthNorth2" {
		t.Errorf("by path: %s", got)
	}
	id := int(north["id"].(float64))
	deep := o.Post("chris", "/groups", fmt.Sprintf(`{"name_last": "Far", "parent_id": %d}`, id)).Is(201)
	if got := deep.Object()["name"]; got != "Sales::North::Far" {
		t.Errorf("by parent: %v", got)
	}
	o.Put("chris", "/groups/2", `{"name": "Selling"}`).Is(200)
	if got := o.Get("chris", fmt.Sprintf("/groups/%d", deep.ID())).Object()["name"]; got != "Selling::North::Far" {
		t.Errorf("after a parent got another name: %v", got)
	}
	o.Put("chris", fmt.Sprintf("/groups/%d", id), `{"parent_id": 3}`).Is(200)
	if got := o.Get("chris", fmt.Sprintf("/groups/%d", deep.ID())).Object()["name"]; got != "Support::North::Far" {
		t.Errorf("after a parent moved: %v", got)
	}
	for body, want := range map[string]string{
		`{"name": "Nope::North"}`:        "Name contains invalid path",
		`{"name_last": "a::b"}`:          "Name last No double colons (::) allowed, reserved delimiter",
		`{}`:                             "Name can't be blank",
		`{"name": "users"}`:              "Name has already been taken",
		`{"name": "x", "parent_id": 99}`: "Invalid value for param 'parent_id': 99",
		`{"name": "x", "follow_up_possible": "no"}`:        "Invalid value 'no' for field 'follow_up_possible'!",
		`{"name": "x", "signature": "Nope"}`:               `No lookup value found for 'signature': "Nope"`,
		`{"name": "x", "email_address_id": 99}`:            "Invalid value for param 'email_address_id': 99",
		`{"name": "x", "assignment_timeout": "soon"}`:      `Invalid value for param 'assignment_timeout': "soon"`,
		`{"name": "x", "assignment_timeout": 99999999999}`: "Invalid value for param 'assignment_timeout': 99999999999",
		`{"name": "1::2"}`:                                 "Name contains invalid path",
	} {
		o.Post("chris", "/groups", body).Refuses(422, want)
	}
	o.Put("chris", fmt.Sprintf("/groups/%d", id), fmt.Sprintf(`{"parent_id": %d}`, deep.ID())).
		Refuses(422, "This group or its children exceed the allowed nesting depth.")
	path := "Users"
	for level := 2; level <= 10; level++ {
		path += fmt.Sprintf("::%d", level)
		o.Post("chris", "/groups", `{"name": "`+path+`"}`).Is(201)
	}
	o.Post("chris", "/groups", `{"name": "`+path+`::11"}`).Refuses(422, "This group or its children exceed the allowed nesting depth.")
	o.Put("chris", "/groups/1", `{"parent_id": 3}`).Refuses(422, "This group or its children exceed the allowed nesting depth.")
	o.Del("chris", "/groups/1").Refuses(422, "Can't delete, object has references.")
	o.Del("chris", "/groups/4711").Refuses(404, "Couldn't find Group with 'id'=4711")
}

func TestGroupsThatCustomersSee(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	ids := func(who string) string {
		var all []any
		for _, group := range o.Get(who, "/groups").Is(200).List() {
			all = append(all, group["id"])
		}
		return fmt.Sprint(all)
	}
	if got := ids("david"); got != "[1 2 3]" {
		t.Errorf("without a choice: %s, want all", got)
	}
	below := o.Post("chris", "/groups", `{"name": "Sales::North"}`).ID()
	o.Setting("customer_ticket_create_group_ids", []int{below})
	if got, want := ids("david"), fmt.Sprintf("[2 %d]", below); got != want {
		t.Errorf("with a choice: %s, want it and its parent %s", got, want)
	}
	o.Get("david", "/groups/3").Refuses(404, "Couldn't find Group with 'id'=3")
	o.NewTicket(3, "dora", "a colleague's")
	if got, want := ids("david"), fmt.Sprintf("[2 3 %d]", below); got != want {
		t.Errorf("with a colleague's ticket: %s, want %s", got, want)
	}
	group := o.Get("david", "/groups/3?expand=true").Is(200).Object()
	for _, key := range []string{"note", "user_ids", "users", "email_address_id", "created_by"} {
		if _, there := group[key]; there {
			t.Errorf("a customer sees %s of a group", key)
		}
	}
	if got := ids("emma"); got != fmt.Sprintf("[1 2 3 %d]", below) {
		t.Errorf("an agent sees %s, want all", got)
	}
}

func TestRolesAreChecked(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	for body, want := range map[string]string{
		`{"name": ""}`:      "Name can't be blank",
		`{"name": "agent"}`: "Name has already been taken",
		`{"name": "x", "permissions": ["ticket"]}`:                                              "Permission ticket is disabled",
		`{"name": "x", "permissions": ["nope"]}`:                                                `No lookup value found for 'permissions': "nope"`,
		`{"name": "x", "permission_ids": [999]}`:                                                "No value found for 'permissions' with id 999",
		`{"name": "x", "default_at_signup": true, "permissions": ["admin", "report"]}`:          "Cannot set default at signup when role has admin, report permissions.",
		`{"name": "x", "permissions": ["ticket.agent"], "groups": {"Users": ["full", "read"]}}`: "Access Role can have full or granular access to group",
	} {
		o.Post("chris", "/roles", body).Refuses(422, want)
	}
	role := o.Post("chris", "/roles", `{"name": "Helper", "permissions": ["ticket.agent"], "groups": {"Sales": "full"}}`).Is(201)
	path := fmt.Sprintf("/roles/%d", role.ID())
	if got := fmt.Sprint(role.Object()["group_ids"]); got != "map[2:[full]]" {
		t.Errorf("groups of a role: %s", got)
	}
	o.Put("chris", "/users/"+idOf(o, "stranger"), `{"roles": ["Agent", "Helper"]}`).Is(200)
	ticket := o.NewTicket(2, "david", "for the role")
	o.Get("stranger", apitest.TicketPath(ticket)).Is(200)
	if got := o.Put("chris", path, `{"permissions": ["chat.agent"]}`).Is(200).Object()["group_ids"]; fmt.Sprint(got) != "map[]" {
		t.Errorf("groups without ticket.agent: %v, want none", got)
	}
	o.Get("stranger", apitest.TicketPath(ticket)).Is(403)
	o.Del("chris", path).Refuses(404, "No route matches [DELETE] /api/v1"+path)
	cut := o.Get("david", "/roles/2?expand=true").Is(200).Object()
	if cut["name"] != "Role_2" || len(cut) != 5 {
		t.Errorf("a customer sees the role %v", cut)
	}
	if got := len(o.Get("chris", "/roles/search?query=help").Is(200).List()); got != 1 {
		t.Errorf("found %d roles, want 1", got)
	}
}

func TestOrganizationsAreChecked(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	for body, want := range map[string]string{
		`{}`:               "Name can't be blank",
		`{"name": "ACME"}`: "Name has already been taken",
		`{"name": "x", "domain_assignment": true}`: "Domain required when Domain Based Assignment is enabled",
		`{"name": "x", "members": ["nobody"]}`:     `No lookup value found for 'members': "nobody"`,
		`{"name": "x", "member_ids": [4711]}`:      "No value found for 'members' with id 4711",
		`{"name": "x", "secondary_members": [1]}`:  "String is needed as ref value 1 for 'secondary_members'",
	} {
		o.Post("chris", "/organizations", body).Refuses(422, want)
	}
	made := o.Post("chris", "/organizations", `{"name": " Spaced ", "domain": "@Example.COM", "members": ["DORA@example.com"], "secondary_member_ids": ["`+idOf(o, "lars")+`"]}`).Is(201).Object()
	if got := fmt.Sprint(made["name"], made["domain"], made["member_ids"], made["secondary_member_ids"]); got != fmt.Sprintf("Spacedexample.com[%d] [%d]", o.UserID("dora"), o.UserID("lars")) {
		t.Errorf("made %s", got)
	}
	o.Del("chris", "/organizations/2").Refuses(422, "Can't delete, object has references.")
	o.Get("single", "/organizations/2").Is(200).Same(t, `{}`)
	o.Get("lone", "/organizations/2").Refuses(403, "Not authorized")
	o.Get("lone", "/organizations/3").Is(200).Same(t, `{"id":3,"name":"Loners","active":true}`)
	if got := len(o.Get("lars", "/organizations").Is(200).List()); got != 3 {
		t.Errorf("a customer sees %d organizations, want the own three", got)
	}
	if got := len(o.Get("single", "/organizations").Is(200).List()); got != 0 {
		t.Errorf("who belongs nowhere sees %d organizations", got)
	}
	if got := len(o.Get("emma", "/organizations/search?query=acme").Is(200).List()); got != 1 {
		t.Errorf("found %d organizations, want 1", got)
	}
	if got := o.Get("chris", "/organizations/2?expand=true").Object()["members"]; fmt.Sprint(got) != "[david both]" {
		t.Errorf("members %v", got)
	}
}

func TestDefaultStatesAreHandedAround(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	defaults := func(table, column string) (ids []int) {
		o.One(&ids, `SELECT array_agg(id ORDER BY id) FROM `+table+` WHERE `+column)
		return ids
	}
	made := o.Post("chris", "/ticket_states", `{"name": "fresh", "state_type": "new", "default_create": true, "default_follow_up": true}`).Is(201).ID()
	if got := fmt.Sprint(defaults("ticket_states", "default_create"), defaults("ticket_states", "default_follow_up")); got != fmt.Sprintf("[%d] [%d]", made, made) {
		t.Errorf("a new default: %s", got)
	}
	if got := o.Post("emma", "/tickets", `{"title": "x", "group_id": 1, "customer": "david"}`).Is(201).Object()["state_id"]; got != float64(made) {
		t.Errorf("a new ticket has state %v, want %d", got, made)
	}
	o.Del("chris", fmt.Sprintf("/ticket_states/%d", made)).Refuses(422, "Can't delete, object has references.")
	o.Put("chris", fmt.Sprintf("/ticket_states/%d", made), `{"default_create": false}`).Is(200)
	if got := fmt.Sprint(defaults("ticket_states", "default_create")); got != "[1]" {
		t.Errorf("taken from the last one: %s, want the first", got)
	}
	priority := o.Post("chris", "/ticket_priorities", `{"name": "4 worst", "default_create": true}`).Is(201).ID()
	if got := fmt.Sprint(defaults("ticket_priorities", "default_create")); got != fmt.Sprintf("[%d]", priority) {
		t.Errorf("default priority %s", got)
	}
	o.Del("chris", fmt.Sprintf("/ticket_priorities/%d", priority)).Is(200)
	if got := fmt.Sprint(defaults("ticket_priorities", "default_create")); got != "[1]" {
		t.Errorf("after its deletion: %s, want the first", got)
	}
	o.NewTicket(1, "david", "has priority 2")
	o.Del("chris", "/ticket_priorities/2").Refuses(422, "Can't delete, object has references.")
}

func TestStatesAreChecked(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	for body, want := range map[string]string{
		`{"name": "x"}`:                                          "Attribute 'state_type_id' required!",
		`{"name": "x", "state_type_id": 99}`:                     "Invalid value for param 'state_type_id': 99",
		`{"name": "x", "state_type": "nope"}`:                    `No lookup value found for 'state_type': "nope"`,
		`{"name": "x", "state_type_id": 6}`:                      "There can be only one state of type merged.",
		`{"name": "OPEN", "state_type_id": 2}`:                   "Name has already been taken",
		`{"state_type_id": 2}`:                                   "Name can't be blank",
		`{"name": "x", "state_type_id": 2, "next_state_id": 99}`: "Invalid value for param 'next_state_id': 99",
		`{"name": "x", "state_type_id": [2]}`:                    "Invalid value for param 'state_type_id': [2]",
	} {
		o.Post("chris", "/ticket_states", body).Refuses(422, want)
	}
	const protected = "The state of merged tickets can't be changed or deleted."
	o.Put("chris", "/ticket_states/5", `{"name": "x"}`).Refuses(422, protected)
	o.Del("chris", "/ticket_states/5").Refuses(422, protected)
	o.Put("chris", "/ticket_states/99", `{}`).Refuses(404, "Couldn't find Ticket::State with 'id'=99")
	o.Get("david", "/ticket_priorities/99").Refuses(404, "Couldn't find Ticket::Priority with 'id'=99")
	shown := o.Get("david", "/ticket_states/6?expand=true").Is(200).Object()
	if shown["state_type"] != "pending action" || shown["next_state"] != "closed" || shown["created_by"] != "-" {
		t.Errorf("expanded state: %v", shown)
	}
	if _, there := o.Get("david", "/ticket_states/1?expand=true").Object()["next_state"]; there {
		t.Error("a state without a next one has its name")
	}
}

func TestEmailAddressesFollowTheirChannel(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	o.Exec(`UPDATE groups SET email_address_id = 1`)
	o.Exec(`UPDATE groups SET email_address_id = NULL WHERE id = 3`)
	made := o.Post("chris", "/email_addresses", `{"realname": "Support", "email": " Support@Desk.Example.com ", "channel_id": 7, "active": false}`).Is(201).Object()
	if got := fmt.Sprint(made["name"], " ", made["email"], " ", made["active"], " ", made["channel_id"]); got != "Support support@desk.example.com true 7" {
		t.Errorf("made %s", got)
	}
	if got := o.Get("chris", "/groups/3").Object()["email_address_id"]; got != made["id"] {
		t.Errorf("the only group without an address has %v, want the new one", got)
	}
	for _, body := range []string{`{"name": "No channel", "email": "a@x.org", "active": true}`, `{"name": "Unknown channel", "email": "b@x.org", "channel_id": 4711}`} {
		other := o.Post("chris", "/email_addresses", body).Is(201).Object()
		if other["active"] != false || other["channel_id"] != nil {
			t.Errorf("%s became %v, want an inactive one", body, other)
		}
	}
	for body, want := range map[string]string{
		`{"name": "x"}`:                                      "Email can't be blank",
		`{"email": "c@x.org"}`:                               "Name can't be blank",
		`{"name": "x", "email": "Nope"}`:                     "Invalid email 'nope'",
		`{"name": "x", "email": "SUPPORT@desk.example.com"}`: "Email has already been taken",
	} {
		o.Post("chris", "/email_addresses", body).Refuses(422, want)
	}
	o.Del("chris", fmt.Sprintf("/email_addresses/%v", made["id"])).Is(200)
	if got := o.Get("chris", "/groups/3").Object()["email_address_id"]; got != nil {
		t.Errorf("after its deletion the group sends from %v", got)
	}
	o.Get("emma", "/email_addresses").Is(200)
	o.Get("david", "/email_addresses").Refuses(403, "User authorization failed.")
}

func TestSignaturesThatAgentsSee(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	hidden := o.Post("chris", "/signatures", `{"name": "Old", "active": false, "groups": ["Sales"]}`).Is(201)
	path := fmt.Sprintf("/signatures/%d", hidden.ID())
	if got := fmt.Sprint(hidden.Object()["group_ids"]); got != "[2]" {
		t.Errorf("groups %s", got)
	}
	if got := len(o.Get("emma", "/signatures").Is(200).List()); got != 1 {
		t.Errorf("an agent sees %d signatures, want the active one", got)
	}
	o.Get("emma", path).Refuses(404, "Couldn't find Signature with 'id'="+itoa(hidden.ID()))
	o.Get("chris", path).Is(200)
	o.Del("chris", path).Refuses(422, "Can't delete, object has references.")
	o.Put("chris", path, `{"group_ids": []}`).Is(200)
	o.Del("chris", path).Is(200)
}

func TestTokensOfTheirOwner(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	o.Setting("timezone_default", "Europe/Berlin")
	token := o.Post("emma", "/user_access_token", `{"label": "script", "permission": ["ticket.agent", "ticket.agent"], "expires_at": "2099-12-31"}`).Is(200).Object()["token"].(string)
	o.With("Bearer " + token).Is(200)
	o.Exec(`UPDATE tokens SET updated_at = updated_at - interval '1 hour' WHERE name IS DISTINCT FROM 'script'`)
	if got := o.Get("emma", "/user_access_token").Object()["tokens"].([]any)[0].(map[string]any); got["expires_at"] != "2099-12-31" ||
		got["name"] != "script" || got["label"] != "script" || fmt.Sprint(got["preferences"]) != "map[permission:[ticket.agent]]" || got["token"] != nil {
		t.Errorf("listed as %v", got)
	}
	for body, want := range map[string]string{
		`{"permission": ["ticket.agent"]}`:          "The required parameter 'name' is missing.",
		`{"name": " "}`:                             "The required parameter 'name' is missing.",
		`{"name": "x", "permission": ["admin"]}`:    `No permission to grant "admin" to a token.`,
		`{"name": "x", "permission": ["ticket.*"]}`: `No permission to grant "ticket.*" to a token.`,
		`{"name": "x", "permission": [1]}`:          `No permission to grant 1 to a token.`,
		`{"name": "x", "expires_at": "soon"}`:       `Invalid value for param 'expires_at': "soon"`,
	} {
		o.Post("emma", "/user_access_token", body).Refuses(422, want)
	}
	o.Post("emma", "/user_access_token", `{"name": "x", "permission": ["cti.agent"]}`). // emma holds it, her token doesn't
												Refuses(422, `No permission to grant "cti.agent" to a token.`)
	past := o.Post("emma", "/user_access_token", `{"name": "past", "expires_at": "2020-01-01"}`).Is(200).Object()["token"].(string)
	o.With("Bearer "+past).Refuses(401, "Not authorized (token expired)!")
	var id int
	o.One(&id, `SELECT id FROM tokens WHERE name = 'script'`)
	path := fmt.Sprintf("/user_access_token/%d", id)
	o.Del("chris", path).Refuses(422, "The API token could not be found.")
	o.Del("emma", "/user_access_token/x").Refuses(422, "The API token could not be found.")
	o.Del("emma", path).Is(200).Same(t, `{}`)
	o.With("Bearer " + token).Is(401)
	for _, permission := range o.Get("emma", "/user_access_token").Object()["permissions"].([]any) {
		p := permission.(map[string]any)
		if p["name"] == "admin" || p["name"] == "ticket.customer" {
			t.Errorf("an agent is offered %v", p["name"])
		}
		if off := p["preferences"].(map[string]any)["disabled"] == true; off != (p["name"] == "ticket" || p["name"] == "chat" || p["name"] == "cti" || p["name"] == "knowledge_base") {
			t.Errorf("%v is a heading: %t", p["name"], off)
		}
	}
	o.Setting("api_token_access", false)
	req := o.Request("POST", "/api/v1/user_access_token", `{"name": "x"}`)
	req.Header.Set("Authorization", apitest.Basic("emma", apitest.Password))
	o.Send(req).Refuses(422, "API token access disabled!")
}
