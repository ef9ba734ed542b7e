package worklist_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"testing"

	"postroom/api/apitest"
)

// office is a helpdesk with three tickets that searches tell apart.
type office struct {
	*apitest.Office
	printer, toner, secret int
}

func openOffice(t *testing.T) *office {
	o := &office{Office: apitest.Open(t)}
	o.Exec(`DELETE FROM tickets`)
	o.printer = o.NewTicket(1, "david", "Printer 5f3a.1234 is broken")
	o.toner = o.NewTicket(1, "lone", "Order more toner")
	o.secret = o.NewTicket(2, "single", "Secret printer")
	o.Exec(`UPDATE tickets SET state_id = 4, priority_id = 3 WHERE id = $1`, o.toner)
	o.Exec(`UPDATE tickets SET owner_id = $2 WHERE id = $1`, o.printer, o.UserID("emma"))
	o.Exec(`INSERT INTO ticket_articles (ticket_id, type_id, sender_id, "from", subject, body, internal, updated_by_id, created_by_id) VALUES
		($1, 1, 2, 'David <david@example.com>', 'Help', 'It says PAPER-JAM-42 in <b>tray</b> two', false, 1, 1),
		($1, 10, 1, 'Emma', NULL, 'he broke the warranty seal', true, 1, 1),
		($2, 1, 2, 'lone@example.com', 'Toner', 'Cyan please', false, 1, 1)`, o.printer, o.toner)
	o.Exec(`INSERT INTO tags (name, created_by_id) VALUES ('urgent', 1)`)
	o.Exec(`INSERT INTO taggings (tag_id, object, o_id, created_by_id) SELECT id, 'Ticket', $1, 1 FROM tags WHERE name = 'urgent'`, o.printer)
	o.Exec(`UPDATE tickets SET updated_at = now() - make_interval(secs => id::int)`)
	return o
}

// index lets the index of words catch up with what was written.
func (o *office) index() {
	o.T.Helper()
	for {
		n, err := o.Store.IndexTickets(o.T.Context(), 1000)
		if err != nil {
			o.T.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

func idsIn(list []map[string]any) []int {
	ids := []int{}
	for _, record := range list {
		ids = append(ids, int(record["id"].(float64)))
	}
	return ids
}

func TestTicketsAreFoundByText(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	cases := []struct {
		who, query string
		want       []int
	}{
		{"emma", "printer", []int{o.printer}},
		{"both", "printer", []int{o.printer, o.secret}}, // a colleague's, and as an agent of group 2
		{"chris", "printer", []int{o.printer, o.secret}},
		{"emma", "5f3a.1234", []int{o.printer}},
		{"emma", "paper-jam-42", []int{o.printer}},
		{"emma", "jam printer", []int{o.printer}}, // one in an article, one in the title
		{"emma", "printer OR toner", []int{o.printer, o.toner}},
		{"emma", "printer NOT broken", []int{}},
		{"chris", "printer -broken", []int{o.secret}},
		{"emma", `"more toner"`, []int{o.toner}},
		{"emma", `"toner more"`, []int{}},
		{"emma", "state.name:(new OR open) AND title:print*", []int{o.printer}},
		{"emma", "state.name:closed", []int{o.toner}},
		{"emma", "state.name:close", []int{}}, // a word, not a part of one
		{"emma", "priority.name:high", []int{o.toner}},
		{"emma", "owner.login:emma*", []int{o.printer}},
		{"emma", "customer.email:david@example.com", []int{o.printer}},
		{"emma", "article.body:cyan", []int{o.toner}},
		{"emma", "tags:urgent", []int{o.printer}},
		{"emma", "NOT tags:urgent", []int{o.toner}},
		{"emma", "group.name:Users created_at:>now-1d", []int{o.printer, o.toner}},
		{"emma", fmt.Sprintf("id:%d", o.toner), []int{o.toner}},
		{"emma", fmt.Sprintf("id:%d", o.secret), []int{}},
		{"emma", "id:[1 TO 9999999]", []int{o.printer, o.toner}},
		{"david", "printer", []int{o.printer}},
		{"david", "toner", []int{}},
		{"david", "tray", []int{o.printer}},
		// Customers must not learn what internal articles say, in whatever way they ask.
		{"emma", "warranty", []int{o.printer}},
		{"emma", "article.body:warranty", []int{o.printer}},
		{"david", "warranty", []int{}},
		{"david", "article.body:warranty", []int{}},
		{"david", "article.internal:true", []int{}},
		{"both", "warranty", []int{}}, // an agent, but not in this group
		{"emma", "((((", []int{o.printer, o.toner}},
	}
	for _, state := range []string{"just written", "indexed"} {
		for _, tc := range cases {
			got := idsIn(o.Get(tc.who, "/tickets/search?query="+url.QueryEscape(tc.query)).Is(200).List())
			if !slices.Equal(got, tc.want) {
				t.Errorf("%s, %s looks for %s and finds %v, want %v", state, tc.who, tc.query, got, tc.want)
			}
			o.Get(tc.who, "/tickets/search?only_total_count=true&query="+url.QueryEscape(tc.query)).Is(200).Same(t, fmt.Sprintf(`{"total_count":%d}`, len(tc.want)))
		}
		o.index()
	}
}

func TestTicketsAreFoundByCondition(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	for _, tc := range []struct {
		who, body string
		want      []int
	}{
		{"emma", `{"condition": {}}`, []int{o.printer, o.toner}},
		{"chris", `{"condition": {"ticket.title": {"operator": "contains", "value": "PRINTER"}}}`, []int{o.printer, o.secret}},
		{"emma", `{"condition": {"ticket.title": {"operator": "contains", "value": "PRINTER"}}}`, []int{o.printer}},
		{"emma", `{"condition": {"ticket.state_id": {"operator": "is", "value": ["4"]}}}`, []int{o.toner}},
		{"emma", `{"condition": {"ticket.owner_id": {"operator": "is", "pre_condition": "current_user.id"}}}`, []int{o.printer}},
		{"emma", `{"condition": {"operator": "OR", "conditions": [
			{"name": "ticket.tags", "operator": "contains one", "value": "urgent"}, {"name": "customer.login", "operator": "starts with", "value": "lone"}]}}`, []int{o.printer, o.toner}},
		{"emma", `{"query": "toner", "condition": {"ticket.title": {"operator": "contains", "value": "printer"}}}`, []int{}},
		{"emma", `{"query": "toner", "condition": {"ticket.title": {"operator": "contains", "value": "order"}}}`, []int{o.toner}},
		{"emma", `{"condition": {}, "sort_by": "title", "order_by": "asc"}`, []int{o.toner, o.printer}},
		{"emma", `{"condition": {}, "per_page": 1, "page": 2}`, []int{o.toner}},
		{"david", `{"condition": {}}`, []int{o.printer}},
		{"david", `{"condition": {"article.body": {"operator": "contains", "value": "tray"}}}`, []int{o.printer}},
		{"david", `{"condition": {"article.body": {"operator": "contains", "value": "warranty"}}}`, []int{}},
		{"emma", `{"condition": {"article.body": {"operator": "contains", "value": "warranty"}}}`, []int{o.printer}},
		{"stranger", `{"condition": {}}`, []int{}},
	} {
		if got := idsIn(o.Post(tc.who, "/tickets/search", tc.body).Is(200).List()); !slices.Equal(got, tc.want) {
			t.Errorf("%s asks for %s and gets %v, want %v", tc.who, tc.body, got, tc.want)
		}
	}
	for _, condition := range []string{
		`{"ticket.nothing": {"operator": "is", "value": 1}}`, `{"ticket.title": {"operator": "contains", "value": ""}}`,
		`{"ticket.title": {"value": "x"}}`, `{"nobody.title": {"operator": "is", "value": "x"}}`, `"x"`, `[1]`,
		`{"execution_time.calendar_id": {"operator": "is in working time", "value": 1}}`,
		`{"ticket.title": {"operator": "matches regex", "value": "("}}`, `{"ticket.title": {"operator": "matches regex", "value": "[[:nothing:]]"}}`,
	} {
		o.Post("emma", "/tickets/search", `{"condition": `+condition+`}`).Refuses(422, "Invalid object selector conditions")
	}
	o.Post("emma", "/tickets/search?only_total_count=true", `{"condition": {}}`).Is(200).Same(t, `{"total_count":2}`)
	full := o.Post("emma", "/tickets/search?full=true", `{"condition": {}, "limit": 1}`).Is(200).Object()
	if fmt.Sprint(full["record_ids"]) != fmt.Sprintf("[%d]", o.printer) || full["total_count"] != 2.0 || full["assets"].(map[string]any)["User"] == nil {
		t.Errorf("full answer: %v of %v", full["record_ids"], full["total_count"])
	}
	expanded := o.Post("emma", "/tickets/search?expand=true", `{"query": "toner"}`).Is(200).List()
	if len(expanded) != 1 || expanded[0]["state"] != "closed" {
		t.Errorf("expanded answer: %v", expanded)
	}
}

func TestCustomAttributesTakePartInSearches(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	o.Exec(`INSERT INTO object_manager_attributes (object, name, display, data_type, data_option, position, updated_by_id, created_by_id)
		VALUES ('Ticket', 'color', 'Color', 'select', '{"options": {"red": "Red"}}', 1, 1, 1), ('Ticket', 'due', 'Due', 'date', '{}', 2, 1, 1)`)
	o.Exec(`UPDATE tickets SET custom = '{"color": "red", "due": "2026-05-04"}' WHERE id = $1`, o.toner)
	o.Store.ForgetCatalog()
	for _, search := range []map[string]any{
		{"query": "color:red"}, {"query": "due:[2026-05-01 TO 2026-05-31]"}, {"query": "_exists_:color"},
		{"condition": map[string]any{"ticket.color": map[string]any{"operator": "is", "value": []string{"red"}}}},
		{"condition": map[string]any{"ticket.due": map[string]any{"operator": "before (absolute)", "value": "2026-05-04"}}},
	} {
		body, err := json.Marshal(search)
		if err != nil {
			t.Fatal(err)
		}
		if got := idsIn(o.Post("emma", "/tickets/search", string(body)).Is(200).List()); !slices.Equal(got, []int{o.toner}) {
			t.Errorf("%s finds %v, want %d", body, got, o.toner)
		}
	}
}

// TestAmongManyTicketsTheSameIsFound searches where there are so many tickets that the index is
// asked, and for words that so many have that it is not.
func TestAmongManyTicketsTheSameIsFound(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	o.Exec(`WITH made AS (
			INSERT INTO tickets (group_id, priority_id, state_id, number, title, customer_id, updated_by_id, created_by_id, updated_at)
			SELECT 1 + n % 2, 2, 2, 'filler' || n, 'Routine ' || n, $1, 1, 1, now() - interval '1 year' FROM generate_series(1, 1200) n
			RETURNING id)
		INSERT INTO ticket_articles (ticket_id, type_id, sender_id, body, internal, updated_by_id, created_by_id)
		SELECT id, 1, 2, CASE WHEN id % 20 < 2 THEN 'a frequent thing' ELSE 'nothing' END, false, 1, 1 FROM made`, o.UserID("single"))
	o.Exec(`INSERT INTO ticket_articles (ticket_id, type_id, sender_id, body, internal, updated_by_id, created_by_id)
		VALUES ($1, 1, 2, 'frequent once more', false, 1, 1)`, o.toner)
	o.index()
	for _, tc := range []struct {
		who, query string
		want       []int
	}{
		{"emma", "jam printer", []int{o.printer}},
		{"emma", "tray OR cyan", []int{o.printer, o.toner}},
		{"emma", "frequent cyan", []int{o.toner}},
		{"emma", "frequent jam", []int{}},
		{"emma", "jam NOT frequent", []int{o.printer}},
		{"emma", "warranty", []int{o.printer}},
		{"emma", "5f", []int{o.printer}}, // too short for the index
		{"emma", "routine warranty", []int{}},
		{"both", "jam", []int{o.printer}},
		{"both", "warranty", []int{}},
		{"david", "jam", []int{o.printer}},
		{"david", "warranty", []int{}},
		{"lone", "frequent", []int{o.toner}},
		{"chris", "printer", []int{o.printer, o.secret}},
	} {
		path := "/tickets/search?query=" + url.QueryEscape(tc.query)
		if got := idsIn(o.Get(tc.who, path).Is(200).List()); !slices.Equal(got, tc.want) {
			t.Errorf("%s looks for %s and finds %v, want %v", tc.who, tc.query, got, tc.want)
		}
		o.Get(tc.who, path+"&only_total_count=true").Is(200).Same(t, fmt.Sprintf(`{"total_count":%d}`, len(tc.want)))
	}
	first := idsIn(o.Get("emma", "/tickets/search?query=frequent&per_page=20").Is(200).List())
	second := idsIn(o.Get("emma", "/tickets/search?query=frequent&per_page=20&page=2").Is(200).List())
	if len(first) != 20 || first[0] != o.toner || len(second) != 20 || slices.Contains(second, first[19]) {
		t.Errorf("pages of a frequent word: %v, %v", first, second)
	}
	if got := idsIn(o.Get("emma", "/tickets/search?query=frequent&sort_by=id&order_by=desc&per_page=200").Is(200).List()); len(got) != 61 || !slices.IsSortedFunc(got, func(a, b int) int { return b - a }) {
		t.Errorf("all of a frequent word by id: %v", got)
	}
}

func TestSearchCostsTheSameForManyTickets(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	cost := func() int64 {
		return o.Cost(func() { o.Get("emma", "/tickets/search?query=printer&full=true&per_page=100").Is(200) })
	}
	one := cost()
	for n := range 50 {
		o.NewTicket(1, "david", fmt.Sprint("another printer ", n))
	}
	if many := cost(); many != one {
		t.Errorf("a page of 51 tickets costs %d queries, of one %d", many, one)
	}
}
