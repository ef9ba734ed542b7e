package api_test

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"postroom/api/apitest"
)

// samples are documented answers, by the name of their endpoint.
func samples(t *testing.T) map[string]any {
	t.Helper()
	data, err := os.ReadFile("testdata/endpoints.json")
	if err != nil {
		t.Fatal(err)
	}
	var documented []struct {
		ID       string
		Response any
	}
	if err := json.Unmarshal(data, &documented); err != nil {
		t.Fatal(err)
	}
	all := map[string]any{}
	for _, endpoint := range documented {
		all[endpoint.ID] = endpoint.Response
	}
	return all
}

// sameShape reports the first documented key that is missing or of another type. null is of every
// type; an empty list or object says nothing about what is in it.
func sameShape(where string, documented, got any) error {
	if documented == nil || got == nil {
		return nil
	}
	if reflect.TypeOf(documented) != reflect.TypeOf(got) {
		return fmt.Errorf("%s: %T, documented as %T", where, got, documented)
	}
	switch want := documented.(type) {
	case map[string]any:
		have := got.(map[string]any)
		for key, value := range want {
			inner, ok := have[key]
			if !ok && !freeKeys(where) {
				return fmt.Errorf("%s: no key %q", where, key)
			}
			if err := sameShape(where+"."+key, value, inner); err != nil {
				return err
			}
		}
	case []any:
		have := got.([]any)
		if len(want) == 0 || len(have) == 0 {
			return nil
		}
		return sameShape(where+"[0]", want[0], have[0])
	}
	return nil
}

// freeKeys are objects whose keys are data.
func freeKeys(where string) bool {
	return strings.HasSuffix(where, "preferences") || strings.HasSuffix(where, "group_ids") || strings.Contains(where, "preferences.")
}

func TestAnswersHaveTheirDocumentedShape(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	documented := samples(t)
	o.Exec(`INSERT INTO tickets (group_id, priority_id, state_id, number, title, customer_id, updated_by_id, created_by_id)
		VALUES (1, 1, 1, '1', 'x', 2, 1, 1)`)
	o.Post("chris", "/user_access_token", `{"name": "My amazing test", "permission": ["ticket.agent"], "expires_at": "2099-12-21"}`)
	check := func(name string, a apitest.Answer, status int) {
		t.Helper()
		var got any
		a.Is(status).Into(&got)
		sample, ok := documented[name]
		if !ok || sample == nil {
			t.Fatalf("%s: no sample", name)
		}
		if err := sameShape(name, sample, got); err != nil {
			t.Errorf("%s: %v\n%.800s", a.Asked, err, a.Body)
		}
	}
	check("user.me", o.Get("chris", "/users/me"), 200)
	check("user.list", o.Get("chris", "/users"), 200)
	check("user.show", o.Get("chris", "/users/2"), 200)
	check("organization.list", o.Get("chris", "/organizations"), 200)
	check("organization.show", o.Get("chris", "/organizations/1"), 200)
	check("group.list", o.Get("chris", "/groups"), 200)
	check("group.show", o.Get("chris", "/groups/1"), 200)
	check("role.list", o.Get("chris", "/roles"), 200)
	check("role.show", o.Get("chris", "/roles/1"), 200)
	check("ticket_priority.list", o.Get("chris", "/ticket_priorities"), 200)
	check("ticket_priority.show", o.Get("chris", "/ticket_priorities/3"), 200)
	check("ticket_state.list", o.Get("chris", "/ticket_states"), 200)
	check("ticket_state.show", o.Get("chris", "/ticket_states/4"), 200)
	check("user_access_token.list", o.Get("chris", "/user_access_token"), 200)

	check("organization.create", o.Post("chris", "/organizations", `{"name": "Sample Corp.", "shared": false, "domain": "example.com",
		"domain_assignment": true, "active": true, "vip": true, "note": "Just a sample, aint that nice?", "members": ["david@example.com", "dora@example.com"]}`), 201)
	check("user.create", o.Post("chris", "/users", `{"firstname": "Jane", "lastname": "Doe", "email": "jdoe@example.com", "login": "jdoe",
		"organization": "Sample Corp.", "roles": ["Agent", "Customer"]}`), 201)
	check("user.update", o.Put("chris", "/users/"+idOf(o, "jdoe"), `{"phone": "+49 30 55 57 160 00", "department": "Sales",
		"address": "Marienstr. 18\n10117 Berlin"}`), 200)
	check("group.create", o.Post("chris", "/groups", `{"name": "Amazing Group", "signature_id": 1, "email_address_id": 1, "assignment_timeout": 180,
		"follow_up_possible": "new_ticket", "follow_up_assignment": false, "active": true, "note": "Look at my group, my group is amazing!"}`), 201)
	check("role.create", o.Post("chris", "/roles", `{"active": true, "default_at_signup": false, "group_ids": {"1": "full", "2": "full", "3": "full"},
		"id": "c-12", "name": "VIP service", "note": "Handling of VIP customers!", "permission_ids": ["58", "61"]}`), 201)
	check("role.update", o.Put("chris", "/roles/3", `{"active": true, "default_at_signup": true, "name": "Service", "note": "Changed text"}`), 200)
	check("ticket_priority.create", o.Post("chris", "/ticket_priorities", `{"name": "4 disaster", "default_create": false,
		"ui_icon": "important", "ui_color": "high-priority", "note": "Added via API for disasterious situations."}`), 201)
	check("ticket_state.create", o.Post("chris", "/ticket_states", `{"name": "in progress", "state_type_id": 2, "ignore_escalation": true, "active": true}`), 201)
	req := o.Request("POST", "/api/v1/user_access_token", `{"name": "My amazing test", "permission": ["cti.agent", "ticket.agent"], "expires_at": "2021-12-21"}`)
	req.Header.Set("Authorization", apitest.Basic("chris", apitest.Password))
	check("user_access_token.create", o.Send(req), 200)
}

// TestAnswersAreWhatIsStored: what a change answers is what the next look shows, value for value.
func TestAnswersAreWhatIsStored(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	for path, bodies := range map[string][2]string{
		"/users":             {`{"email": "Ann@Example.com", "roles": ["Agent"], "groups": {"Users": ["read", "change"]}}`, `{"note": "a & b", "vip": true}`},
		"/organizations":     {`{"name": "One & Only"}`, `{"note": "<b>x</b><script>y</script>"}`},
		"/groups":            {`{"name": "Users::North"}`, `{"name_last": "South", "assignment_timeout": 0}`},
		"/roles":             {`{"name": "Helper", "permissions": ["ticket.agent"], "groups": {"Sales": "read"}}`, `{"active": false}`},
		"/ticket_states":     {`{"name": "waiting", "state_type": "open", "next_state": "closed"}`, `{"note": "State created & updated via API"}`},
		"/ticket_priorities": {`{"name": "4 disaster"}`, `{"ui_icon": "", "ui_color": "", "note": "Adjusted via API - not so important"}`},
		"/email_addresses":   {`{"name": "Second", "email": "Second@Desk.example.com", "channel_id": 7}`, `{"note": "x"}`},
		"/signatures":        {`{"name": "Short", "body": "<b>Regards</b><script>1</script>", "group_ids": [2]}`, `{"group_ids": []}`},
	} {
		for _, shape := range []string{"", "?expand=true", "?full=true"} {
			made := o.Post("chris", path+shape, strings.Replace(bodies[0], `"}`, `"}`, 1)).Is(201)
			one := path + "/" + itoa(made.ID())
			same(o, made, o.Get("chris", one+shape))
			changed := o.Put("chris", one+shape, bodies[1]).Is(200)
			same(o, changed, o.Get("chris", one+shape))
			whole := o.Get("chris", one+"?expand=true")
			back := o.Put("chris", one+"?expand=true", string(whole.Body)).Is(200) // what was received can be sent back
			if a, b := withoutStamp(whole.Object()), withoutStamp(back.Object()); !reflect.DeepEqual(a, b) {
				t.Errorf("%s sent back as received became another:\n%v\n%v", one, a, b)
			}
			if path == "/roles" {
				o.Exec(`UPDATE roles SET name = name || id WHERE id = $1`, made.ID())
				continue // these can't be deleted
			}
			if path == "/users" {
				o.Exec(`DELETE FROM groups_users WHERE user_id = $1`, made.ID())
			}
			o.Del("chris", one).Is(200)
			o.Get("chris", one).Is(404)
		}
	}
}

func withoutStamp(object map[string]any) map[string]any {
	delete(object, "updated_at")
	return object
}

func same(o *apitest.Office, a, b apitest.Answer) {
	o.T.Helper()
	if b.Is(200); string(a.Body) != string(b.Body) {
		o.T.Errorf("%s answered\n%s, then %s\n%s", a.Asked, a.Body, b.Asked, b.Body)
	}
}
