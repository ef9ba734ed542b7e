package reports_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"postroom/api"
	"postroom/api/apitest"
	"postroom/internal/blob"
	"postroom/internal/desk"
	"postroom/internal/devstack/searchengine"
	"postroom/internal/elastic"
	"postroom/internal/extract"
	"postroom/internal/finder"
	"postroom/internal/rules"
	"postroom/internal/store/reports"
	"postroom/jobs/index"
)

// engined is an installation whose tickets a search engine has.
type engined struct {
	*apitest.Office
	asked  atomic.Int64 // searches
	engine *elastic.Engine
}

// openEngine fills an installation, and then an engine's index of tickets.
func openEngine(t *testing.T, fill func(*apitest.Office)) *engined {
	e := &engined{engine: elastic.NewEngine(elastic.Keys{})}
	target, err := url.Parse(searchengine.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/_search") {
			e.asked.Add(1)
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	var blobs *blob.Store
	e.Office = apitest.Open(t, func(needs *api.Needs) { needs.Engine, blobs = e.engine, needs.Blobs })
	e.Setting("timezone_default", "Europe/Berlin")
	fill(e.Office)
	e.Setting("es_url", server.URL)
	e.Setting("es_index", searchengine.Namespace(t))
	e.Store.ForgetCatalog()
	log := slog.New(slog.DiscardHandler)
	rebuild := &index.Rebuild{Writer: index.NewWriter(e.Store, blobs, e.engine, extract.New(), log), Workers: 1, Progress: func(index.Progress) {}}
	if err := rebuild.Run(t.Context(), []string{elastic.Ticket}); err != nil {
		t.Fatal(err)
	}
	return e
}

func TestNumbersOfAYearWithSearchEngine(t *testing.T) {
	t.Parallel()
	o := openEngine(t, func(o *apitest.Office) { o.Exec(year) })
	numbersOfAYear(o.Office)
	asked := o.asked.Load()
	if asked < 10 {
		t.Errorf("the engine was asked %d times", asked)
	}
	// PostgreSQL knows more than the engine here: what the engine answered is told from what it did not.
	o.Exec(`UPDATE tickets SET created_at = created_at - interval '1 year', close_at = close_at - interval '2 years'`)
	check(t, "as the engine knows it", o.Post("reporter", "/reports/generate", `{"metric":"count","year":2024,"profile_id":1}`), 12, map[string]map[int]int{
		"created": {2: 1, 3: 1, 10: 2}, "closed": {3: 2, 12: 1}, "backlog": {2: 1, 10: 2, 11: 2, 12: 1},
		"reopened": {4: 1, 5: 1}, "merged": {5: 1},
	})
	if got := o.Get("reporter", listOf+"closed").Is(200).Object()["ticket_ids"]; fmt.Sprint(got) != "[1006 1002 1001]" {
		t.Errorf("the engine lists %v", got)
	}
	// A ticket that the engine has not heard the end of is listed nowhere.
	o.Exec(`DELETE FROM ticket_articles; DELETE FROM tickets WHERE id = 1002`)
	if got := o.Get("reporter", listOf+"created").Is(200).Object(); fmt.Sprint(got["ticket_ids"]) != "[1004 1003 1001]" {
		t.Errorf("the list is %v after a ticket was deleted", got["ticket_ids"])
	}
	o.Setting("es_url", "http://127.0.0.1:1")
	o.Store.ForgetCatalog()
	check(t, "while the engine is away", o.Post("reporter", "/reports/generate", `{"metric":"count","year":2023,"profile_id":1}`), 12, map[string]map[int]int{
		"created": {2: 1, 10: 2}, "backlog": {2: 1, 3: 1, 4: 1, 5: 1, 6: 1, 7: 1, 8: 1, 9: 1, 10: 3, 11: 3, 12: 3},
	})
}

// TestBothCountTheSame makes up tickets and conditions, and asks of each condition what an engine and what
// PostgreSQL count, of everything that reports count.
func TestBothCountTheSame(t *testing.T) {
	t.Parallel()
	const conditions = 150
	g := generator{rand.New(rand.NewPCG(2026, 7))}
	o := openEngine(t, g.fill)
	c, err := o.Store.Catalog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	both, alone := finder.New(o.Store, o.engine, log), finder.New(o.Store, nil, log)
	attributes, answered, counted, tickets := rules.TicketAttributes(c), 0, 0, 0
	for made := 0; made < conditions; {
		sent := g.condition(0)
		condition, err := rules.ReadCondition(sent, attributes)
		if err != nil {
			continue
		}
		made++
		bound, err := condition.Bind(rules.Context{Now: clock, Zone: time.FixedZone("", 2*60*60), User: &rules.User{ID: 3, Organization: new(desk.OrganizationID(1))}})
		if err != nil {
			t.Fatal(err)
		}
		text, _ := json.Marshal(sent)
		asked, events, before := g.moments(), eventsOf(bound), o.asked.Load()
		got, err := both.CountEvents(t.Context(), events, asked)
		if err != nil {
			t.Fatal(err)
		}
		if o.asked.Load() > before {
			answered++
		}
		want, err := alone.CountEvents(t.Context(), events, asked)
		if err != nil {
			t.Fatal(err)
		}
		for i := range events {
			for _, n := range want[i] {
				counted += n
			}
			if !slices.Equal(got[i], want[i]) {
				t.Errorf("%s, kind %d of types %v by %d: the engine counts %v, PostgreSQL %v", text, events[i].Kind, events[i].Types, events[i].Senders, got[i], want[i])
			}
		}
		for _, e := range events {
			if e.Kind != reports.Created && e.Kind != reports.Closed {
				continue // PostgreSQL's, whoever is asked
			}
			got, err := both.TicketsOfEvents(t.Context(), e, asked[0], asked[len(asked)-1], 5)
			if err != nil {
				t.Fatal(err)
			}
			want, err := alone.TicketsOfEvents(t.Context(), e, asked[0], asked[len(asked)-1], 5)
			if err != nil {
				t.Fatal(err)
			}
			tickets += len(want.IDs)
			if !slices.Equal(got.IDs, want.IDs) || got.Total != want.Total {
				t.Errorf("%s, kind %d: the engine lists %v, PostgreSQL %v", text, e.Kind, got, want)
			}
		}
	}
	if answered < conditions/3 || answered == conditions || counted < 1000 || tickets < 500 {
		t.Errorf("the engine answered %d of %d; %d events, %d tickets: this tells little", answered, conditions, counted, tickets)
	}
}

// eventsOf are those of all lines.
func eventsOf(condition *rules.Bound) []reports.Events {
	merged, ended, groups := []desk.StateID{5}, []desk.StateID{4, 5}, []desk.GroupID{1}
	var all []reports.Events
	for _, kind := range []reports.Kind{reports.Created, reports.Closed, reports.FirstSolution, reports.Reopened, reports.MovedIn, reports.MovedOut, reports.Merged} {
		all = append(all, reports.Events{Kind: kind, Condition: condition, Merged: merged, Ended: ended, Groups: groups})
	}
	for _, kind := range []reports.Kind{reports.Created, reports.Written} {
		for _, sender := range []desk.SenderID{desk.SenderAgent, desk.SenderCustomer} {
			all = append(all, reports.Events{Kind: kind, Condition: condition, Merged: merged, Types: []desk.ArticleTypeID{1, 5}, Senders: []desk.SenderID{sender}})
		}
	}
	return all
}

// generator makes things up.
type generator struct{ *rand.Rand }

func pick[T any](g generator, of ...T) T { return of[g.IntN(len(of))] }

// maybe is nil now and then.
func maybe[T any](g generator, of ...T) any {
	if g.IntN(4) == 0 {
		return nil
	}
	return pick(g, of...)
}

var (
	clock     = time.Date(2026, 3, 31, 22, 30, 0, 0, time.UTC)
	long      = strings.Repeat("ä", 256)
	someTexts = []string{"", "printer", "Printer", "Ärger AND (more", long, long + "x", strings.Repeat("😀", 129), "two\nlines", "2026"}
	someTags  = []string{"hardware", "urgent", "vip", "Vip"}
	// Around changes of clocks in Berlin, 2026-03-29 01:00 and 2026-10-25 01:00 UTC, and of its days.
	someTimes = []string{"2026-03-28T23:00:00Z", "2026-03-28T22:59:59.999Z", "2026-03-29T00:59:59.999Z", "2026-03-29T01:00:00Z", "2026-03-31T21:59:59.999Z",
		"2026-03-31T22:00:00Z", "2026-03-31T22:30:00Z", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00.001Z", "2025-12-31T22:59:59.999Z", "2025-12-31T23:00:00Z", "2026-12-31T22:59:59.999Z"}
)

// moments are the slots of a year, a month or a day in Berlin.
func (g generator) moments() []time.Time {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	at := func(month, day, hour int) time.Time {
		return time.Date(2026, time.Month(month), day, hour, 0, 0, 0, zone)
	}
	var all []time.Time
	switch g.IntN(3) {
	case 0:
		for month := range 13 {
			all = append(all, at(1+month, 1, 0))
		}
	case 1:
		for day := range 32 {
			all = append(all, at(3, 1+day, 0))
		}
	default:
		for hour := range 25 { // 02:00 is not on the clock: a slot without a moment
			all = append(all, at(3, 29, hour))
		}
	}
	return all
}

// fill writes tickets with everything that conditions can look at.
func (g generator) fill(o *apitest.Office) {
	o.Exec(`INSERT INTO object_manager_attributes (object, name, display, data_type, data_option, position, updated_by_id, created_by_id)
			VALUES ('Ticket', 'cf_int', 'x', 'integer', '{}', 1, 1, 1);
		INSERT INTO tags (id, name, created_by_id) VALUES (901, 'hardware', 1), (902, 'urgent', 1), (903, 'vip', 1), (904, 'Vip', 1)`)
	for id := 901; id <= 903; id++ {
		o.Exec(`INSERT INTO organizations (id, name, domain, note, vip, updated_by_id, created_by_id) VALUES ($1, $2, $3, $4, $5, 1, 1)`,
			id, fmt.Sprint("Org ", id), pick(g, "", "acme.example"), pick(g, someTexts...), g.IntN(2) == 0)
	}
	for id := 901; id <= 904; id++ {
		o.Exec(`INSERT INTO users (id, login, email, firstname, vip, organization_id, updated_by_id, created_by_id) VALUES ($1, $2, $2, $3, $4, $5, 1, 1)`,
			id, fmt.Sprintf("u%d@%s", id, pick(g, "acme.example", "example.org")), pick(g, someTexts...), g.IntN(2) == 0, maybe(g, 901, 902))
	}
	people := []int{1, 901, 902, 903, 904}
	for id := 5001; id <= 5120; id++ {
		created := pick(g, someTimes...)
		o.Exec(`INSERT INTO tickets (id, number, title, note, group_id, state_id, priority_id, owner_id, customer_id, organization_id, time_unit, article_count,
				pending_time, escalation_at, first_response_in_min, create_article_type_id, create_article_sender_id, created_at, close_at, updated_by_id, created_by_id, custom)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)`,
			id, fmt.Sprint(id), pick(g, someTexts...), maybe(g, someTexts...), pick(g, 1, 2), pick(g, 1, 2, 4, 5), pick(g, 1, 2, 3), pick(g, people...),
			pick(g, people[1:]...), maybe(g, 901, 902, 903), maybe(g, 1.5, 2, 0.1), g.IntN(3), maybe(g, someTimes...), maybe(g, someTimes...), maybe(g, -3, 0, 7),
			maybe(g, 1, 5, 11), maybe(g, 1, 2), created, maybe(g, append(slices.Clone(someTimes), created, created)...), pick(g, people...), pick(g, people...),
			fmt.Sprintf(`{"cf_int": %d}`, g.IntN(3)))
		for range g.IntN(3) {
			o.Exec(`INSERT INTO taggings (tag_id, object, o_id, created_by_id) VALUES ($1, 'Ticket', $2, 1) ON CONFLICT DO NOTHING`, 901+g.IntN(4), id)
			o.Exec(`INSERT INTO mentions (ticket_id, user_id, updated_by_id, created_by_id) VALUES ($1, $2, 1, 1) ON CONFLICT DO NOTHING`, id, pick(g, people...))
			o.Exec(`INSERT INTO history (object, o_id, type, attribute, id_from, id_to, created_at, created_by_id) VALUES ('Ticket', $1, $2, $3, $4, $5, $6, 1)`,
				id, pick(g, "updated", "updated", "merged_into"), pick(g, "state", "group"), pick(g, 1, 4), pick(g, 1, 2), pick(g, someTimes...))
		}
		for range g.IntN(4) {
			o.Exec(`INSERT INTO ticket_articles (ticket_id, type_id, sender_id, subject, body, internal, created_at, updated_by_id, created_by_id) VALUES ($1, $2, $3, $4, 'x', $5, $6, 1, 1)`,
				id, pick(g, 1, 5, 10), pick(g, 1, 2), maybe(g, someTexts...), g.IntN(2) == 0, pick(g, someTimes...))
		}
	}
}

// condition makes up a tree of groups and comparisons.
func (g generator) condition(depth int) map[string]any {
	if depth > 0 && (depth > 2 || g.IntN(3) > 0) {
		return g.leaf()
	}
	var children []any
	for range 1 + g.IntN(3) {
		children = append(children, g.condition(depth+1))
	}
	return map[string]any{"operator": pick(g, "AND", "OR", "NOT"), "conditions": children}
}

// namesOf are attributes to compare, by what is compared with.
var namesOf = map[string][]string{
	"text": {"ticket.title", "ticket.note", "ticket.number", "customer.firstname", "customer.email", "organization.domain", "organization.note",
		"ticket_state.name", "article.subject", "article.body"},
	"id": {"ticket.state_id", "ticket.group_id", "ticket.owner_id", "ticket.customer_id", "ticket.organization_id", "customer.organization_id",
		"article.type_id", "article.sender_id", "ticket.mention_user_ids", "ticket_state.state_type_id", "owner.id", "organization.id", "ticket.cf_int"},
	"number": {"ticket.article_count", "ticket.time_unit", "ticket.first_response_in_min"},
	"bool":   {"customer.vip", "organization.vip", "article.internal"},
	"time":   {"ticket.pending_time", "ticket.escalation_at", "ticket.close_at", "ticket.created_at", "article.created_at", "customer.updated_at"},
	"tags":   {"ticket.tags"},
}

func (g generator) leaf() map[string]any {
	kind := pick(g, "text", "id", "id", "number", "bool", "time", "time", "tags", "tags")
	leaf := map[string]any{"name": pick(g, namesOf[kind]...)}
	equal := pick(g, "is", "is not")
	few := func(of ...any) any { return pick(g, any(pick(g, of...)), any([]any{pick(g, of...), pick(g, of...)})) }
	switch kind {
	case "text":
		var texts []any
		for _, text := range append(slices.Clone(someTexts), "new", "5001", "acme.example", "901@example.org") {
			texts = append(texts, text)
		}
		leaf["operator"], leaf["value"] = pick(g, equal, equal, equal, "is any of", "is none of", "contains", "starts with"), few(append(texts, nil)...)
	case "id":
		leaf["operator"], leaf["value"] = pick(g, equal, equal, "is any of", "is none of"), few(1, 2, 4, 5, "5", 901, 902, 903, "", nil)
		leaf["pre_condition"] = pick(g, nil, nil, any("specific"), any("not_set"), any("current_user.id"), any("current_user.organization_id"))
	case "number":
		leaf["operator"] = pick(g, equal, "is less than", "is less than or equal to", "is greater than", "is greater than or equal to")
		leaf["value"] = pick[any](g, 0, "1.5", "0.1", 2, 7, -3, "", nil)
	case "bool":
		leaf["operator"], leaf["value"] = equal, few(true, "false", "")
	case "time":
		leaf["operator"] = pick(g, "today", "before (absolute)", "after (absolute)", "before (relative)", "after (relative)", "within last (relative)",
			"within next (relative)", "till (relative)", "from (relative)", "is", "is not")
		leaf["value"], leaf["range"] = pick[any](g, 1, "0", "3", "2000", pick(g, someTimes...), "2026-03-31", "", nil), pick(g, "minute", "hour", "day", "week", "month", "year")
	default:
		leaf["operator"] = pick(g, "contains all", "contains one", "contains all not", "contains one not")
		leaf["value"] = pick(g, someTags...) + pick(g, "", ", "+pick(g, someTags...))
	}
	return leaf
}
