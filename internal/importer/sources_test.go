package importer_test

import (
	"net/http"
	"testing"

	"postroom/internal/credential"
)

const (
	peopleTaken = `SELECT string_agg(concat_ws(':', u.login, u.active, r.name), ', ' ORDER BY u.login, r.name)
		FROM users u JOIN roles_users ru ON ru.user_id = u.id JOIN roles r ON r.id = ru.role_id WHERE u.source IS NOT NULL`
	ticketsTaken = `SELECT string_agg(concat_ws('|', t.number, t.title, g.name, s.name, p.name, o.login, c.email, org.name, t.type, t.custom, t.close_at, t.created_at, t.updated_at), E'\n' ORDER BY t.number)
		FROM tickets t JOIN groups g ON g.id = t.group_id JOIN ticket_states s ON s.id = t.state_id JOIN ticket_priorities p ON p.id = t.priority_id
		JOIN users o ON o.id = t.owner_id JOIN users c ON c.id = t.customer_id LEFT JOIN organizations org ON org.id = t.organization_id WHERE t.id > 1`
	articlesTaken = `SELECT string_agg(concat_ws('|', t.number, y.name, s.name, a.internal, a."from", a."to", a.cc, u.login, a.content_type, a.body, a.created_at), E'\n' ORDER BY t.number, a.created_at)
		FROM ticket_articles a JOIN tickets t ON t.id = a.ticket_id JOIN ticket_article_types y ON y.id = a.type_id JOIN ticket_article_senders s ON s.id = a.sender_id
		JOIN users u ON u.id = a.created_by_id WHERE t.id > 1`
	filesTaken   = `SELECT string_agg(concat_ws('|', f.filename, f.size, f.preferences->>'Mime-Type', encode(b.data, 'escape')), ',' ORDER BY f.id) FROM attachments f JOIN blobs b ON b.id = f.blob_id`
	accessTaken  = `SELECT string_agg(concat_ws(':', u.login, g.name, gu.access), ', ' ORDER BY u.login, g.name, gu.access) FROM groups_users gu JOIN users u ON u.id = gu.user_id JOIN groups g ON g.id = gu.group_id`
	tagsTaken    = `SELECT string_agg(g.name, ' ' ORDER BY g.name) FROM taggings x JOIN tags g ON g.id = x.tag_id`
	failures     = `SELECT string_agg(DISTINCT concat_ws(' ', object, source_id), ', ') FROM helpdesk_import_failures`
	workFollowed = `SELECT count(*) FROM outbox WHERE kind <> 'import.run'`
)

func TestFreshdeskIsTakenOver(t *testing.T) {
	t.Parallel()
	e := open(t, "freshdesk", "k3y", "X", map[string]string{
		"/api/v2/agents/me": "me.json", "/api/v2/roles": "roles.json", "/api/v2/ticket_fields": "ticket_fields.json",
		"/api/v2/contact_fields": "contact_fields.json", "/api/v2/company_fields": "company_fields.json", "/api/v2/groups|1": "groups.json",
		"/api/v2/companies|1": "companies.json", "/api/v2/agents|1": "agents.json", "/api/v2/contacts|1": "contacts.json", "/api/v2/contacts|2": "contacts2.json",
		"/api/v2/tickets|1": "tickets.json", "/api/v2/tickets/101": "ticket_101.json", "/api/v2/tickets/101/conversations|1": "conversations_101.json",
		"/api/v2/tickets/103": "ticket_103.json", "/api/v2/tickets/103/conversations|1": "=[]", "/files/bell.txt": "=ring",
	})
	e.meddle = func(w http.ResponseWriter, what string, times int) bool {
		if what == "/api/v2/contacts|1" {
			w.Header().Set("Link", `<`+e.URL+`/api/v2/contacts?page=2>; rel="next"`)
		}
		if what == "/api/v2/companies|1" && times < 3 { // and then it is well again
			w.WriteHeader(http.StatusBadGateway)
			return true
		}
		return false
	}
	o := newOffice(t, map[string]string{"import_freshdesk_endpoint": e.URL + "/api/v2", "import_freshdesk_endpoint_key": "k3y"})
	facts := map[string]string{
		peopleTaken: "carla@velo.example:t:Customer, dora@old.example:f:Customer, fred@old.example:t:Admin, fred@old.example:t:Agent, freshdesk-9002:t:Customer, gina@old.example:t:Agent",
		ticketsTaken: `101|Bell is mute|Shop|closed|3 high|fred@old.example|carla@velo.example|Velo Club|Question|{"colour": "red"}|2021-01-03 00:00:00+00|2021-01-01 00:00:00+00|2021-01-04 00:00:00+00
103|Waits for spring|Users|open|1 low|-|dora@old.example|{}|2021-01-05 00:00:00+00|2021-01-06 00:00:00+00`,
		articlesTaken: `101|email|Customer|f|Carla Customer <carla@velo.example>|help@old.example|boss@velo.example|carla@velo.example|text/html|<div>It is <i>mute</i></div>|2021-01-01 00:00:00+00
101|email|Agent|f|help@old.example|carla@velo.example|fred@old.example|text/html|<p>Ring it</p>|2021-01-02 00:00:00+00
101|note|Agent|t|Gina <gina@old.example>|gina@old.example|text/html|<p>Odd</p>|2021-01-02 01:00:00+00
103|phone|Customer|f|Dora Deleted <dora@old.example>|dora@old.example|text/plain|Please call in spring|2021-01-05 00:00:00+00`,
		filesTaken: "bell.txt|4|text/plain|ring", accessTaken: "fred@old.example:Shop:full", tagsTaken: "bell", failures: "Attachment 101/2, Group ?", workFollowed: "0",
		`SELECT concat_ws('|', phone, mobile, address, custom) FROM users WHERE email = 'carla@velo.example'`: `1|2|Lane 1|{"member": true}`,
		`SELECT login FROM users WHERE password IS NOT NULL`:                                                  "fred@old.example",
	}
	o.all("freshdesk")
	o.want(facts)
	o.want(map[string]string{counts: "Fields 4/2/0/0/2/0, Groups 2/1/0/0/0/1, Organizations 1/1/0/0/0/0, Tickets 3/2/0/0/1/0, Users 5/5/0/0/0/0"})
	o.all("freshdesk")
	o.want(facts)
}

func TestTicketsThatChangeMeanwhileHideNoOthers(t *testing.T) {
	t.Parallel()
	ticket := func(id, changed string) string {
		return `{"id": ` + id + `, "subject": "Ticket ` + id + `", "status": 2, "priority": 1, "created_at": "2021-01-01T00:00:00Z", "updated_at": "2021-01-` + changed + `T00:00:00Z"}`
	}
	answers := map[string]string{
		"/api/v2/agents/me": "me.json", "/api/v2/roles": "=[]", "/api/v2/ticket_fields": "=[]", "/api/v2/contact_fields": "=[]", "/api/v2/company_fields": "=[]",
		"/api/v2/groups|1": "=[]", "/api/v2/companies|1": "=[]", "/api/v2/agents|1": "=[]", "/api/v2/contacts|1": "=[]",
		// While the first page was read, ticket 201 changed and went to the end: 203 stands on the first page now.
		"/api/v2/tickets|1": "=[" + ticket("202", "02") + "," + ticket("203", "03") + "]", "/api/v2/tickets|2": "=[" + ticket("201", "09") + "]",
	}
	for _, id := range []string{"201", "202", "203"} {
		answers["/api/v2/tickets/"+id], answers["/api/v2/tickets/"+id+"/conversations|1"] = "="+ticket(id, "01"), "=[]"
	}
	e := open(t, "freshdesk", "k3y", "X", answers)
	e.meddle = func(w http.ResponseWriter, what string, times int) bool {
		if what != "/api/v2/tickets|1" || times > 2 {
			return false
		}
		w.Header().Set("Link", `<`+e.URL+`/api/v2/tickets?page=2>; rel="next"`)
		if times == 1 {
			_, _ = w.Write([]byte("[" + ticket("201", "01") + "," + ticket("202", "02") + "]"))
		}
		return times == 1
	}
	o := newOffice(t, map[string]string{"import_freshdesk_endpoint": e.URL + "/api/v2", "import_freshdesk_endpoint_key": "k3y"})
	o.all("freshdesk")
	o.want(map[string]string{`SELECT string_agg(number, ' ' ORDER BY number) FROM tickets WHERE id > 1`: "201 202 203"})
}

func TestKayakoIsTakenOver(t *testing.T) {
	t.Parallel()
	e := open(t, "kayako", "kai@old.example", "s3cret", map[string]string{
		"/api/v1/cases/fields.json": "fields_cases.json", "/api/v1/users/fields.json": `={"data": []}`, "/api/v1/organizations/fields.json": `={"data": []}`,
		"/api/v1/teams.json": "teams.json", "/api/v1/organizations.json": "organizations.json", "/api/v1/users.json": "users.json",
		"/api/v1/users.json|1": "users2.json", "/api/v1/cases.json": "cases.json", "/api/v1/cases/301/posts.json": "posts_301.json", "/files/wheel.txt": "=spin",
	})
	o := newOffice(t, map[string]string{
		"import_kayako_endpoint": e.URL + "/api/v1", "import_kayako_endpoint_username": "kai@old.example", "import_kayako_endpoint_password": "s3cret",
	})
	facts := map[string]string{
		peopleTaken:  "carla@velo.example:t:Customer, kai@old.example:t:Admin, kai@old.example:t:Agent",
		ticketsTaken: `301|Wheel wobbles|Workshop|closed|3 high|kai@old.example|carla@velo.example|Velo Club|Problem|{"extras": ["71", "72"], "terrain": "62", "frame_number": "F-77"}|2019-01-03 00:00:00+00|2019-01-01 00:00:00+00|2019-01-04 00:00:00+00`,
		articlesTaken: `301|email|Customer|f|carla@velo.example|carla@velo.example|text/html|<p>It <b>wobbles</b></p>|2019-01-01 00:00:00+00
301|note|Agent|t|Kai Agent <kai@old.example>|kai@old.example|text/plain|Check the spokes|2019-01-02 00:00:00+00`,
		filesTaken: "wheel.txt|4|text/plain|spin", accessTaken: "kai@old.example:Workshop:full", tagsTaken: "wheel", failures: "null", workFollowed: "0",
		`SELECT concat_ws('|', phone, created_at) FROM users WHERE email = 'carla@velo.example'`: "+4930999|2018-03-01 00:00:00+00",
		`SELECT concat_ws('|', domain, shared) FROM organizations WHERE name = 'Velo Club'`:      "velo.example|t",
	}
	o.all("kayako")
	o.want(facts)
	o.want(map[string]string{counts: "Fields 4/3/0/0/1/0, Groups 1/1/0/0/0/0, Organizations 1/1/0/0/0/0, Tickets 2/1/0/0/1/0, Users 2/2/0/0/0/0"})
	o.all("kayako")
	o.want(facts)
}

func TestOTRSIsTakenOver(t *testing.T) {
	t.Parallel()
	at := "/otrs/public.pl|"
	e := open(t, "otrs", "", "", map[string]string{
		at + "": `={"Success": 1}`, at + "List": `={"Success": 1, "Result": {"Ticket": "2", "CustomerUser": 1}}`,
		at + "ExportDynamicField": "fields.json", at + "ExportState": "states.json", at + "ExportPriority": "priorities.json",
		at + "ExportQueue": "queues.json", at + "ExportGroup": "groups.json", at + "ExportUser": "users.json",
		at + "ExportCustomer0": "customers.json", at + "ExportCustomer200": "customers.json", // all of the list, at any offset
		at + "ExportCustomerUser0": "customer_users.json", at + "ExportCustomerUser200": `={"Success": 1, "Result": []}`,
		at + "ExportTicket0": "tickets.json", at + "ExportTicket20": `={"Success": 1, "Result": []}`,
	})
	o := newOffice(t, map[string]string{"import_otrs_endpoint": e.URL + "/otrs/public.pl?Action=ZammadMigrator", "import_otrs_endpoint_key": "k3y"})
	facts := map[string]string{
		peopleTaken: "carla:t:Customer, gone:f:Agent, nobody@old.example:t:Customer, otto:t:Admin, otto:t:Agent",
		ticketsTaken: `2016010110000017|Saddle squeaks|Postmaster::Bikes|pending auto close+|5 very high|otto|carla@velo.example|Velo Club|Incident|{"frame": "58"}|2016-01-01 10:00:00+00|2016-01-03 10:00:00+00
2016010110000018|Damaged|Postmaster|new|2 normal|-|nobody@old.example|{}|2016-01-01 10:00:00+00|2016-01-01 10:00:00+00`,
		articlesTaken: `2016010110000017|email|Customer|f|Carla <carla@velo.example>|help@old.example|carla|text/plain|It squeaks|2016-01-01 10:00:00+00
2016010110000017|note|Agent|t|Otto Reiter|otto|text/plain|Use oil|2016-01-02 10:00:00+00
2016010110000017|email|System|f|help@old.example|carla@velo.example|-|text/html|<b>Oiled</b>|2016-01-03 10:00:00+00
2016010110000018|web|Customer|f|nobody@old.example|nobody@old.example|text/plain|See file|2016-01-01 10:00:00+00`,
		filesTaken:  "squeak.mp3|4|audio/mpeg|RIFF",
		accessTaken: "otto:Postmaster:overview, otto:Postmaster:read, otto:Postmaster::Bikes:full",
		failures:    "Attachment 52/74.1, Ticket 53", workFollowed: "0",
		`SELECT string_agg(concat_ws(':', g.name, p.name), ', ' ORDER BY g.id) FROM groups g LEFT JOIN groups p ON p.id = g.parent_id`:                                                                       "Users, Postmaster, Postmaster::Bikes:Postmaster",
		`SELECT concat_ws('|', y.name, n.name) FROM ticket_states s JOIN ticket_state_types y ON y.id = s.state_type_id JOIN ticket_states n ON n.id = s.next_state_id WHERE s.name = 'pending auto close+'`: "pending action|closed",
		`SELECT pending_time FROM tickets WHERE number = '2016010110000017'`:                                                                                                                                 "2100-01-01 00:00:00+00",
		`SELECT message_id FROM ticket_articles WHERE body = 'It squeaks'`:                                                                                                                                   "<1@velo.example>",
		`SELECT string_agg(login, ',' ORDER BY login) FROM users WHERE password IS NOT NULL`:                                                                                                                 "carla,otto",
		`SELECT result->'Tickets'->>'total' FROM helpdesk_imports WHERE id = (SELECT max(id) FROM helpdesk_imports)`:                                                                                         "3",
	}
	o.all("otrs")
	o.want(facts)
	o.want(map[string]string{counts: "Fields 2/1/0/0/1/0, Groups 2/2/0/0/0/0, Organizations 1/1/0/0/0/0, Priorities 1/1/0/0/0/0, States 3/2/0/1/0/0, Tickets 3/2/0/0/0/1, Users 4/4/0/0/0/0"})
	var hash string
	if err := o.db.QueryRow(t.Context(), `SELECT password FROM users WHERE login = 'otto'`).Scan(&hash); err != nil {
		t.Fatal(err)
	}
	if !credential.VerifyPassword(hash, "abc") {
		t.Error("the password of the other helpdesk is refused")
	}
	o.all("otrs")
	o.want(facts)
}
