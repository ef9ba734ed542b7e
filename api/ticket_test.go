package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"postroom/api/apitest"
)

func TestWhoSeesWhichTicket(t *testing.T) {
	t.Parallel()
	d := apitest.OpenDesk(t)
	d.Exec(`DELETE FROM tickets`)
	ids := map[string]int{
		"users/david":  d.NewTicket(1, "david", "one"),
		"sales/dora":   d.NewTicket(2, "dora", "two"),
		"users/lone":   d.NewTicket(1, "lone", "three"),
		"sales/single": d.NewTicket(2, "single", "four"),
		"sales/both":   d.NewTicket(3, "both", "five"),
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
			if got := idsOf(d.Get(tc.who, path).Is(200).List()); !slices.Equal(got, want) {
				t.Errorf("%s asks %s: tickets %v, want %v", tc.who, path, got, want)
			}
		}
		if got := d.Get(tc.who, "/tickets/search?only_total_count=true").Is(200).Object()["total_count"]; got != float64(len(want)) {
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
			if got := d.Get(tc.who, apitest.TicketPath(id)).Status; got != status {
				t.Errorf("%s asks for ticket %s: %d, want %d", tc.who, name, got, status)
			}
		}
	}
	d.Get("chris", "/tickets/99999").Refuses(404, "Couldn't find Ticket with 'id'=99999")
	d.Get("stranger", apitest.TicketPath(ids["users/david"])).Refuses(403, "Not authorized")
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
	d := apitest.OpenDesk(t)
	d.Exec(`DELETE FROM tickets WHERE id > 1`)
	create := `{"title": "Help me!", "group": "Users", "customer": "david@example.com",
		"article": {"subject": "My subject", "body": "I am a message!", "type": "note", "internal": false}}`
	update := `{"title": "No help for you", "group": "Sales", "state": "open", "priority": "3 high",
		"article": {"subject": "Update via API", "body": "Here's my reason...", "internal": true}}`
	call := `{"ticket_id": 1, "subject": "Call note", "body": "Called<br/>them", "content_type": "text/html", "type": "phone", "sender": "Agent", "time_unit": "15"}`

	created := d.Post("chris", "/tickets", create).Is(201)
	updated := d.Put("chris", apitest.TicketPath(created.ID()), update).Is(200)
	newer := []string{"last_close_at", "checklist_id", "referencing_checklist_ids"}
	for _, tc := range []struct {
		sample string
		got    apitest.Answer
		more   []string // keys that newer versions have
	}{
		{"ticket.list", d.Get("chris", "/tickets"), []string{"last_close_at"}},
		{"ticket.show", d.Get("chris", "/tickets/1"), []string{"last_close_at"}},
		{"ticket.create", created, newer},
		{"ticket.update", updated, newer},
		{"ticket.search", d.Get("chris", "/tickets/search?query=welcome"), nil},
		{"ticket.search.expand", d.Get("chris", "/tickets/search?query=welcome&expand=true"), nil},
		{"ticket.search.only_total_count", d.Get("chris", "/tickets/search?query=welcome&only_total_count=true"), nil},
		{"ticket_article.by_ticket", d.Get("chris", "/ticket_articles/by_ticket/1"), nil},
		{"ticket_article.show", d.Get("chris", "/ticket_articles/1"), nil},
		{"ticket_article.create", d.Post("chris", "/ticket_articles", call).Is(201), []string{"time_unit"}},
	} {
		want := append(keys(t, sample(t, tc.sample)), tc.more...)
		slices.Sort(want)
		if got := keys(t, tc.got.Body); !slices.Equal(got, want) {
			t.Errorf("%s: keys\n got %v\nwant %v", tc.sample, got, want)
		}
	}
	if kind := created.Header.Get("Content-Type"); kind != "application/json; charset=utf-8" {
		t.Errorf("Content-Type = %q", kind)
	}
}

func TestANewTicketStartsAsDocumented(t *testing.T) {
	t.Parallel()
	d := apitest.OpenDesk(t)
	got := d.Post("chris", "/tickets", `{"title": "Help\tme!", "group": "Users", "customer": "david@example.com", "article": {"body": "I am a message!"}}`).Is(201).Object()
	for key, want := range map[string]any{
		"group_id": 1.0, "priority_id": 2.0, "state_id": 1.0, "title": "Help me!", "owner_id": 1.0, "customer_id": float64(d.UserID("david")),
		"create_article_type_id": 10.0, "create_article_sender_id": 1.0, "article_count": 1.0, "last_contact_at": nil, "time_unit": nil,
		"note": nil, "created_by_id": float64(d.UserID("chris")), "updated_by_id": float64(d.UserID("chris")),
	} {
		if got[key] != want {
			t.Errorf("%s = %v, want %v", key, got[key], want)
		}
	}
	if got["organization_id"] == nil {
		t.Error("organization_id is empty, want the customer's")
	}
	var history string
	d.One(&history, `SELECT string_agg(object || ' ' || type, ', ' ORDER BY id) FROM history WHERE o_id = $1 AND object = 'Ticket' OR related_o_id = $1`, got["id"])
	if history != "Ticket created, Ticket::Article created" {
		t.Errorf("history = %s", history)
	}
	shown := d.Get("chris", fmt.Sprintf("/ticket_history/%v", got["id"])).Is(200).Object()["history"].([]any)
	if len(shown) != 2 {
		t.Errorf("history shows %d entries, want 2: %v", len(shown), shown)
	}
}

func TestTheAnswerToAWriteIsTheNextRead(t *testing.T) {
	t.Parallel()
	d := apitest.OpenDesk(t)
	for _, shape := range []string{"?expand=true", "?full=true", "?all=true"} {
		create := `{"title": "Same", "group_id": "1", "customer": "david", "article": {"body": "b", "type": "phone", "sender": "Customer"}}`
		created := d.Post("emma", "/tickets"+shape, create).Is(201)
		id := firstID(created)
		if read := d.Get("emma", apitest.TicketPath(id)+shape).Is(200); string(read.Body) != string(created.Body) {
			t.Errorf("create%s answered\n%s\nthen GET\n%s", shape, created.Body, read.Body)
		}
		updated := d.Put("emma", apitest.TicketPath(id)+shape, `{"state": "pending reminder", "pending_time": "2030-01-02T03:04:05.678Z", "owner": "emma"}`).Is(200)
		if read := d.Get("emma", apitest.TicketPath(id)+shape); string(read.Body) != string(updated.Body) {
			t.Errorf("update%s answered\n%s\nthen GET\n%s", shape, updated.Body, read.Body)
		}
		if !strings.Contains(string(updated.Body), `"pending_time":"2030-01-02T03:04:00.000Z"`) {
			t.Errorf("pending_time not to the minute: %s", updated.Body)
		}
	}
	created := d.Post("emma", "/tickets", `{"title": "Same", "group_id": 1, "customer_id": "guess:New.Person@example.com", "article": {"body": "b"}}`).Is(201).Object()
	read := d.Get("emma", apitest.TicketPath(int(created["id"].(float64)))).Is(200).Object()
	for key, want := range read {
		if got := created[key]; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: created as %v, read as %v", key, got, want)
		}
	}
	article := d.Post("emma", "/ticket_articles", fmt.Sprintf(`{"ticket_id": %v, "body": "x"}`, created["id"])).Is(201)
	if read := d.Get("emma", fmt.Sprintf("/ticket_articles/%d", article.ID())); string(read.Body) != string(article.Body) {
		t.Errorf("article created as\n%s\nread as\n%s", article.Body, read.Body)
	}
}

// firstID finds the ticket's id in any shape.
func firstID(a apitest.Answer) int {
	object := a.Object()
	for _, key := range []string{"id", "ticket_id"} {
		if id, ok := object[key].(float64); ok {
			return int(id)
		}
	}
	a.T.Fatalf("no id in %s", a.Body)
	return 0
}

func TestPagesOfTickets(t *testing.T) {
	t.Parallel()
	d := apitest.OpenDesk(t)
	d.Exec(`DELETE FROM tickets`)
	for i := range 9 {
		d.NewTicket(1+i%3, []string{"david", "lone", "both", "single"}[i%4], "page")
	}
	for who, count := range map[string]int{"chris": 9, "reporter": 9, "david": 5, "both": 7, "emma": 3} {
		want := idsOf(d.Get(who, "/tickets").Is(200).List())
		var got []int
		for page := 1; ; page++ {
			ids := idsOf(d.Get(who, fmt.Sprintf("/tickets?per_page=2&page=%d", page)).Is(200).List())
			if len(ids) == 0 {
				break
			}
			got = append(got, ids...)
		}
		if len(want) != count || !slices.IsSorted(want) || !slices.Equal(got, want) {
			t.Errorf("%s pages through %v, has %v; want %d by id", who, got, want, count)
		}
	}
	d.Get("chris", "/tickets?page=0").Is(422)
	d.Get("chris", "/tickets?per_page=-1").Is(422)
	if n := len(d.Get("chris", "/tickets?per_page=99999999999&page=99999999999").Is(200).List()); n != 0 {
		t.Errorf("a page far out has %d tickets", n)
	}
}

func TestSearchTickets(t *testing.T) {
	t.Parallel()
	d := apitest.OpenDesk(t)
	d.Exec(`DELETE FROM tickets`)
	coffee := d.NewTicket(1, "david", "Order 100% Café_Kopi 5f3a.1234")
	tea := d.NewTicket(1, "lone", "order of tea")
	hidden := d.NewTicket(2, "single", "secret order")
	var number string
	d.One(&number, `SELECT number FROM tickets WHERE id = $1`, tea)
	d.Exec(`UPDATE tickets SET updated_at = now() - make_interval(secs => id::int)`)
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
		if got := idsOf(d.Get(tc.who, "/tickets/search?"+tc.query).Is(200).List()); !slices.Equal(got, append([]int{}, tc.want...)) {
			t.Errorf("%s searches %s: %v, want %v", tc.who, tc.query, got, tc.want)
		}
	}
	for body, want := range map[string]int{`{"ids": []}`: 0, `{"ids": null}`: 2, `{"ids": ""}`: 2, `{"ids": ["` + fmt.Sprint(tea) + `"]}`: 1} {
		if got := len(d.Post("emma", "/tickets/search", body).Is(200).List()); got != want {
			t.Errorf("%s finds %d tickets, want %d", body, got, want)
		}
	}
	full := d.Post("emma", "/tickets/search?full=true", `{"query": "order", "per_page": 1}`).Is(200).Object()
	if fmt.Sprint(full["record_ids"]) != fmt.Sprintf("[%d]", coffee) || full["total_count"] != 2.0 {
		t.Errorf("full search: %v of %v", full["record_ids"], full["total_count"])
	}
	if label := d.Get("emma", "/tickets/search?query=tea&label=true").Is(200).List()[0]; len(label) != 3 || label["label"] != "order of tea" {
		t.Errorf("label shape = %v", label)
	}
	d.Get("emma", "/tickets/search?sort_by=password").Refuses(422, "Found invalid column 'password' for sorting.")
	d.Get("emma", "/tickets/search?sort_by=id&order_by=up").Refuses(422, "Found invalid order by value up. Please use 'asc' or 'desc'.")
	d.Post("emma", "/tickets/search", `{"condition": {"ticket.title": {"operator": "looks nice", "value": "x"}}}`).Refuses(422, "Invalid object selector conditions")
}

func TestDeleteTicket(t *testing.T) {
	t.Parallel()
	d := apitest.OpenDesk(t)
	body := `{"title": "Gone", "group": "Users", "customer": "david", "article": {"body": "b",
		"attachments": [{"filename": "a.txt", "data": "` + apitest.Encoded("bytes") + `", "mime-type": "text/plain"}]}}`
	id := d.Post("chris", "/tickets", body).Is(201).ID()
	d.Del("emma", apitest.TicketPath(id)).Refuses(403, "Not authorized (admin permission required)!")
	d.Del("david", apitest.TicketPath(id)).Refuses(403, "Not authorized (admin permission required)!")
	d.Del("reader", apitest.TicketPath(id)).Refuses(403, "Not authorized")
	gone := d.Del("boss", apitest.TicketPath(id)).Is(200)
	if len(gone.Body) != 0 || !strings.HasPrefix(gone.Header.Get("Content-Type"), "text/html") {
		t.Errorf("deletion answered %q as %s", gone.Body, gone.Header.Get("Content-Type"))
	}
	d.Del("boss", apitest.TicketPath(id)).Is(404)
	var left, released int
	d.One(&left, `SELECT (SELECT count(*) FROM ticket_articles WHERE ticket_id = $1) + (SELECT count(*) FROM attachments)
		+ (SELECT count(*) FROM history WHERE object = 'Ticket' AND o_id = $1)`, id)
	d.One(&released, `SELECT count(*) FROM outbox WHERE kind = 'blobs.released'`)
	if left != 0 || released != 1 {
		t.Errorf("%d rows left, %d times blobs released; want 0 and 1", left, released)
	}
}

func TestQueriesDoNotGrowWithThePage(t *testing.T) {
	t.Parallel()
	d := apitest.OpenDesk(t)
	id := 0
	for range 100 {
		id = d.NewTicket(1, "david", "many")
	}
	d.Exec(`INSERT INTO ticket_articles (ticket_id, type_id, sender_id, body, updated_by_id, created_by_id)
		SELECT $1, 10, 1, 'b', 3, 3 FROM generate_series(1, 100)`, id)
	d.Exec(`INSERT INTO ticket_articles (ticket_id, type_id, sender_id, body, updated_by_id, created_by_id) VALUES (1, 10, 1, 'b', 3, 3)`)
	count := func(path string) int64 {
		before := d.Queries.N.Load()
		d.Get("chris", path).Is(200)
		return d.Queries.N.Load() - before
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
		if many > few+3 || many > 18 { // a whole ticket shows a dozen kinds of what belongs to it
			t.Errorf("%s takes %d queries, %s %d", tc.few, few, tc.many, many)
		}
	}
}

func TestAssetsBringWhatTicketsReferTo(t *testing.T) {
	t.Parallel()
	d := apitest.OpenDesk(t)
	id := d.NewTicket(1, "david", "with relatives")
	d.Exec(`UPDATE tickets SET owner_id = $2 WHERE id = $1`, id, d.UserID("emma"))
	var shown struct {
		ID     int
		Assets map[string]map[string]map[string]any
	}
	read := func(who string) {
		shown.Assets = nil
		d.Get(who, apitest.TicketPath(id)+"?full=true").Is(200).Into(&shown)
	}
	user := func(login string) map[string]any { return shown.Assets["User"][fmt.Sprint(d.UserID(login))] }
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
