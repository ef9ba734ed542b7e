package api_test

import (
	"reflect"
	"strings"
	"testing"

	"postroom/api/apitest"
)

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
