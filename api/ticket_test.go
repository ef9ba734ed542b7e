package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestWhoSeesWhichTicket(t *testing.T) {
	t.Parallel()
	d := openHelpdesk(t)
	d.exec(`DELETE FROM tickets`)
	ids := map[string]int{
		"users/david":  d.newTicket(1, "david", "one"),
		"sales/dora":   d.newTicket(2, "dora", "two"),
		"users/lone":   d.newTicket(1, "lone", "three"),
		"sales/single": d.newTicket(2, "single", "four"),
		"sales/both":   d.newTicket(3, "both", "five"),
	}
	all := []string{"users/david", "sales/dora", "users/lone", "sales/single", "sales/both"}
	for _, tc := range []struct {
		who   string
		lists []string // what lists and searches show
		shows []string // what can be asked for by id, when that differs
	}{
		{"chris", all, nil},
		{"reader", []string{"users/david", "users/lone"}, nil},
		{"creator", nil, nil},
		{"changer", []string{"users/david", "users/lone"}, nil},
		{"overviewer", nil, nil},
		{"emma", []string{"users/david", "users/lone"}, nil},
		{"stranger", nil, nil},
		{"boss", nil, nil},
		{"david", []string{"users/david", "sales/dora", "sales/both"}, nil},
		{"lone", []string{"users/lone"}, nil},
		{"lars", []string{"users/david", "sales/dora", "sales/both"}, nil},
		{"single", []string{"sales/single"}, nil},
		{"both", []string{"users/david", "sales/dora", "sales/single", "sales/both"}, nil},
		{"reporter", all, []string{}},
	} {
		want := numbers(ids, tc.lists)
		for _, path := range []string{"/tickets", "/tickets/search?sort_by=id&order_by=asc", "/tickets?expand=true"} {
			if got := idsOf(d.get(tc.who, path).is(200).list()); !slices.Equal(got, want) {
				t.Errorf("%s asks %s: tickets %v, want %v", tc.who, path, got, want)
			}
		}
		if got := d.get(tc.who, "/tickets/search?only_total_count=true").is(200).object()["total_count"]; got != float64(len(want)) {
			t.Errorf("%s counts %v tickets, want %d", tc.who, got, len(want))
		}
		shows := tc.shows
		if shows == nil {
			shows = tc.lists
		}
		for name, id := range ids {
			status := http.StatusForbidden
			if slices.Contains(shows, name) {
				status = http.StatusOK
			}
			if got := d.get(tc.who, ticketPath(id)).status; got != status {
				t.Errorf("%s asks for ticket %s: %d, want %d", tc.who, name, got, status)
			}
		}
	}
	d.get("chris", "/tickets/99999").refuses(404, "Couldn't find Ticket with 'id'=99999")
	d.get("stranger", ticketPath(ids["users/david"])).refuses(403, "Not authorized")
}

func numbers(ids map[string]int, names []string) []int {
	list := []int{}
	for _, name := range names {
		list = append(list, ids[name])
	}
	slices.Sort(list)
	return list
}

func idsOf(list []map[string]any) []int {
	ids := []int{}
	for _, object := range list {
		ids = append(ids, int(object["id"].(float64)))
	}
	return ids
}

// sample returns the recorded answer of an endpoint.
func sample(t *testing.T, id string) json.RawMessage {
	t.Helper()
	data, err := os.ReadFile("testdata/endpoints.json")
	if err != nil {
		t.Fatal(err)
	}
	var endpoints []struct {
		ID       string
		Response json.RawMessage
	}
	if err := json.Unmarshal(data, &endpoints); err != nil {
		t.Fatal(err)
	}
	for _, endpoint := range endpoints {
		if endpoint.ID == id {
			return endpoint.Response
		}
	}
	t.Fatalf("no sample %s", id)
	return nil
}

// keys are the keys of a JSON object, or of the first object of a list, sorted.
func keys(t *testing.T, data []byte) []string {
	t.Helper()
	var list []map[string]json.RawMessage
	if err := json.Unmarshal(data, &list); err != nil {
		list = make([]map[string]json.RawMessage, 1)
		if err := json.Unmarshal(data, &list[0]); err != nil {
			t.Fatalf("neither object nor list: %.200s", data)
		}
	}
	var names []string
	for name := range list[0] {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func TestAnswersHaveTheRecordedKeys(t *testing.T) {
	t.Parallel()
	d := openHelpdesk(t)
	d.exec(`DELETE FROM tickets WHERE id > 1`)
	create := `{"title": "Help me!", "group": "Users", "customer": "david@example.com",
		"article": {"subject": "My subject", "body": "I am a message!", "type": "note", "internal": false}}`
	update := `{"title": "No help for you", "group": "Sales", "state": "open", "priority": "3 high",
		"article": {"subject": "Update via API", "body": "Here's my reason...", "internal": true}}`
	call := `{"ticket_id": 1, "subject": "Call note", "body": "Called<br/>them", "content_type": "text/html", "type": "phone", "sender": "Agent", "time_unit": "15"}`

	created := d.post("chris", "/tickets", create).is(201)
	updated := d.put("chris", ticketPath(created.id()), update).is(200)
	later := []string{"checklist_id", "referencing_checklist_ids", "referencing_checklists"} // of newer versions
	for _, tc := range []struct {
		sample string
		got    answer
		more   []string // keys that newer versions have
	}{
		{"ticket.list", d.get("chris", "/tickets"), []string{"last_close_at"}},
		{"ticket.show", d.get("chris", "/tickets/1"), []string{"last_close_at"}},
		{"ticket.create", created, []string{"last_close_at"}},
		{"ticket.update", updated, []string{"last_close_at"}},
		{"ticket.search", d.get("chris", "/tickets/search?query=welcome"), nil},
		{"ticket.search.expand", d.get("chris", "/tickets/search?query=welcome&expand=true"), nil},
		{"ticket.search.only_total_count", d.get("chris", "/tickets/search?query=welcome&only_total_count=true"), nil},
		{"ticket_article.by_ticket", d.get("chris", "/ticket_articles/by_ticket/1"), nil},
		{"ticket_article.show", d.get("chris", "/ticket_articles/1"), nil},
		{"ticket_article.create", d.post("chris", "/ticket_articles", call).is(201), []string{"time_unit"}},
	} {
		want := slices.DeleteFunc(append(keys(t, sample(t, tc.sample)), tc.more...), func(key string) bool { return slices.Contains(later, key) })
		slices.Sort(want)
		if got := keys(t, tc.got.body); !slices.Equal(got, want) {
			t.Errorf("%s: keys\n got %v\nwant %v", tc.sample, got, want)
		}
	}
	if kind := created.header.Get("Content-Type"); kind != "application/json; charset=utf-8" {
		t.Errorf("Content-Type = %q", kind)
	}
}

func TestANewTicketStartsAsDocumented(t *testing.T) {
	t.Parallel()
	d := openHelpdesk(t)
	got := d.post("chris", "/tickets", `{"title": "Help\tme!", "group": "Users", "customer": "david@example.com", "article": {"body": "I am a message!"}}`).is(201).object()
	for key, want := range map[string]any{
		"group_id": 1.0, "priority_id": 2.0, "state_id": 1.0, "title": "Help me!", "owner_id": 1.0, "customer_id": float64(d.userID("david")),
		"create_article_type_id": 10.0, "create_article_sender_id": 1.0, "article_count": 1.0, "last_contact_at": nil, "time_unit": nil,
		"note": nil, "created_by_id": float64(d.userID("chris")), "updated_by_id": float64(d.userID("chris")),
	} {
		if got[key] != want {
			t.Errorf("%s = %v, want %v", key, got[key], want)
		}
	}
	if got["organization_id"] == nil {
		t.Error("organization_id is empty, want the customer's")
	}
	var history string
	d.one(&history, `SELECT string_agg(object || ' ' || type, ', ' ORDER BY id) FROM history WHERE o_id = $1 AND object = 'Ticket' OR related_o_id = $1`, got["id"])
	if history != "Ticket created, Ticket::Article created" {
		t.Errorf("history = %s", history)
	}
	shown := d.get("chris", fmt.Sprintf("/ticket_history/%v", got["id"])).is(200).object()["history"].([]any)
	if len(shown) != 2 {
		t.Errorf("history shows %d entries, want 2: %v", len(shown), shown)
	}
}

func TestTheAnswerToAWriteIsTheNextRead(t *testing.T) {
	t.Parallel()
	d := openHelpdesk(t)
	for _, shape := range []string{"?expand=true", "?full=true", "?all=true"} {
		create := `{"title": "Same", "group_id": "1", "customer": "david", "article": {"body": "b", "type": "phone", "sender": "Customer"}}`
		created := d.post("emma", "/tickets"+shape, create).is(201)
		id := firstID(created)
		if read := d.get("emma", ticketPath(id)+shape).is(200); string(read.body) != string(created.body) {
			t.Errorf("create%s answered\n%s\nthen GET\n%s", shape, created.body, read.body)
		}
		updated := d.put("emma", ticketPath(id)+shape, `{"state": "pending reminder", "pending_time": "2030-01-02T03:04:05.678Z", "owner": "emma"}`).is(200)
		if read := d.get("emma", ticketPath(id)+shape); string(read.body) != string(updated.body) {
			t.Errorf("update%s answered\n%s\nthen GET\n%s", shape, updated.body, read.body)
		}
		if !strings.Contains(string(updated.body), `"pending_time":"2030-01-02T03:04:00.000Z"`) {
			t.Errorf("pending_time not to the minute: %s", updated.body)
		}
	}
	created := d.post("emma", "/tickets", `{"title": "Same", "group_id": 1, "customer_id": "guess:New.Person@example.com", "article": {"body": "b"}}`).is(201).object()
	read := d.get("emma", ticketPath(int(created["id"].(float64)))).is(200).object()
	for key, want := range read {
		if got := created[key]; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: created as %v, read as %v", key, got, want)
		}
	}
	article := d.post("emma", "/ticket_articles", fmt.Sprintf(`{"ticket_id": %v, "body": "x"}`, created["id"])).is(201)
	if read := d.get("emma", fmt.Sprintf("/ticket_articles/%d", article.id())); string(read.body) != string(article.body) {
		t.Errorf("article created as\n%s\nread as\n%s", article.body, read.body)
	}
}

// firstID finds the ticket's id in any shape.
func firstID(a answer) int {
	object := a.object()
	for _, key := range []string{"id", "ticket_id"} {
		if id, ok := object[key].(float64); ok {
			return int(id)
		}
	}
	a.t.Fatalf("no id in %s", a.body)
	return 0
}

func TestPagesOfTickets(t *testing.T) {
	t.Parallel()
	d := openHelpdesk(t)
	d.exec(`DELETE FROM tickets`)
	for i := range 9 {
		d.newTicket(1+i%3, []string{"david", "lone", "both", "single"}[i%4], "page")
	}
	for who, count := range map[string]int{"chris": 9, "reporter": 9, "david": 5, "both": 7, "emma": 3} {
		want := idsOf(d.get(who, "/tickets").is(200).list())
		var got []int
		for page := 1; ; page++ {
			ids := idsOf(d.get(who, fmt.Sprintf("/tickets?per_page=2&page=%d", page)).is(200).list())
			if len(ids) == 0 {
				break
			}
			got = append(got, ids...)
		}
		if len(want) != count || !slices.IsSorted(want) || !slices.Equal(got, want) {
			t.Errorf("%s pages through %v, has %v; want %d by id", who, got, want, count)
		}
	}
	d.get("chris", "/tickets?page=0").is(422)
	d.get("chris", "/tickets?per_page=-1").is(422)
	if n := len(d.get("chris", "/tickets?per_page=99999999999&page=99999999999").is(200).list()); n != 0 {
		t.Errorf("a page far out has %d tickets", n)
	}
}

func TestSearchTickets(t *testing.T) {
	t.Parallel()
	d := openHelpdesk(t)
	d.exec(`DELETE FROM tickets`)
	coffee := d.newTicket(1, "david", "Order 100% Café_Kopi 5f3a.1234")
	tea := d.newTicket(1, "lone", "order of tea")
	hidden := d.newTicket(2, "single", "secret order")
	var number string
	d.one(&number, `SELECT number FROM tickets WHERE id = $1`, tea)
	d.exec(`UPDATE tickets SET updated_at = now() - make_interval(secs => id::int)`)
	for _, tc := range []struct {
		who, query string
		want       []int
	}{
		{"emma", "query=ORDER", []int{coffee, tea}},
		{"emma", "term=order&expand=true", []int{coffee, tea}},
		{"emma", "query=caf%C3%A9", []int{coffee}},
		{"emma", "query=tea+ORDER", []int{tea}},
		{"emma", "query=tea+coffee", nil},
		{"emma", "query=5f3a.1234", []int{coffee}},
		{"emma", "query=100%25", []int{coffee}},
		{"emma", "query=%25", []int{coffee}},
		{"emma", "query=_", []int{coffee}},
		{"emma", "query=o_der", nil},
		{"emma", "query=tea*", []int{tea}},
		{"emma", "query=" + number, []int{tea}},
		{"emma", "query=secret", nil},
		{"chris", "query=secret", []int{hidden}},
		{"emma", "query=", []int{coffee, tea}},
		{"emma", fmt.Sprintf("ids[]=%d&ids[]=%d", tea, hidden), []int{tea}},
		{"emma", "query=order&sort_by=id&order_by=desc", []int{tea, coffee}},
		{"emma", "query=order&sort_by=title", []int{tea, coffee}},
		{"emma", "query=order&per_page=1&page=2", []int{tea}},
		{"emma", "query=order&limit=1", []int{coffee}},
		{"david", "query=order", []int{coffee}},
		{"emma", "query=%27%3B+DROP+TABLE+tickets%3B--", nil},
		{"emma", "query=%5C", nil},
	} {
		if got := idsOf(d.get(tc.who, "/tickets/search?"+tc.query).is(200).list()); !slices.Equal(got, append([]int{}, tc.want...)) {
			t.Errorf("%s searches %s: %v, want %v", tc.who, tc.query, got, tc.want)
		}
	}
	full := d.post("emma", "/tickets/search?full=true", `{"query": "order", "per_page": 1}`).is(200).object()
	if fmt.Sprint(full["record_ids"]) != fmt.Sprintf("[%d]", coffee) || full["total_count"] != 2.0 {
		t.Errorf("full search: %v of %v", full["record_ids"], full["total_count"])
	}
	if label := d.get("emma", "/tickets/search?query=tea&label=true").is(200).list()[0]; len(label) != 3 || label["label"] != "order of tea" {
		t.Errorf("label shape = %v", label)
	}
	d.get("emma", "/tickets/search?sort_by=password").refuses(422, "Found invalid column 'password' for sorting.")
	d.get("emma", "/tickets/search?sort_by=id&order_by=up").refuses(422, "Found invalid order by value up. Please use 'asc' or 'desc'.")
	if refused := d.post("emma", "/tickets/search", `{"condition": {"ticket.title": {"operator": "contains", "value": "x"}}}`); refused.status != 422 || !strings.Contains(string(refused.body), "condition") {
		t.Errorf("condition: %d %s", refused.status, refused.body)
	}
}

func TestDeleteTicket(t *testing.T) {
	t.Parallel()
	d := openHelpdesk(t)
	body := `{"title": "Gone", "group": "Users", "customer": "david", "article": {"body": "b",
		"attachments": [{"filename": "a.txt", "data": "` + encoded("bytes") + `", "mime-type": "text/plain"}]}}`
	id := d.post("chris", "/tickets", body).is(201).id()
	d.del("emma", ticketPath(id)).refuses(403, "Not authorized (admin permission required)!")
	d.del("david", ticketPath(id)).refuses(403, "Not authorized (admin permission required)!")
	d.del("reader", ticketPath(id)).refuses(403, "Not authorized")
	gone := d.del("boss", ticketPath(id)).is(200)
	if len(gone.body) != 0 || !strings.HasPrefix(gone.header.Get("Content-Type"), "text/html") {
		t.Errorf("deletion answered %q as %s", gone.body, gone.header.Get("Content-Type"))
	}
	d.del("boss", ticketPath(id)).is(404)
	var left, released int
	d.one(&left, `SELECT (SELECT count(*) FROM ticket_articles WHERE ticket_id = $1) + (SELECT count(*) FROM attachments)
		+ (SELECT count(*) FROM history WHERE object = 'Ticket' AND o_id = $1)`, id)
	d.one(&released, `SELECT count(*) FROM outbox WHERE kind = 'blobs.released'`)
	if left != 0 || released != 1 {
		t.Errorf("%d rows left, %d times blobs released; want 0 and 1", left, released)
	}
}

func TestQueriesDoNotGrowWithThePage(t *testing.T) {
	t.Parallel()
	d := openHelpdesk(t)
	id := 0
	for range 100 {
		id = d.newTicket(1, "david", "many")
	}
	d.exec(`INSERT INTO ticket_articles (ticket_id, type_id, sender_id, body, updated_by_id, created_by_id)
		SELECT $1, 10, 1, 'b', 3, 3 FROM generate_series(1, 100)`, id)
	d.exec(`INSERT INTO ticket_articles (ticket_id, type_id, sender_id, body, updated_by_id, created_by_id) VALUES (1, 10, 1, 'b', 3, 3)`)
	count := func(path string) int64 {
		before := d.queries.n.Load()
		d.get("chris", path).is(200)
		return d.queries.n.Load() - before
	}
	for _, tc := range []struct{ few, many string }{
		{"/tickets?per_page=1", "/tickets?per_page=100"},
		{"/tickets?per_page=1&expand=true", "/tickets?per_page=100&expand=true"},
		{"/tickets?per_page=1&full=true", "/tickets?per_page=100&full=true"},
		{"/tickets/search?per_page=1&full=true", "/tickets/search?per_page=200&full=true"},
		{"/ticket_articles/by_ticket/1", fmt.Sprintf("/ticket_articles/by_ticket/%d", id)},
		{"/tickets/1?all=true", fmt.Sprintf("/tickets/%d?all=true", id)},
	} {
		count(tc.few) // the catalog and the caller are looked up once a second
		few, many := count(tc.few), count(tc.many)
		if many > few+3 || many > 15 {
			t.Errorf("%s takes %d queries, %s %d", tc.few, few, tc.many, many)
		}
	}
}

func TestAssetsBringWhatTicketsReferTo(t *testing.T) {
	t.Parallel()
	d := openHelpdesk(t)
	id := d.newTicket(1, "david", "with relatives")
	d.exec(`UPDATE tickets SET owner_id = $2 WHERE id = $1`, id, d.userID("emma"))
	var shown struct {
		ID     int
		Assets map[string]map[string]map[string]any
	}
	read := func(who string) {
		shown.Assets = nil
		d.get(who, ticketPath(id)+"?full=true").is(200).into(&shown)
	}
	user := func(login string) map[string]any { return shown.Assets["User"][fmt.Sprint(d.userID(login))] }
	read("emma")
	if shown.ID != id || len(shown.Assets["Ticket"]) != 1 || len(shown.Assets["Group"]) != 1 || len(shown.Assets["Organization"]) != 1 {
		t.Fatalf("assets = %v", shown.Assets)
	}
	if user("david")["email"] != "david@example.com" || user("emma")["role_ids"] == nil || user("-")["login"] != "-" {
		t.Errorf("users = %v", shown.Assets["User"])
	}
	read("david")
	if emma := user("emma"); emma["firstname"] != "Emma" || emma["email"] != nil {
		t.Errorf("a customer sees of an agent: %v", emma)
	}
	if own := user("david"); own["email"] != "david@example.com" {
		t.Errorf("a customer sees of himself: %v", own)
	}
	if group := shown.Assets["Group"]["1"]; group["name"] != "Users" || group["email_address_id"] != nil {
		t.Errorf("a customer sees of a group: %v", group)
	}
	if _, shows := shown.Assets["Ticket"][fmt.Sprint(id)]["time_unit"]; shows {
		t.Error("a customer sees the time spent")
	}
}
