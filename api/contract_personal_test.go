package api_test

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"

	"postroom/api"
	"postroom/api/apitest"
)

// personalReplays are those of what belongs to one person, of telephones, and the rules that hold for all.
var personalReplays = map[string]replay{
	"online_notification.list":             {prepare: notified, own: true},
	"online_notification.show":             {prepare: notified, own: true},
	"online_notification.update":           {prepare: notified, own: true},
	"online_notification.delete":           {prepare: notified, own: true},
	"online_notification.mark_all_as_read": {prepare: notified, own: true},

	"user_access_token.list": {prepare: withToken, own: true, without: []string{"label", "note"}},
	"user_access_token.create": {prepare: func(s *scene) {
		s.Exec(`UPDATE tokens SET preferences = '{"permission": ["ticket.agent", "cti.agent", "user_preferences"]}'`)
	}},
	"user_access_token.delete": {prepare: withToken, own: true},

	"cti.new_call.out":              {prepare: withPhones, check: says(`"496990009111"`, `"492214710334"`)},
	"cti.new_call.out.unconfigured": {prepare: withPhone(`{"outbound":{},"inbound":{"block_caller_ids":[]},"outbound":{"routing_table":[],"default_caller_id":""}}`), wire: "{}"},
	"cti.new_call.in":               {prepare: withPhones, wire: "{}"},
	"cti.new_call.in.reject":        {prepare: withPhone(`{"outbound":{},"inbound":{"block_caller_ids":[{"caller_id":"493023125741","note":"spam"}]},"outbound":{"routing_table":[]}}`), check: says(`"busy"`)},
	"cti.new_call.in.not_blocked":   {prepare: withPhone(`{"outbound":{},"inbound":{"block_caller_ids":[{"caller_id":"490000","note":"spam"}]},"outbound":{"routing_table":[]}}`), wire: "{}"},
	"cti.hangup.out":                {prepare: all(withPhones, calling), wire: "{}"},
	"cti.hangup.in":                 {prepare: all(withPhones, calling), wire: "{}"},
	"cti.answer.out":                {prepare: all(withPhones, calling), wire: "{}"},
	"cti.answer.in":                 {prepare: all(withPhones, calling), wire: "{}"},

	"auth.sso": {rule: func(s *scene) {
		s.Office = apitest.Open(s.T, func(needs *api.Needs) { needs.Proxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")} })
		s.Setting("auth_sso", true)
		b := s.Browser()
		if a := b.Send(s.Request(http.MethodGet, "/auth/sso", ""), "X-Forwarded-User", "emma"); a.Status != http.StatusFound {
			s.T.Errorf("%s: %d, want to be sent on", a.Asked, a.Status)
		}
		signedInAs(s, "emma", b.Ask(http.MethodGet, "/users/me", ""))
	}},

	"convention.auth_basic": {rule: func(s *scene) {
		signedInAs(s, "david", s.With(apitest.Basic("david", apitest.Password)))
	}},
	"convention.auth_token": {rule: func(s *scene) {
		signedInAs(s, "david", s.With("Token token=token of david"))
	}},
	"convention.auth_oauth2": {rule: func(s *scene) {
		app := s.Post("chris", "/applications", `{"name":"Reporter","redirect_uri":"https://report.example.com/","confidential":true}`).Is(200).ID()
		req := s.Request(http.MethodPost, "/api/v1/applications/token", fmt.Sprintf(`{"id":%d}`, app))
		req.Header.Set("Authorization", apitest.Basic("chris", apitest.Password)) // a token may not grant more than it has
		token := s.Send(req).Is(200).Object()["token"]
		signedInAs(s, "chris", s.With(fmt.Sprint("Bearer ", token)))
	}},
	"convention.on_behalf": {rule: func(s *scene) {
		for _, name := range []string{"david", "david@example.com", fmt.Sprint(s.UserID("david"))} {
			signedInAs(s, "david", s.With("Token token=token of chris", "From", name))
		}
		s.With("Token token=token of emma", "From", "david").Refuses(403, "Current user has no permission to use 'From'/'X-On-Behalf-Of'!")
	}},
	"convention.content_type": {rule: func(s *scene) {
		a := s.Post("chris", "/organizations", `{"name":"Čokoláda Größe 注文"}`).Is(201)
		if got := a.Object()["name"]; got != "Čokoláda Größe 注文" || a.Header.Get("Content-Type") != "application/json; charset=utf-8" {
			s.T.Errorf("%s: %v as %s", a.Asked, got, a.Header.Get("Content-Type"))
		}
		finds("name", "Čokoláda Größe 注文")(s, s.Get("chris", "/organizations/search?query=Gr%C3%B6%C3%9Fe").Is(200))
	}},
	"convention.expand": {rule: func(s *scene) {
		withTicket(s)
		ticket := s.Get("chris", fmt.Sprintf("/tickets/%d?expand=true", s.ids["ticket_id"])).Is(200).Object()
		for key, want := range map[string]string{"group": "Users", "state": "new", "customer": "david", "owner": "-", "organization": "Acme"} {
			if ticket[key] != want {
				s.T.Errorf("expanded ticket: %s = %v, want %s", key, ticket[key], want)
			}
		}
	}},
	"convention.sorting": {rule: func(s *scene) {
		for order, first := range map[string]string{"asc": "Acme", "desc": "Zammad Foundation"} {
			if got := s.Get("chris", "/organizations?sort_by=name&order_by="+order).Is(200).List()[0]["name"]; got != first {
				s.T.Errorf("organizations by name, %s: %v comes first, want %s", order, got, first)
			}
		}
	}},
	"convention.pagination": {rule: func(s *scene) {
		var pages []string
		for page := 1; ; page++ {
			list := s.Get("chris", fmt.Sprintf("/organizations?page=%d&per_page=2", page)).Is(200).List()
			if len(list) == 0 {
				break
			}
			pages = append(pages, fmt.Sprint(len(list)))
		}
		if got := strings.Join(pages, " "); got != "2 1" {
			s.T.Errorf("pages of two of three organizations hold %s", got)
		}
	}},
	"convention.search_capable_objects": {rule: func(s *scene) {
		for _, object := range []string{"macros", "overviews", "templates", "text_modules"} {
			s.Get("chris", "/"+object+"/search?query=a").Is(200).List()
		}
	}},
	"convention.delete_referenced": {rule: func(s *scene) {
		for path, record := range map[string]string{"/users/%d": "users WHERE login = 'david'", "/organizations/%d": "organizations WHERE name = 'Acme'", "/groups/%d": "groups WHERE id = 1"} {
			s.find("id", "SELECT id FROM "+record)
			s.Del("chris", fmt.Sprintf(path, s.ids["id"])).Refuses(422, "Can't delete, object has references.")
		}
	}},
}

func signedInAs(s *scene, login string, a apitest.Answer) {
	s.T.Helper()
	if got := a.Is(200).Object()["login"]; got != login {
		s.T.Errorf("signed in as %v, want %s", got, login)
	}
}

// notified is a scene in which the one who asks was told of a ticket they can see.
func notified(s *scene) {
	s.T.Helper()
	withTicket(s)
	s.Exec(`INSERT INTO online_notifications (user_id, type, object, o_id, updated_by_id, created_by_id)
		VALUES ($1, 'create', 'Ticket', $2, 2, 2)`, s.UserID(s.who), s.ids["ticket_id"])
	s.find("id", `SELECT max(id) FROM online_notifications WHERE user_id = $1`, s.UserID(s.who))
}

func withToken(s *scene) {
	s.T.Helper()
	s.Post(s.who, "/user_access_token", `{"name":"test","permission":["user_preferences.access_token"]}`).Is(200)
	s.find("id", `SELECT id FROM tokens WHERE name = 'test'`)
}

// withPhone is a scene with a telephone system of some configuration.
func withPhone(config string) func(*scene) {
	return func(s *scene) {
		s.Setting("cti_integration", true)
		s.Setting("cti_token", "phone-token")
		s.Setting("cti_config", decode(s.T, []byte(config)))
		s.ids["token"] = "phone-token"
	}
}

// withPhones has the configuration of the document's samples.
var withPhones = withPhone(`{"outbound":{"routing_table":[{"dest":"4989*","caller_id":"498999998145"},{"dest":"4930*","caller_id":"493023125877"}],
	"default_caller_id":"496990009111"},"inbound":{"block_caller_ids":[]}}`)

// calling is a scene in which the call that an event is about has begun.
func calling(s *scene) {
	s.T.Helper()
	fields := decode(s.T, s.entry.Request).(map[string]any)
	fields["event"] = "newCall"
	s.Post("chris", "/cti/phone-token", string(encode(s.T, fields))).Is(200)
}
