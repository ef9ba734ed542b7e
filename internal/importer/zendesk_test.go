package importer_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"postroom/internal/importer/source"
)

var zendeskAnswers = map[string]string{
	"/api/v2/users/me.json":                      "me.json",
	"/api/v2/ticket_fields.json":                 "ticket_fields.json",
	"/api/v2/user_fields.json":                   "user_fields.json",
	"/api/v2/organization_fields.json":           "organization_fields.json",
	"/api/v2/groups.json":                        "groups.json",
	"/api/v2/organizations.json":                 "organizations.json",
	"/api/v2/users.json":                         "users.json",
	"/api/v2/users.json|page2":                   "users2.json",
	"/api/v2/group_memberships.json":             "group_memberships.json",
	"/api/v2/incremental/tickets/cursor.json":    "tickets.json",
	"/api/v2/incremental/tickets/cursor.json|t2": "tickets2.json",
	"/api/v2/tickets/4711/comments.json":         "comments_4711.json",
	"/api/v2/tickets/4711/comments.json|c2":      "comments_4711_2.json",
	"/api/v2/tickets/4712/comments.json":         "comments_4712.json",
	"/attachments/token/a1/":                     "=\x89PNG",
}

func zendesk(t *testing.T) (*elsewhere, *office) {
	t.Helper()
	answers := map[string]string{}
	for what, file := range zendeskAnswers {
		answers[what] = file
	}
	e := open(t, "zendesk", "ada@old.example/token", "s3cret", answers)
	return e, newOffice(t, map[string]string{
		"import_zendesk_endpoint": e.URL + "/api/v2", "import_zendesk_endpoint_username": "ada@old.example", "import_zendesk_endpoint_key": "s3cret",
	})
}

// taken are facts of an installation that took the Zendesk of testdata over, however often.
var taken = map[string]string{
	`SELECT string_agg(name, ', ' ORDER BY id) FROM groups`:                                                             "Users, Repair",
	`SELECT concat_ws('|', name, domain, shared, note, custom, created_at) FROM organizations WHERE name = 'Velo Club'`: `Velo Club|velo.example|t|since 2010|{"since": "2010-04-01"}|2019-04-01 10:00:00+00`,
	`SELECT string_agg(concat_ws(':', object, name, data_type, to_create), ', ' ORDER BY object, name) FROM object_manager_attributes WHERE editable AND updated_at > now() - interval '1 hour' AND data_option::text NOT LIKE '%tree%' AND name IN ('product_line', 'title_field', 'serial_number', 'serial_number_field', 'shoe_size', 'since')`: "Organization:since:date:f, Ticket:product_line:select:f, Ticket:serial_number:input:f, Ticket:serial_number_field:input:f, Ticket:title_field:boolean:f, User:shoe_size:integer:f",
	`SELECT concat_ws('|', firstname, lastname, phone, note, custom, source, created_at) FROM users WHERE email = 'carla@velo.example'`:                                                                    `Carla|Customer|+49 30 1234|VIP|{"shoe_size": 39}|zendesk|2019-05-01 09:00:00+00`,
	`SELECT string_agg(concat_ws(':', u.login, r.name), ', ' ORDER BY u.login, r.name) FROM users u JOIN roles_users ru ON ru.user_id = u.id JOIN roles r ON r.id = ru.role_id WHERE u.source = 'zendesk'`: "ada@old.example:Admin, ada@old.example:Agent, al@old.example:Agent, carla@velo.example:Customer, dora.deleted@old.example:Customer, zendesk-14:Customer",
	`SELECT string_agg(concat_ws(':', u.login, g.name, gu.access), ', ') FROM groups_users gu JOIN users u ON u.id = gu.user_id JOIN groups g ON g.id = gu.group_id`:                                       "al@old.example:Repair:full",
	`SELECT concat_ws('|', t.title, g.name, s.name, p.name, o.login, c.login, org.name, t.type, t.custom, t.pending_time, t.created_at, t.updated_at)
		FROM tickets t JOIN groups g ON g.id = t.group_id JOIN ticket_states s ON s.id = t.state_id JOIN ticket_priorities p ON p.id = t.priority_id
		JOIN users o ON o.id = t.owner_id JOIN users c ON c.id = t.customer_id JOIN organizations org ON org.id = t.organization_id WHERE t.number = '4711'`: `Chain is broken|Repair|pending reminder|3 high|al@old.example|carla@velo.example|Velo Club|problem|{"title_field": true, "product_line": "road", "serial_number": "A-1", "serial_number_field": "B-2"}|2023-02-01 08:00:00+00|2023-01-10 08:00:00+00|2023-01-12 09:30:00+00`,
	`SELECT concat_ws('|', article_count, last_contact_customer_at, last_contact_agent_at, first_response_at, close_at) FROM tickets WHERE number = '4711'`:                                                    "3|2023-01-10 08:00:00+00|2023-01-12 09:30:00+00|2023-01-12 09:30:00+00",
	`SELECT concat_ws('|', s.name, t.group_id, t.owner_id, u.email, u.active, t.close_at) FROM tickets t JOIN ticket_states s ON s.id = t.state_id JOIN users u ON u.id = t.customer_id WHERE number = '4712'`: "closed|1|1|dora.deleted@old.example|f|2022-01-11 08:00:00+00",
	`SELECT string_agg(concat_ws('/', y.name, s.name, a.internal, a."from", a."to", u.login, a.created_at), E'\n' ORDER BY a.created_at)
		FROM ticket_articles a JOIN tickets t ON t.id = a.ticket_id JOIN ticket_article_types y ON y.id = a.type_id JOIN ticket_article_senders s ON s.id = a.sender_id
		JOIN users u ON u.id = a.created_by_id WHERE t.number = '4711'`: `email/Customer/f/"Carla Customer" <carla@velo.example>/"Old Desk" <help@old.example>/carla@velo.example/2023-01-10 08:00:00+00
note/Agent/t/Al de Agent <al@old.example>/al@old.example/2023-01-10 09:00:00+00
email/Agent/f/Al de Agent <al@old.example>/"Carla Customer" <carla@velo.example>/al@old.example/2023-01-12 09:30:00+00`,
	`SELECT body FROM ticket_articles WHERE body LIKE '%chain%'`: `<div>My chain <b>broke</b><img src="cid:file.601@import.invalid"></div>`,
	`SELECT string_agg(concat_ws('|', f.filename, f.size, f.preferences->>'Mime-Type', f.preferences->>'Content-ID', b.sha256 = sha256('\x89504e47')), ',') FROM attachments f JOIN blobs b ON b.id = f.blob_id`: "chain.png|4|image/png|file.601@import.invalid|t",
	`SELECT string_agg(g.name, ' ' ORDER BY g.name) FROM taggings x JOIN tags g ON g.id = x.tag_id JOIN tickets t ON t.id = x.o_id WHERE t.number = '4711'`:                                                      "bike chain",
	`SELECT string_agg(concat_ws(':', object, type, created_at), ', ' ORDER BY id) FROM history WHERE created_at < '2023-01-10 09:00'`:                                                                           "Ticket:created:2023-01-10 08:00:00+00, Ticket::Article:created:2023-01-10 08:00:00+00, Ticket:created:2022-01-10 08:00:00+00, Ticket::Article:created:2022-01-10 08:00:00+00",
	// Agents are told from now on what happens to tickets, as agents are at first.
	`SELECT string_agg(login, ' ' ORDER BY login) FROM users WHERE source = 'zendesk' AND preferences->'notification_config'->'matrix' ? 'escalation'`: "ada@old.example al@old.example",
	// Nobody is told of history: no work but that of the import was announced.
	`SELECT count(*) FROM outbox WHERE kind <> 'import.run'`: "0",
	`SELECT string_agg(type, ',') FROM deadline_events`:      "reminder_reached",
	`SELECT concat_ws(' ', import.v, done.v) FROM (SELECT state_current->>'value' AS v FROM settings WHERE name = 'import_mode') import, (SELECT state_current->>'value' AS v FROM settings WHERE name = 'system_init_done') done`: "false true",
}

func TestZendeskIsTakenOver(t *testing.T) {
	t.Parallel()
	e, o := zendesk(t)
	o.all("zendesk")
	o.want(taken)
	o.want(map[string]string{
		counts: "Fields 8/6/0/0/2/0, Groups 2/1/0/1/0/0, Organizations 2/1/0/0/0/1, Tickets 5/2/0/0/1/2, Users 7/5/0/1/0/1",
		`SELECT string_agg(concat_ws(' ', object, source_id), ', ' ORDER BY object, source_id) FROM helpdesk_import_failures`:  "Attachment 4711/602, Organization 32, Ticket 4714, Ticket 4715, User 15",
		`SELECT string_agg(reason, '|' ORDER BY object, source_id) FROM helpdesk_import_failures WHERE object <> 'Attachment'`: "Name can't be blank|/tickets/4714/comments.json: unreadable answer: status 404|subject is of another kind than expected: array|name is of another kind than expected: object",
	})

	// Again: nothing is made twice, and nobody is asked for comments that are here.
	asked := e.times("/api/v2/tickets/4711/comments.json")
	o.all("zendesk")
	o.want(taken)
	o.want(map[string]string{counts: "Fields 8/0/0/6/2/0, Groups 2/0/0/2/0/0, Organizations 2/0/0/1/0/1, Tickets 5/0/0/2/1/2, Users 6/0/0/5/0/1"})
	if again := e.times("/api/v2/tickets/4711/comments.json"); again != asked {
		t.Errorf("comments of a ticket that did not change were read %d times, want %d", again, asked)
	}
}

func TestChangesAreTakenOverLater(t *testing.T) {
	t.Parallel()
	e, o := zendesk(t)
	o.all("zendesk")
	e.mu.Lock()
	e.answers["/api/v2/incremental/tickets/cursor.json"] = `={"tickets": [{"id": 4711, "subject": "Chain was broken", "status": "solved", "priority": "low",
		"requester_id": 13, "assignee_id": 12, "group_id": 22, "created_at": "2023-01-10T08:00:00Z", "updated_at": "2023-02-02T10:00:00Z"},
		{"id": 4712, "status": "closed", "subject": "Invoice", "requester_id": 98, "created_at": "2022-01-10T08:00:00Z", "updated_at": "2023-01-11T08:00:00Z"}],
		"end_of_stream": true}`
	e.answers["/api/v2/tickets/4711/comments.json|c2"] = `={"comments": [{"id": 504, "author_id": 13, "plain_body": "Thanks!", "public": true, "created_at": "2023-02-02T10:00:00Z",
		"via": {"channel": "email"}}], "meta": {"has_more": false}}`
	e.mu.Unlock()
	if _, err := o.db.Exec(t.Context(), `DELETE FROM tickets WHERE number = '4712'`); err != nil { // somebody did, here
		t.Fatal(err)
	}
	o.all("zendesk")
	o.want(map[string]string{
		`SELECT concat_ws('|', t.title, t.group_id, s.name, p.name, t.article_count, t.updated_at, t.close_at, t.pending_time)
			FROM tickets t JOIN ticket_states s ON s.id = t.state_id JOIN ticket_priorities p ON p.id = t.priority_id WHERE t.number = '4711'`: "Chain was broken|1|closed|1 low|4|2023-02-02 10:00:00+00|2023-02-02 10:00:00+00",
		`SELECT string_agg(body, '|' ORDER BY id) FROM ticket_articles WHERE id > (SELECT max(id) - 1 FROM ticket_articles)`:                                                  "Thanks!",
		`SELECT string_agg(concat_ws(' ', attribute, value_from, value_to), ', ' ORDER BY attribute) FROM history WHERE type = 'updated' AND attribute IN ('state', 'title')`: "state pending reminder closed, title Chain is broken Chain was broken",
		`SELECT count(*) FROM tickets WHERE number IN ('4711', '4712')`:                                                                                                       "1",
		`SELECT count(*) FROM outbox WHERE kind <> 'import.run'`:                                                                                                              "0",
		`SELECT (result->'Tickets') - 'total' FROM helpdesk_imports ORDER BY id DESC LIMIT 1`:                                                                                 `{"sum": 2, "failed": 0, "created": 0, "skipped": 1, "updated": 1, "unchanged": 0, "deactivated": 0}`,
	})
}

func TestImportGoesOnAfterARest(t *testing.T) {
	t.Parallel()
	e, o := zendesk(t)
	e.meddle = func(w http.ResponseWriter, what string, times int) bool {
		limited := map[string]int{"/api/v2/users.json|page2": 1, "/api/v2/tickets/4712/comments.json": 2, "/api/v2/incremental/tickets/cursor.json|t2": 1}
		if times > limited[what] {
			return false
		}
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(http.StatusTooManyRequests)
		return true
	}
	id := o.begin("zendesk")
	rests := 0
	for done := false; !done; {
		var err error
		done, err = o.Advance(t.Context(), id, time.Now().Add(5*time.Minute))
		later, is := errors.AsType[*source.Later](err)
		if err != nil && (!is || later.After != 7*time.Second) {
			t.Fatalf("%v, want a rest of 7 s", err)
		}
		if is {
			rests++
		}
		if rests > 10 {
			t.Fatal("no end of rests")
		}
	}
	if rests != 4 {
		t.Errorf("%d rests, want 4", rests)
	}
	o.want(taken)
	o.want(map[string]string{counts: "Fields 8/6/0/0/2/0, Groups 2/1/0/1/0/0, Organizations 2/1/0/0/0/1, Tickets 5/2/0/0/1/2, Users 7/5/0/1/0/1"})
	if n := e.times("/api/v2/tickets/4711/comments.json"); n != 1 {
		t.Errorf("comments of a ticket that was written before the rest were read %d times, want once", n)
	}
}

func TestImportGoesOnAfterARestart(t *testing.T) {
	t.Parallel()
	_, o := zendesk(t)
	id := o.begin("zendesk")
	// A process that has time for one page only, and then another one, and so on.
	for turns := 0; ; turns++ {
		done, err := o.Advance(t.Context(), id, time.Now().Add(20*time.Millisecond))
		if err != nil {
			t.Fatal(err)
		}
		if done {
			break
		}
		if turns > 1000 {
			t.Fatal("no end of turns")
		}
	}
	o.want(taken)
	o.want(map[string]string{counts: "Fields 8/6/0/0/2/0, Groups 2/1/0/1/0/0, Organizations 2/1/0/0/0/1, Tickets 5/2/0/0/1/2, Users 7/5/0/1/0/1"})
}

func TestWhoImportsMaySignIn(t *testing.T) {
	t.Parallel()
	_, o := zendesk(t)
	o.all("zendesk")
	o.want(map[string]string{`SELECT string_agg(login, ',') FROM users WHERE password IS NOT NULL`: "ada@old.example"})
}

func TestWrongCredentialsEndTheImport(t *testing.T) {
	t.Parallel()
	e, o := zendesk(t)
	e.password = "another"
	_, err := o.Advance(t.Context(), o.begin("zendesk"), time.Now().Add(5*time.Minute))
	if _, refused := errors.AsType[*source.Refused](err); !refused {
		t.Errorf("%v, want a refusal", err)
	}
}
