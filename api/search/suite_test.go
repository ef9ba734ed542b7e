package search_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"postroom/api"
	"postroom/api/apitest"
	"postroom/internal/blob"
	"postroom/internal/devstack/searchengine"
	"postroom/internal/elastic"
	"postroom/internal/extract"
	"postroom/jobs/index"
)

// query is what somebody types, and the names in the scene of what it finds, in order. The same cases
// are asked of PostgreSQL and of a search engine.
type query struct {
	Who   string
	In    string // users, organizations; empty: tickets
	Query string
	Sort  string // more parameters
	Finds []string
	Only  string // the one who finds it so; empty: both do
}

func readQueries(t *testing.T) []query {
	t.Helper()
	text, err := os.ReadFile("testdata/queries.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []query
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// scene is a helpdesk whose records have names.
type scene struct {
	*apitest.Office
	names map[string]string // by kind and id
}

func openScene(t *testing.T, change ...func(*api.Needs)) *scene {
	o := &scene{Office: apitest.Open(t, change...), names: map[string]string{}}
	o.Exec(`DELETE FROM tickets`)
	ticket := func(name string, group int, customer, title, number, created string) int {
		id := o.NewTicket(group, customer, title)
		o.Exec(`UPDATE tickets SET number = $2, created_at = $3::text::timestamptz WHERE id = $1`, id, number, created)
		o.names[fmt.Sprint("tickets/", id)] = name
		return id
	}
	secret := ticket("secret", 2, "single", "Secret printer", "20001", "2026-02-01T12:00:00Z")
	toner := ticket("toner", 1, "lone", "Order more toner", "10002", "2026-03-02T12:00:00Z")
	printer := ticket("printer", 1, "david", "Printer 5f3a.1234 is broken", "10001", "2026-03-01T12:00:00Z")
	invoice := ticket("invoice", 1, "single", "Invoice 2026-117 für Ärzte: Rechnung", "10003", time.Now().Add(-time.Hour).Format(time.RFC3339))
	o.Exec(`UPDATE tickets SET state_id = 4, priority_id = 3, pending_time = now() WHERE id = $1`, toner)
	o.Exec(`UPDATE tickets SET owner_id = $2 WHERE id = $1`, printer, o.UserID("emma"))
	o.Exec(`INSERT INTO ticket_articles (ticket_id, type_id, sender_id, "from", subject, body, content_type, internal, updated_by_id, created_by_id) VALUES
		($1, 1, 2, 'David <david@example.com>', 'Help', 'It says PAPER-JAM-42 in <b>tray</b> two', 'text/html', false, 1, 1),
		($1, 10, 1, 'Emma', NULL, 'he broke the warranty seal', 'text/plain', true, 1, 1),
		($2, 1, 2, 'lone@example.com', 'Refill', 'Cyan please', 'text/plain', false, 1, 1)`, printer, toner)
	o.Exec(`UPDATE tickets t SET article_count = (SELECT count(*) FROM ticket_articles a WHERE a.ticket_id = t.id)`)
	for tag, id := range map[string]int{"urgent": printer, "second line": toner} {
		o.Exec(`WITH tag AS (INSERT INTO tags (name, created_by_id) VALUES ($1, 1) RETURNING id)
			INSERT INTO taggings (tag_id, object, o_id, created_by_id) SELECT id, 'Ticket', $2, 1 FROM tag`, tag, id)
	}
	for i, id := range []int{secret, toner, printer, invoice} { // the last one changed last
		o.Exec(`UPDATE tickets SET updated_at = now() - make_interval(mins => $2) WHERE id = $1`, id, 10-i)
	}
	o.Exec(`UPDATE users SET city = 'Zanzibar' WHERE login = 'lone'`)
	o.Exec(`UPDATE organizations SET domain = 'acme.example' WHERE name LIKE 'Acme%'`)
	for _, login := range []string{"lone", "david"} {
		o.names[fmt.Sprint("users/", o.UserID(login))] = login
	}
	for _, name := range []string{"Acme", "Loners"} {
		var id int
		o.One(&id, `SELECT id FROM organizations WHERE name LIKE $1`, name+"%")
		o.names[fmt.Sprint("organizations/", id)] = strings.ToLower(name)
	}
	return o
}

// ask holds the cases against the answers. Counts must agree with pages.
func (o *scene) ask(asked string, cases []query) {
	o.T.Helper()
	for _, tc := range cases {
		if tc.Only != "" && tc.Only != asked {
			continue
		}
		kind := tc.In
		if kind == "" {
			kind = "tickets"
		}
		path := "/" + kind + "/search?" + tc.Sort + "&query=" + url.QueryEscape(tc.Query)
		got := []string{}
		for _, record := range o.Get(tc.Who, path).Is(200).List() {
			id := fmt.Sprint(kind, "/", record["id"])
			if name := o.names[id]; name != "" {
				id = name
			}
			got = append(got, id)
		}
		if !slices.Equal(got, tc.Finds) {
			o.T.Errorf("%s: %s looks in %s for %s %s and finds %v, want %v", asked, tc.Who, kind, tc.Query, tc.Sort, got, tc.Finds)
		}
		if tc.Sort != "" {
			continue
		}
		if total := o.Get(tc.Who, path+"&only_total_count=true").Is(200).Object()["total_count"]; total != float64(len(tc.Finds)) {
			o.T.Errorf("%s: %s looks in %s for %s and counts %v, want %d", asked, tc.Who, kind, tc.Query, total, len(tc.Finds))
		}
	}
}

func TestQueriesFindWithPostgreSQL(t *testing.T) {
	t.Parallel()
	o := openScene(t)
	cases := readQueries(t)
	o.ask("postgresql", cases) // what was just written
	for {
		n, err := o.Store.IndexTickets(t.Context(), 100)
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			break
		}
	}
	o.ask("postgresql", cases)
}

// openEngine is a scene whose records a search engine has.
func openEngine(t *testing.T, address string) *scene {
	engine := elastic.NewEngine(elastic.Keys{})
	var blobs *blob.Store
	o := openScene(t, func(needs *api.Needs) { needs.Engine, blobs = engine, needs.Blobs })
	o.Setting("es_url", address)
	o.Setting("es_index", searchengine.Namespace(t))
	o.Store.ForgetCatalog()
	log := slog.New(slog.DiscardHandler)
	rebuild := &index.Rebuild{Writer: index.NewWriter(o.Store, blobs, engine, extract.New(), log), Workers: 1, Progress: func(index.Progress) {}}
	if err := rebuild.Run(t.Context(), []string{elastic.Ticket, elastic.User, elastic.Organization}); err != nil {
		t.Fatal(err)
	}
	return o
}

func TestQueriesFindWithSearchEngine(t *testing.T) {
	t.Parallel()
	o := openEngine(t, searchengine.URL(t))
	o.ask("engine", readQueries(t))
	// PostgreSQL knows more than the engine here: what the engine answered is told from what it did not.
	o.Exec(`UPDATE tickets SET title = 'Nothing but toner' WHERE number = '10001'`)
	if got := o.Get("emma", "/tickets/search?query=broken").Is(200).List(); len(got) != 1 {
		t.Errorf("the engine was not asked: %d tickets", len(got))
	}
	// Whoever must not see a ticket any more is not shown what the engine still believes.
	o.Exec(`UPDATE tickets SET group_id = 2 WHERE number = '10001'`)
	if got := o.Get("emma", "/tickets/search?query=broken").Is(200).List(); len(got) != 0 {
		t.Errorf("the engine showed a ticket that moved away")
	}
}

// TestEngineIsNotAskedForWhatItWasNotTold empties the address and sets it again: what changed in between is
// in no index, though its name still answers.
func TestEngineIsNotAskedForWhatItWasNotTold(t *testing.T) {
	t.Parallel()
	address := searchengine.URL(t)
	o := openEngine(t, address)
	o.ask("engine", []query{{Who: "emma", Query: "broken", Finds: []string{"printer"}}})
	o.Setting("es_url", "")
	o.Store.ForgetCatalog()
	o.Exec(`UPDATE tickets SET title = 'Nothing but toner' WHERE number = '10001'`)
	o.ask("postgresql", []query{{Who: "emma", Query: "title:broken", Finds: []string{}}})
	o.Setting("es_url", address)
	o.Store.ForgetCatalog()
	o.ask("postgresql", []query{{Who: "emma", Query: "title:broken", Finds: []string{}}})
}

// TestPostgreSQLFindsWhileTheEngineIsAway points the setting at an address where nobody listens.
func TestPostgreSQLFindsWhileTheEngineIsAway(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	o := openScene(t, func(needs *api.Needs) {
		needs.Engine = elastic.NewEngine(elastic.Keys{})
		needs.Log = slog.New(slog.NewTextHandler(&log, nil))
	})
	o.Setting("es_url", "http://127.0.0.1:1")
	o.Setting("es_index", "nobody")
	o.Exec(`INSERT INTO search_indexes (name, object, serving)
		VALUES ('nobody_ticket-1', 'ticket', true), ('nobody_user-1', 'user', true), ('nobody_organization-1', 'organization', true)`)
	o.Store.ForgetCatalog()
	o.ask("postgresql", readQueries(t))
	if n := strings.Count(log.String(), "the search engine does not answer"); n != 1 {
		t.Errorf("the outage was told of %d times:\n%s", n, log.String())
	}
}

// TestEveryExampleOfTheManualIsACase holds the syntax that users are told of against the cases.
func TestEveryExampleOfTheManualIsACase(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/search.md")
	if errors.Is(err, os.ErrNotExist) {
		t.Fatal("docs/search.md is missing")
	}
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(text), "## What can be typed")
	if !found {
		t.Fatal("docs/search.md does not say what can be typed")
	}
	section, _, _ = strings.Cut(section, "\n## ")
	known := map[string]bool{}
	for _, tc := range readQueries(t) {
		known[tc.Query] = true
	}
	examples := regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllStringSubmatch(section, -1)
	if len(examples) < 20 {
		t.Errorf("the manual has %d examples", len(examples))
	}
	for _, example := range examples {
		if typed := strings.ReplaceAll(example[1], `\|`, "|"); !known[typed] {
			t.Errorf("no case tries %s", typed)
		}
	}
}
