package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"postroom/api/apitest"
)

func TestTicketCreationRefusals(t *testing.T) {
	t.Parallel()
	d := apitest.OpenDesk(t)
	for _, tc := range []struct {
		who, ticket string
		status      int
		want        string
	}{
		{"emma", `{"title": "t", "customer": "david"}`, 422, "The required value 'group_id' is missing."},
		{"emma", `{"group": "Users", "customer": "david"}`, 422, "Missing required value for field 'title'!"},
		{"emma", `{"group": "Users", "customer": "david", "title": " "}`, 422, "Missing required value for field 'title'!"},
		{"emma", `{"group": "Users", "title": "t"}`, 422, "Missing required value for field 'customer_id'!"},
		{"emma", `{"group": "Nope", "title": "t"}`, 422, `No lookup value found for 'group': "Nope"`},
		{"emma", `{"group_id": 99, "title": "t"}`, 422, "Invalid value for param 'group_id': 99"},
		{"emma", `{"group": "Users", "title": "t", "customer": "nobody@example.com"}`, 422, `No lookup value found for 'customer': "nobody@example.com"`},
		{"emma", `{"group": "Users", "title": "t", "customer": 5}`, 422, "String is needed as ref value 5 for 'customer'"},
		{"emma", `{"group": "Users", "title": "t", "customer_id": 9999}`, 422, "Invalid value for param 'customer_id': 9999"},
		{"emma", `{"group": "Users", "title": "t", "customer_id": "guess:no mail"}`, 422, "Invalid email 'no mail' of customer"},
		{"emma", `{"group": "Users", "title": "t", "customer": "david", "state": "merged"}`, 422, "Invalid value '5' for field 'state_id'!"},
		{"emma", `{"group": "Users", "title": "t", "customer": "david", "state": "pending close"}`, 422, "Missing required value for field 'pending_time'!"},
		{"emma", `{"group": "Users", "title": "t", "customer": "david", "owner": "reader"}`, 422, fmt.Sprintf("Invalid value '%d' for field 'owner_id'!", d.UserID("reader"))},
		{"emma", `{"group": "Users", "title": "t", "customer": "david", "organization": "Nope"}`, 422, `No lookup value found for 'organization': "Nope"`},
		{"emma", `{"group": "Users", "title": "t", "customer": "david", "pending_time": "soon"}`, 422, `Invalid value for param 'pending_time': "soon"`},
		{"emma", `{"group": "Sales", "title": "t", "customer": "david"}`, 403, "Not authorized"},
		{"reader", `{"group": "Users", "title": "t", "customer": "david"}`, 403, "Not authorized"},
		{"david", `{"group": "Users", "title": "t", "state": "open"}`, 422, "Invalid value '2' for field 'state_id'!"},
		{"boss", `{"group": "Users", "title": "t"}`, 403, "User authorization failed."},
		{"reporter", `{"group": "Users", "title": "t"}`, 403, "User authorization failed."},
	} {
		d.Post(tc.who, "/tickets", tc.ticket).Refuses(tc.status, tc.want)
	}
	guess := d.Post("emma", "/tickets", `{"group": "Users", "title": "t", "customer_id": "guess:no mail"}`)
	if strings.Contains(string(guess.Body), "error_human") {
		t.Errorf("guess: %s, want no error_human", guess.Body)
	}
	var left int
	d.One(&left, `SELECT (SELECT count(*) FROM tickets WHERE id > 1) + (SELECT count(*) FROM history)`)
	if left != 0 {
		t.Errorf("refused tickets left %d rows", left)
	}
}

func TestCustomersOfNewTickets(t *testing.T) {
	t.Parallel()
	d := apitest.OpenDesk(t)
	acme, loners := 0, 0
	d.One(&acme, `SELECT id FROM organizations WHERE name = 'Acme'`)
	d.One(&loners, `SELECT id FROM organizations WHERE name = 'Loners'`)
	for _, tc := range []struct {
		who, fields, customer string
		organization          int
	}{
		{"emma", `"customer": "david"`, "david", acme},
		{"emma", `"customer": "David@Example.com"`, "david", acme},
		{"emma", fmt.Sprintf(`"customer_id": "%d"`, d.UserID("david")), "david", acme},
		{"emma", `"customer_id": "guess:DAVID@example.com"`, "david", acme},
		{"emma", `"customer_id": "guess:fresh.face@example.org"`, "fresh.face@example.org", 0},
		{"emma", `"customer": {"email": "dora@example.com"}`, "dora", acme},
		{"emma", `"customer": {"email": "object@example.org", "firstname": "Obi"}`, "object@example.org", 0},
		{"emma", `"customer_id": "", "customer": {"login": "lone"}`, "lone", loners},
		{"emma", `"customer": "lars"`, "lars", loners},
		{"emma", fmt.Sprintf(`"customer": "lars", "organization_id": %d`, acme), "lars", acme},
		{"emma", `"customer": "david", "organization": "Loners"`, "david", acme},
		{"david", `"customer": "dora", "owner": "emma", "preferences": {"x": 1}`, "david", acme},
		{"david", `"customer_id": "guess:sneaky@example.org"`, "david", acme},
		{"both", `"customer": "dora"`, "dora", acme},
	} {
		group := map[bool]string{true: "Sales", false: "Users"}[tc.who == "both"]
		got := d.Post(tc.who, "/tickets?expand=true", `{"title": "t", "group": "`+group+`", `+tc.fields+`}`).Is(201).Object()
		organization, _ := got["organization_id"].(float64)
		if got["customer"] != tc.customer || int(organization) != tc.organization || got["owner"] != "-" || len(got["preferences"].(map[string]any)) != 0 {
			t.Errorf("%s sends %s: customer %v, organization %v, owner %v, preferences %v; want %s, %d", tc.who, tc.fields,
				got["customer"], got["organization_id"], got["owner"], got["preferences"], tc.customer, tc.organization)
		}
		if _, named := got["organization"]; named != (tc.organization != 0) {
			t.Errorf("%s: organization named: %v", tc.fields, named)
		}
	}
	var roles string
	d.One(&roles, `SELECT string_agg(r.name, ',') FROM users u JOIN roles_users ru ON ru.user_id = u.id JOIN roles r ON r.id = ru.role_id WHERE u.email = 'fresh.face@example.org'`)
	if roles != "Customer" {
		t.Errorf("a guessed customer has roles %s", roles)
	}
}

func TestUpdateTicket(t *testing.T) {
	t.Parallel()
	d := apitest.OpenDesk(t)
	id := d.NewTicket(1, "david", "to be changed")
	path := apitest.TicketPath(id)
	before := d.Get("emma", path+"?expand=true").Is(200)

	// A client that sends back what it got changes nothing, not even updated_at.
	if same := d.Put("emma", path+"?expand=true", string(before.Body)).Is(200); string(same.Body) != string(before.Body) {
		t.Errorf("sent back whole:\n%s\nbecame\n%s", before.Body, same.Body)
	}
	got := d.Put("emma", path+"?expand=true", `{"title": "Changed", "state": "closed", "priority": "3 high", "owner": "emma", "customer": "lone",
		"number": "1", "id": 77, "created_by_id": 9, "article_count": 50, "unknown": {"a": 1}, "preferences": {"a": 1}}`).Is(200).Object()
	for key, want := range map[string]any{
		"id": float64(id), "title": "Changed", "state": "closed", "priority": "3 high", "owner": "emma", "customer": "lone", "organization": "Loners",
		"number": before.Object()["number"], "created_by_id": 1.0, "updated_by": "emma", "article_count": 0.0,
	} {
		if got[key] != want {
			t.Errorf("%s = %v, want %v", key, got[key], want)
		}
	}
	if got["close_at"] == nil || got["last_close_at"] == nil {
		t.Error("closing was not noted")
	}
	got = d.Put("emma", path, `{"preferences": {"b": 2}, "priority_id": "1"}`).Is(200).Object()
	if fmt.Sprint(got["preferences"]) != "map[a:1 b:2]" || got["priority_id"] != 1.0 {
		t.Errorf("preferences %v, priority %v", got["preferences"], got["priority_id"])
	}
	var changes string
	d.One(&changes, `SELECT string_agg(attribute || ':' || coalesce(value_from, '') || '>' || coalesce(value_to, ''), ' ' ORDER BY id)
		FROM history WHERE object = 'Ticket' AND o_id = $1 AND type = 'updated' AND attribute IN ('title', 'state', 'priority')`, id)
	if changes != "state:open>closed priority:2 normal>3 high title:to be changed>Changed priority:3 high>1 low" {
		t.Errorf("history = %s", changes)
	}
}

// A client may know of a relation by one of its two names only, and send what it has.
func TestRelationsByIDAndName(t *testing.T) {
	t.Parallel()
	d := apitest.OpenDesk(t)
	path := apitest.TicketPath(d.NewTicket(1, "david", "relations")) + "?expand=true"
	for _, tc := range []struct{ sent, key, want string }{
		{`{"priority_id": 3, "priority": "1 low"}`, "priority", "3 high"},
		{`{"priority_id": 1.0}`, "priority", "1 low"},
		{`{"priority_id": null, "priority": "2 normal"}`, "priority", "2 normal"},
		{`{"owner_id": null, "owner": "emma"}`, "owner", "emma"},
		{`{"owner_id": null, "owner": ""}`, "owner", "-"},
		{`{"organization_id": null, "organization": "Acme"}`, "organization", "Acme"},
		{`{"priority": null, "priority_id": "3"}`, "priority", "3 high"},
	} {
		if got := d.Put("emma", path, tc.sent).Is(200).Object()[tc.key]; got != tc.want {
			t.Errorf("%s: %s is %v, want %s", tc.sent, tc.key, got, tc.want)
		}
	}
	d.Put("emma", path, `{"priority_id": 1.5}`).Refuses(422, "Invalid value for param 'priority_id': 1.5")
}

// Who brings data from another system along says who made it, and when.
func TestStampsAreKeptWhileDataIsTakenIn(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	const then = `"created_at": "2019-03-04T05:06:07.089Z", "updated_at": "2020-01-02T03:04:05Z"`
	ticket := `{"title": "old", "group": "Users", "customer": "david", "created_by": "reader", ` + then + `,
		"article": {"body": "b", "type": "phone", "created_by_id": ` + fmt.Sprint(o.UserID("changer")) + `, ` + then + `}}`
	is := func(record map[string]any, want map[string]any) {
		t.Helper()
		for key, value := range want {
			if record[key] != value {
				t.Errorf("%s is %v, want %v", key, record[key], value)
			}
		}
	}
	if now := o.Post("emma", "/tickets?expand=true", ticket).Is(201).Object(); now["created_by"] != "emma" || now["created_at"] == "2019-03-04T05:06:07.089Z" {
		t.Errorf("outside of import mode: made by %v at %v", now["created_by"], now["created_at"])
	}
	o.Setting("import_mode", true)
	stamped := map[string]any{"created_at": "2019-03-04T05:06:07.089Z", "updated_at": "2020-01-02T03:04:05.000Z"}
	made := o.Post("emma", "/tickets?expand=true", ticket).Is(201)
	is(made.Object(), stamped)
	is(made.Object(), map[string]any{"created_by": "reader", "updated_by": "emma", "last_contact_agent_at": "2019-03-04T05:06:07.089Z"})
	article := o.Get("emma", fmt.Sprintf("/ticket_articles/by_ticket/%d", made.ID())).Is(200).List()[0]
	is(article, stamped)
	is(article, map[string]any{"created_by": "changer", "updated_by": "emma"})
	is(o.Put("emma", apitest.TicketPath(made.ID()), `{"title": "older", "updated_at": "2018-01-01T00:00:00Z"}`).Is(200).Object(),
		map[string]any{"title": "older", "updated_at": "2018-01-01T00:00:00.000Z", "created_at": "2019-03-04T05:06:07.089Z"})
	for path, body := range map[string]string{
		"/users": `{"email": "ann@example.org", ` + then + `}`, "/organizations": `{"name": "Old Ltd", ` + then + `}`, "/groups": `{"name": "Old", ` + then + `}`,
	} {
		is(o.Post("chris", path, body).Is(201).Object(), stamped)
	}
	o.Post("emma", "/tickets", `{"title": "t", "group": "Users", "customer": "david", "created_by_id": 4711}`).
		Refuses(422, "Invalid value for param 'created_by_id': 4711")
	if mine := o.Post("david", "/tickets?expand=true", `{"title": "t", "group": "Users", "created_by": "emma"}`).Is(201).Object(); mine["created_by"] != "david" {
		t.Errorf("a customer wrote in the name of %v", mine["created_by"])
	}
}

func TestNotesOfTicketsAreClean(t *testing.T) {
	t.Parallel()
	d := apitest.OpenDesk(t)
	made := d.Post("emma", "/tickets", `{"title": "noted", "group": "Users", "customer": "david", "note": "<b>sure</b><script>alert(1)</script>"}`).Is(201)
	if got := made.Object()["note"]; got != "<b>sure</b>" {
		t.Errorf("note is stored as %v", got)
	}
	path := apitest.TicketPath(made.ID())
	if got := d.Put("emma", path, `{"note": "<img src=x onerror=alert(1)>see"}`).Is(200).Object()["note"]; strings.Contains(fmt.Sprint(got), "onerror") {
		t.Errorf("note became %v", got)
	}
	if got := d.Put("emma", path, `{"note": null}`).Is(200).Object()["note"]; got != nil {
		t.Errorf("a note that was taken away is %v", got)
	}
}

func TestUpdateRules(t *testing.T) {
	t.Parallel()
	d := apitest.OpenDesk(t)
	id := d.NewTicket(1, "david", "rules")
	path := apitest.TicketPath(id)
	for _, tc := range []struct {
		who, sent string
		status    int
		want      string // the error, or fields of the answer as JSON
	}{
		{"emma", `{"state": "new"}`, 422, "Invalid value '1' for field 'state_id'!"},
		{"emma", `{"group": "Sales"}`, 422, "Invalid value '2' for field 'group_id'!"},
		{"emma", `{"title": ""}`, 422, "Missing required value for field 'title'!"},
		{"emma", `{"title": null}`, 422, "Missing required value for field 'title'!"},
		{"emma", `{"customer_id": null}`, 422, "Missing required value for field 'customer_id'!"},
		{"emma", `{"state_id": null}`, 422, "Missing required value for field 'state_id'!"},
		{"emma", `{"group_id": ""}`, 422, "Missing required value for field 'group_id'!"},
		{"emma", `{"priority_id": null}`, 422, "Missing required value for field 'priority_id'!"},
		{"emma", `{"state": "pending reminder"}`, 422, "Missing required value for field 'pending_time'!"},
		{"emma", `{"state": "pending reminder", "pending_time": "2031-01-01T00:00:59Z"}`, 200, `{"state_id": 3, "pending_time": "2031-01-01T00:00:00.000Z"}`},
		{"emma", `{"title": "still pending"}`, 200, `{"state_id": 3, "pending_time": "2031-01-01T00:00:00.000Z"}`},
		{"emma", `{"state": "open"}`, 200, `{"state_id": 2, "pending_time": null}`},
		{"emma", `{"owner": "emma"}`, 200, fmt.Sprintf(`{"owner_id": %d}`, d.UserID("emma"))},
		{"emma", `{"owner": "reader"}`, 200, `{"owner_id": 1}`}, // can't own: nobody does
		{"emma", `{"owner_id": null}`, 200, `{"owner_id": 1}`},
		{"reader", `{"title": "x"}`, 403, "Not authorized"},
		{"creator", `{"title": "x"}`, 403, "Not authorized"},
		{"boss", `{"title": "x"}`, 403, "Not authorized"},
		{"changer", `{"title": "by changer"}`, 200, `{"title": "by changer"}`},
		{"david", `{"title": "by david", "owner": "emma", "customer": "dora", "organization": "Loners", "preferences": {"z": 1}}`, 200,
			fmt.Sprintf(`{"title": "by david", "owner_id": 1, "customer_id": %d, "preferences": {}}`, d.UserID("david"))},
		{"david", `{"state": "pending close", "pending_time": "2031-01-01"}`, 422, "Invalid value '6' for field 'state_id'!"},
		{"dora", `{"state": "closed"}`, 200, `{"state_id": 4}`},
		{"lone", `{"state": "open"}`, 403, "Not authorized"},
		{"david", `{"state": "open", "article": {"body": "again"}}`, 200, `{"state_id": 2, "article_count": 1}`},
		{"chris", `{"group": "Support", "article": {"body": "moved", "internal": true}}`, 200, `{"group_id": 3, "article_count": 2}`},
		{"emma", `{"title": "x"}`, 403, "Not authorized"},
		{"chris", `{"article": null, "title": "no article"}`, 200, `{"article_count": 2}`},
		{"chris", `{"article": 5}`, 422, "Invalid value for param 'article': 5"},
		{"chris", `{"article": {"subject": "no body"}}`, 422, "Need at least an 'article body' field."},
	} {
		got := d.Put(tc.who, path, tc.sent)
		if tc.status != 200 {
			got.Refuses(tc.status, tc.want)
			continue
		}
		fields := got.Is(200).Object()
		var want map[string]any
		if err := json.Unmarshal([]byte(tc.want), &want); err != nil {
			t.Fatal(err)
		}
		for key, value := range want {
			if fmt.Sprint(fields[key]) != fmt.Sprint(value) {
				t.Errorf("%s sends %s: %s = %v, want %v", tc.who, tc.sent, key, fields[key], value)
			}
		}
	}
}

func TestAnOwnerWhoCannotBeOneIsLetGo(t *testing.T) {
	t.Parallel()
	d := apitest.OpenDesk(t)
	id := d.NewTicket(1, "david", "owned")
	d.Exec(`UPDATE tickets SET owner_id = $2 WHERE id = $1`, id, d.UserID("reader"))
	if got := d.Put("emma", apitest.TicketPath(id), `{"title": "open"}`).Is(200).Object()["owner_id"]; got != 1.0 {
		t.Errorf("owner of an open ticket = %v, want nobody", got)
	}
	d.Exec(`UPDATE tickets SET owner_id = $2, state_id = 4 WHERE id = $1`, id, d.UserID("reader"))
	if got := d.Put("emma", apitest.TicketPath(id), `{"title": "closed"}`).Is(200).Object()["owner_id"]; got != float64(d.UserID("reader")) {
		t.Errorf("owner of a closed ticket = %v, want who it was", got)
	}
	for state, want := range map[int]float64{4: float64(d.UserID("reader")), 2: 1} {
		d.Exec(`UPDATE tickets SET owner_id = $2, state_id = $3 WHERE id = $1`, id, d.UserID("reader"), state)
		d.Post("emma", "/ticket_articles", fmt.Sprintf(`{"ticket_id": %d, "body": "by the way"}`, id)).Is(201)
		if got := d.Get("emma", apitest.TicketPath(id)).Is(200).Object()["owner_id"]; got != want {
			t.Errorf("owner of a ticket in state %d after a note = %v, want %v", state, got, want)
		}
	}
}

func TestActingForSomebodyElse(t *testing.T) {
	t.Parallel()
	d := apitest.OpenDesk(t)
	as := func(who, header, value, body string) apitest.Answer {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.URL+"/api/v1/tickets?expand=true", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Token token=token of "+who)
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set(header, value)
		return d.Send(req)
	}
	ticket := `{"title": "For me", "group": "Users", "customer": "dora", "article": {"body": "b", "type": "web"}}`
	for _, header := range []string{"From", "X-On-Behalf-Of"} {
		got := as("chris", header, "David@Example.com", ticket).Is(201).Object()
		if got["customer"] != "david" || got["created_by"] != "david" || got["create_article_sender"] != "Customer" {
			t.Errorf("%s: customer %v, created_by %v, sender %v", header, got["customer"], got["created_by"], got["create_article_sender"])
		}
	}
	as("emma", "From", "david", ticket).Refuses(403, "Current user has no permission to use 'From'/'X-On-Behalf-Of'!")
}

// Whatever a client sends, it is told what is wrong; nothing of it is our fault.
func TestOddInputIsNeverOurFault(t *testing.T) {
	t.Parallel()
	d := apitest.OpenDesk(t)
	id := d.NewTicket(1, "david", "odd")
	values := []string{
		`null`, `true`, `0`, `-1`, `1.5`, `1e400`, `99999999999999999999`, `""`, `" "`, `"x"`, `"\u0000"`, `"\ud800"`, `[]`, `[1]`, `["a", {}]`, `{}`, `{"a": {"b": []}}`,
		`"` + strings.Repeat("é", 5000) + `"`, `"0000-00-00"`, `"9999999-01-01T00:00:00Z"`, `"guess:"`, `"guess:a@b\u0000.c"`,
	}
	fields := []string{"title", "group", "group_id", "state", "state_id", "priority_id", "owner", "owner_id", "customer", "customer_id", "organization",
		"organization_id", "note", "type", "pending_time", "preferences", "article", "number", "expand", "full", "all"}
	articleFields := []string{"body", "subject", "type", "type_id", "sender", "sender_id", "from", "to", "cc", "reply_to", "in_reply_to", "references",
		"message_id", "content_type", "internal", "preferences", "subtype", "origin_by", "origin_by_id", "attachments", "ticket_id"}
	check := func(a apitest.Answer) {
		t.Helper()
		if a.Status >= 500 || a.Status < 200 {
			t.Errorf("%s: %d %.300s", a.Asked, a.Status, a.Body)
		}
	}
	for _, value := range values {
		for _, field := range fields {
			check(d.Put("chris", apitest.TicketPath(id), fmt.Sprintf(`{"%s": %s}`, field, value)))
			check(d.Post("chris", "/tickets", fmt.Sprintf(`{"title": "t", "group": "Users", "customer": "david", "%s": %s}`, field, value)))
		}
		for _, field := range articleFields {
			check(d.Post("chris", "/ticket_articles", fmt.Sprintf(`{"ticket_id": %d, "body": "b", "%s": %s}`, id, field, value)))
		}
		check(d.Post("chris", "/tickets/search", fmt.Sprintf(`{"query": %s}`, value)))
		check(d.Post("chris", "/tickets/search", fmt.Sprintf(`{"ids": %s, "sort_by": %s}`, value, value)))
	}
	for _, path := range []string{
		"/tickets/abc", "/tickets/-1", "/tickets/99999999999999999999", "/tickets/1%00", "/ticket_articles/by_ticket/x", "/ticket_attachment/a/b/c",
		"/tickets?page=x", "/tickets?per_page=1e9", "/tickets/search?query=%ff", "/tickets/search?query=%00", "/tickets/search?ids[]=x", "/ticket_article_plain/x",
		"/attachments/x", "/ticket_history/x",
	} {
		check(d.Get("chris", path))
	}
}

func TestManyWriteToOneTicketAtOnce(t *testing.T) {
	t.Parallel()
	d := apitest.OpenDesk(t)
	id := d.NewTicket(1, "david", "busy")
	const writers = 8 // more than the connections to the database
	var all sync.WaitGroup
	for n := range writers {
		all.Go(func() {
			changed := d.Put("emma", apitest.TicketPath(id), fmt.Sprintf(`{"title": "by %d", "article": {"body": "by %d"}}`, n, n))
			created := d.Post("emma", "/tickets", `{"title": "another", "group": "Users", "customer_id": "guess:busy@example.org", "article": {"body": "b"}}`)
			if changed.Status != 200 || created.Status != 201 {
				t.Errorf("writer %d: %d %s, %d %s", n, changed.Status, changed.Body, created.Status, created.Body)
			}
		})
	}
	all.Wait()
	var articles, count, tickets, people int
	d.One(&articles, `SELECT count(*) FROM ticket_articles WHERE ticket_id = $1`, id)
	d.One(&count, `SELECT article_count FROM tickets WHERE id = $1`, id)
	d.One(&tickets, `SELECT count(DISTINCT number) FROM tickets WHERE title = 'another'`)
	d.One(&people, `SELECT count(*) FROM users WHERE email = 'busy@example.org'`)
	if articles != writers || count != writers || tickets != writers || people != 1 {
		t.Errorf("%d articles counted as %d, %d tickets of %d customers; want %d, %d, %d, 1", articles, count, tickets, people, writers, writers, writers)
	}
}
