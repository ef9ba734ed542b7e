package api_test

import (
	"strings"
	"testing"

	"postroom/api/apitest"
)

// with is a scene in which a placeholder has a value.
func with(name string, value any) func(*scene) {
	return func(s *scene) { s.ids[name] = value }
}

// called is a scene about somebody.
func called(login string) func(*scene) {
	return func(s *scene) { s.ids["id"] = s.UserID(login) }
}

// made is a scene about a record that an administrator has just made.
func made(path, body string) func(*scene) {
	return func(s *scene) {
		s.T.Helper()
		s.ids["id"] = s.Post("chris", path, body).Is(201).ID()
		s.sendIf("id", s.ids["id"])
	}
}

// all is a scene made of others.
func all(parts ...func(*scene)) func(*scene) {
	return func(s *scene) {
		for _, part := range parts {
			part(s)
		}
	}
}

// sends is a scene in which a value of the documented body is another one.
func sends(key string, value any) func(*scene) {
	return func(s *scene) { s.send[key] = value }
}

// find gives a placeholder the id that a query finds.
func (s *scene) find(name, sql string, args ...any) {
	s.T.Helper()
	var id int
	s.One(&id, sql, args...)
	s.ids[name] = id
}

// sendIf sends a value in place of the documented one, if there is one.
func (s *scene) sendIf(key string, value any) {
	s.T.Helper()
	if len(s.entry.Request) == 0 {
		return
	}
	if fields, ok := decode(s.T, s.entry.Request).(map[string]any); ok {
		if _, documented := fields[key]; documented {
			s.send[key] = value
		}
	}
}

func withOlivia(s *scene) {
	s.T.Helper()
	s.Post("chris", "/users", `{"firstname":"Olivia","lastname":"Ross","email":"olivia@example.com"}`).Is(201)
}

// withMembers wants those in an organization whom the document's sample names.
func withMembers(s *scene, a apitest.Answer) {
	s.T.Helper()
	var members string
	s.One(&members, `SELECT json_agg(id ORDER BY id) FROM users WHERE email IN ('olivia@example.com', 'david@example.com')`)
	says(`"member_ids":`+strings.ReplaceAll(members, " ", ""), `"vip":true`)(s, a)
}

// withAgentPermission sends permissions of this installation: without ticket.agent a role has no groups.
func withAgentPermission(s *scene) {
	s.T.Helper()
	var agent, avatar string
	s.One(&agent, `SELECT id::text FROM permissions WHERE name = 'ticket.agent'`)
	s.One(&avatar, `SELECT id::text FROM permissions WHERE name = 'user_preferences.avatar'`)
	s.send["permission_ids"] = []string{agent, avatar}
}

// withTicket is a scene about a ticket of david's in a group where emma works.
func withTicket(s *scene) {
	s.T.Helper()
	ticket := s.Post("chris", "/tickets", `{"title":"Order 787556","group":"Users","customer":"david@example.com",
		"article":{"subject":"Order","body":"Hi, <b>please</b> send me","content_type":"text/html","type":"note","attachments":[
			{"filename":"portal.txt","data":"VGhlIGNha2UgaXMgYSBsaWUhCg==","mime-type":"text/plain"}]}}`).Is(201)
	s.ids["ticket_id"] = ticket.ID()
	s.find("article_id", `SELECT id FROM ticket_articles WHERE ticket_id = $1`, ticket.ID())
	s.find("attachment_id", `SELECT id FROM attachments WHERE object = 'Ticket::Article' AND o_id = $1`, s.ids["article_id"])
	s.sendIf("ticket_id", ticket.ID())
}

// withSecondLevel is a scene with a group in which emma works.
func withSecondLevel(s *scene) {
	s.T.Helper()
	made("/groups", `{"name":"2nd Level"}`)(s)
	s.Exec(`INSERT INTO groups_users (user_id, group_id, access) VALUES ($1, $3, 'full'), ($2, $3, 'full')`,
		s.UserID("emma"), s.UserID("chris"), s.ids["id"])
}

// inSales lets emma work with tickets of group Sales.
func inSales(s *scene) {
	s.Exec(`INSERT INTO groups_users (user_id, group_id, access) VALUES ($1, 2, 'full')`, s.UserID("emma"))
}

// finds wants a record among those that were found.
func finds(key, value string) func(*scene, apitest.Answer) {
	return func(s *scene, a apitest.Answer) {
		s.T.Helper()
		for _, record := range a.List() {
			if record[key] == value {
				return
			}
		}
		s.T.Errorf("%s: %.300s, want one whose %s is %s", a.Asked, a.Body, key, value)
	}
}

// shows wants a value in the object that is answered.
func shows(key, value string) func(*scene, apitest.Answer) {
	return func(s *scene, a apitest.Answer) {
		s.T.Helper()
		if got := a.Object()[key]; got != value {
			s.T.Errorf("%s: %s is %v, want %s", a.Asked, key, got, value)
		}
	}
}

// says wants texts in what is answered.
func says(texts ...string) func(*scene, apitest.Answer) {
	return func(s *scene, a apitest.Answer) {
		s.T.Helper()
		for _, text := range texts {
			if !strings.Contains(string(a.Body), text) {
				s.T.Errorf("%s: %.500s, want %s in it", a.Asked, a.Body, text)
			}
		}
	}
}

func TestFragmentsJoinTheBodyTheyArePartOf(t *testing.T) {
	t.Parallel()
	whole := endpoint{ID: "a", Status: 200, Request: []byte(`{"title":"x","customer":"y"}`)}
	got := whole.with(t, endpoint{ID: "b", Status: 201, Permissions: []string{"p"}, Request: []byte(`{"customer":"z","mentions":[1]}`)})
	if got.ID != "b" || got.Status != 201 || len(got.Permissions) != 1 || string(got.Request) != `{"customer":"z","mentions":[1],"title":"x"}` {
		t.Errorf("joined: %+v %s", got, got.Request)
	}
}
