package store_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"postroom/internal/desk"
	"postroom/internal/rules"
	"postroom/internal/store/directory"
	"postroom/internal/store/lookup"
	"postroom/internal/store/table"
)

// TestBothWaysToJudgeAgree makes up tickets and conditions, and asks of each condition which
// tickets fit: package rules in memory, and PostgreSQL. What rules refuses is made up again.
func TestBothWaysToJudgeAgree(t *testing.T) {
	t.Parallel()
	const conditions = 600
	b, rnd := open(t), rand.New(rand.NewPCG(2026, 5))
	g := generator{Rand: rnd}
	g.fill(b)
	catalog, err := b.Catalog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all := b.allFacts(catalog)
	attributes := rules.TicketAttributes(catalog)
	found := 0
	for made := 0; made < conditions; {
		text, err := json.Marshal(g.condition(0))
		if err != nil {
			t.Fatal(err)
		}
		condition, err := rules.ParseCondition(text, attributes)
		if err != nil {
			continue
		}
		made++
		context := g.context()
		bound, err := condition.Bind(context)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		want := []desk.TicketID{}
		for _, facts := range all {
			if bound.Matches(facts) {
				want = append(want, desk.TicketID(facts.One["ticket"]["id"].(int64)))
			}
		}
		got, err := b.matching(attributes, text, context, nil)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s with %+v: PostgreSQL finds %v, memory %v", text, context, got, want)
		}
		found += len(got)
	}
	if most := conditions * len(all); found < most/20 || found > most/20*19 {
		t.Errorf("%d of %d comparisons fit: the conditions tell little", found, most)
	}
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
	someTexts = []string{"", "printer", "Printer is broken", "ÄRGER mit dem Drucker", "ärger", "50% off_now", `back\slash`, "two\nlines printer", "[x] (y)"}
	someParts = []string{"", "print", "PRINTER", "ärger", "%", "_", `\`, "is", "n", "(y)"}
	patterns  = []string{"^print", "drucker$", `\mis\M`, "[[:alpha:]]+ger", "a|b", `\d+%`, "x.*y", "^$", "lines.printer"}
	someTags  = []string{"hardware", "urgent", "vip", "Vip"}
	someKeys  = []string{"a", "b", "c"}
	clock     = time.Date(2026, 3, 31, 22, 30, 0, 0, time.UTC)
	someTimes = []string{"2026-02-28T22:30:00Z", "2026-03-31T21:59:59.999Z", "2026-03-31T22:00:00Z", "2026-03-31T22:30:00Z",
		"2026-03-31T23:00:00Z", "2026-04-01T22:30:00Z", "2026-04-30T22:30:00Z", "2025-03-31T22:30:00Z"}
	someDates = []string{"2026-03-31", "2026-04-01", "2026-02-28", "2025-12-31"}
)

// fill writes tickets with everything that conditions can look at.
func (g generator) fill(b *base) {
	b.exec(`INSERT INTO object_manager_attributes (object, name, display, data_type, data_option, position, updated_by_id, created_by_id) VALUES
		('Ticket', 'cf_text', 'x', 'input', '{}', 1, 1, 1), ('Ticket', 'cf_int', 'x', 'integer', '{"default": 3}', 2, 1, 1),
		('Ticket', 'cf_bool', 'x', 'boolean', '{"default": false}', 3, 1, 1), ('Ticket', 'cf_multi', 'x', 'multiselect', '{}', 4, 1, 1),
		('Ticket', 'cf_date', 'x', 'date', '{}', 5, 1, 1), ('Ticket', 'cf_time', 'x', 'datetime', '{}', 6, 1, 1),
		('Ticket', 'cf_ext', 'x', 'autocompletion_ajax_external_data_source', '{}', 7, 1, 1),
		('User', 'floor', 'x', 'integer', '{}', 1, 1, 1), ('Organization', 'branch', 'x', 'select', '{}', 1, 1, 1)`)
	for id := 1; id <= 3; id++ {
		b.row("organizations", map[string]any{"id": id, "name": pick(g, someTexts...) + fmt.Sprint(id), "note": pick(g, someTexts...), "vip": g.IntN(2) == 0,
			"custom": custom("branch", maybe(g, someKeys...))}, map[string]any{"updated_by_id": 1, "created_by_id": 1})
	}
	for id := 3; id <= 6; id++ {
		b.row("users", map[string]any{"id": id, "login": fmt.Sprint("user", id), "email": fmt.Sprintf("u%d@%s", id, pick(g, "acme.test", "example.org")),
			"firstname": pick(g, someTexts...), "vip": g.IntN(2) == 0, "organization_id": maybe(g, 1, 2, 3), "custom": custom("floor", maybe(g, 1, 2)),
			"out_of_office": true, "out_of_office_start_at": "2026-03-01", "out_of_office_end_at": pick(g, "2026-03-31", "2026-04-01"),
			"out_of_office_replacement_id": maybe(g, 1, 2)}, map[string]any{"updated_by_id": 1, "created_by_id": 1})
	}
	b.exec(`UPDATE users SET out_of_office_replacement_id = 4 WHERE id = 3; UPDATE users SET out_of_office_replacement_id = 5 WHERE id = 4;
		INSERT INTO tags (name, created_by_id) VALUES ('hardware', 1), ('urgent', 1), ('vip', 1), ('Vip', 1)`)
	for id := 1; id <= 60; id++ {
		g.fillTicket(b, id)
	}
}

// custom is a JSON object of values that are set, by pairs of name and value.
func custom(pairs ...any) map[string]any {
	all := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != nil {
			all[pairs[i].(string)] = pairs[i+1]
		}
	}
	return all
}

func (g generator) fillTicket(b *base, id int) {
	people := []int{1, 2, 3, 4, 5, 6}
	at := someTimes
	external := maybe(g, "1", "x")
	if external != nil {
		external = map[string]any{"value": external, "label": "l"}
	}
	keys := maybe(g, []string{}, []string{"a"}, []string{"a", "b"}, []string{"c", "b"})
	b.row("tickets", map[string]any{
		"id": id, "number": fmt.Sprint(1000 + id), "title": pick(g, someTexts...), "note": maybe(g, someTexts...), "group_id": 1,
		"state_id": pick(g, 1, 4), "priority_id": 2, "owner_id": pick(g, people...), "customer_id": pick(g, people[1:]...),
		"organization_id": maybe(g, 1, 2, 3), "time_unit": maybe(g, 1.5, 2, 0), "article_count": g.IntN(3), "pending_time": maybe(g, at...),
		"escalation_at": maybe(g, at...), "close_at": maybe(g, at...), "created_at": pick(g, at...), "updated_at": pick(g, at...),
		"updated_by_id": pick(g, people...), "created_by_id": pick(g, people...),
		"custom": custom("cf_text", maybe(g, someTexts...), "cf_int", maybe(g, 0, 3, 42), "cf_bool", maybe(g, true, false), "cf_multi", keys,
			"cf_date", maybe(g, someDates...), "cf_time", maybe(g, "2026-03-31T22:00:00.000Z", "2026-03-31T22:30:00.000Z"), "cf_ext", external),
	}, nil)
	for range g.IntN(4) {
		b.exec(`INSERT INTO taggings (tag_id, object, o_id, created_by_id) VALUES ($1, 'Ticket', $2, 1) ON CONFLICT DO NOTHING`, 1+g.IntN(4), id)
		b.exec(`INSERT INTO mentions (ticket_id, user_id, updated_by_id, created_by_id) VALUES ($1, $2, 1, 1) ON CONFLICT DO NOTHING`, id, pick(g, people...))
	}
	for n := range g.IntN(4) {
		article := id*10 + n
		b.row("ticket_articles", map[string]any{"id": article, "ticket_id": id, "type_id": pick(g, 1, 10), "sender_id": pick(g, 1, 2, 3),
			"subject": maybe(g, someTexts...), "body": pick(g, someTexts...), "from": maybe(g, someTexts...), "internal": g.IntN(2) == 0,
			"created_at": pick(g, at...)}, map[string]any{"updated_by_id": 1, "created_by_id": 1})
		if g.IntN(3) == 0 {
			b.exec(`INSERT INTO ticket_time_accountings (ticket_id, ticket_article_id, time_unit, created_by_id) VALUES ($1, $2, 1, 1)`, id, article)
		}
	}
}

func (g generator) context() rules.Context {
	c := rules.Context{
		Now: clock, Zone: time.FixedZone("", 2*60*60), User: &rules.User{ID: pick[desk.UserID](g, 2, 3, 4), Organizations: []desk.OrganizationID{3}},
	}
	if g.IntN(2) == 0 {
		c.User.Organization = new(desk.OrganizationID(1))
	}
	if g.IntN(3) == 0 {
		c.Articles = rules.ArticleScope{Limited: true, Groups: pick(g, nil, []desk.GroupID{1}, []desk.GroupID{2})}
	}
	if g.IntN(3) == 0 {
		c.Event = &rules.Event{
			Type: pick(g, "create", "update", "reminder_reached", "escalation"), Selective: g.IntN(2) == 0,
			Changed: pick(g, nil, []string{"owner_id"}, []string{"title", "state_id"}), Article: desk.ArticleID(pick(g, 0, 10, 11, 100)),
		}
	}
	return c
}

// condition makes up a tree of groups and comparisons.
func (g generator) condition(depth int) map[string]any {
	if depth > 0 && (depth > 3 || g.IntN(3) > 0) {
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
	"text": {"ticket.title", "ticket.note", "ticket.number", "ticket.cf_text", "customer.firstname", "customer.email", "owner.login", "organization.name",
		"organization.note", "organization.branch", "ticket_state.name", "article.body", "article.subject", "article.from"},
	"id": {"ticket.state_id", "ticket.owner_id", "ticket.customer_id", "ticket.organization_id", "ticket.updated_by_id", "customer.organization_id",
		"article.type_id", "article.sender_id", "ticket.mention_user_ids", "ticket.out_of_office_replacement_id", "owner.id", "organization.id"},
	"number": {"ticket.cf_int", "ticket.article_count", "ticket.time_unit", "customer.floor"},
	"bool":   {"ticket.cf_bool", "customer.vip", "organization.vip", "article.internal"},
	"time":   {"ticket.pending_time", "ticket.escalation_at", "ticket.close_at", "ticket.created_at", "ticket.cf_time", "article.created_at"},
	"date":   {"ticket.cf_date", "owner.out_of_office_end_at"},
	"list":   {"ticket.cf_multi"},
	"tags":   {"ticket.tags"},
	"other":  {"ticket.action", "article.action", "article.time_accounting", "ticket.cf_ext"},
}

func (g generator) leaf() map[string]any {
	kind := pick(g, "text", "text", "id", "id", "number", "bool", "time", "date", "list", "tags", "tags", "other")
	leaf := map[string]any{"name": pick(g, namesOf[kind]...)}
	equal := pick(g, "is", "is not")
	few := func(of ...any) any { return pick(g, any(pick(g, of...)), any([]any{pick(g, of...), pick(g, of...)})) }
	switch kind {
	case "text":
		operator := pick(g, equal, "is any of", "is none of", "contains", "contains not", "starts with", "ends with one of", "matches regex", "does not match regex", "has changed")
		leaf["operator"], leaf["value"] = operator, few(anys(someParts)...)
		switch {
		case slices.Contains([]string{"is", "is not", "is any of", "is none of"}, operator):
			leaf["value"] = few(append(anys(someTexts), nil)...)
		case slices.Contains([]string{"matches regex", "does not match regex"}, operator):
			leaf["value"] = pick(g, patterns...)
		}
	case "id":
		leaf["operator"], leaf["value"] = pick(g, equal, equal, "is any of", "is none of", "has changed"), few(1, 2, 3, "4", 10, "", nil)
		leaf["pre_condition"] = pick(g, nil, any(""), any("specific"), any("not_set"), any("current_user.id"), any("current_user.organization_id"))
	case "number":
		leaf["operator"], leaf["value"] = pick(g, equal, "is less than", "is greater than or equal to"), pick[any](g, 0, "1.5", 3, 42, 2, "", nil)
	case "bool":
		leaf["operator"], leaf["value"] = equal, few(true, "false", "")
	case "time", "date":
		leaf["operator"] = pick(g, "today", "before (absolute)", "after (absolute)", "before (relative)", "after (relative)", "within last (relative)",
			"within next (relative)", "till (relative)", "from (relative)", "has reached", "has reached warning", "is", "is not")
		leaf["value"], leaf["range"] = pick[any](g, 1, "0", "12", pick(g, someTimes...), pick(g, someDates...), "", nil), pick(g, "minute", "hour", "day", "week", "month", "year")
	case "list", "tags":
		leaf["operator"] = pick(g, "contains all", "contains one", "contains all not", "contains one not")
		leaf["value"] = few(anys(someKeys)...)
		if kind == "tags" {
			leaf["value"] = pick(g, someTags...) + pick(g, "", ", "+pick(g, someTags...))
		}
	default:
		leaf["operator"], leaf["value"] = pick(g, equal, "is set", "not set"), pick[any](g, "create", "update", map[string]any{"value": "1"}, "x")
	}
	return leaf
}

func anys(texts []string) []any {
	all := make([]any, len(texts))
	for i, text := range texts {
		all[i] = text
	}
	return all
}

// allFacts reads what rules want to know of every ticket.
func (b *base) allFacts(c *desk.Catalog) []*rules.Facts {
	b.t.Helper()
	tickets, err := b.SearchTickets(b.t.Context(), lookup.Search{Scope: desk.TicketScope{All: true}, Order: []table.Order{{Column: "id"}}, Page: table.Page{Limit: 1000}})
	if err != nil {
		b.t.Fatal(err)
	}
	var all []*rules.Facts
	for _, ticket := range tickets {
		all = append(all, b.facts(ticket, c))
	}
	return all
}

func (b *base) facts(ticket desk.Ticket, c *desk.Catalog) *rules.Facts {
	b.t.Helper()
	people, err := b.Users(b.t.Context(), []desk.UserID{ticket.CustomerID, ticket.OwnerID})
	if err != nil {
		b.t.Fatal(err)
	}
	facts := &rules.Facts{One: map[string]rules.Row{
		"ticket": rules.TicketRow(ticket, c), "customer": rules.UserRow(people[ticket.CustomerID], c), "owner": rules.UserRow(people[ticket.OwnerID], c),
		"ticket_state": rules.StateRow(c.States[ticket.StateID]),
	}, Many: map[string][]rules.Row{}}
	if ticket.OrganizationID != nil {
		organization, err := directory.Organizations.Get(b.t.Context(), b.Store.DB, *ticket.OrganizationID)
		if err != nil {
			b.t.Fatal(err)
		}
		facts.One["organization"] = rules.OrganizationRow(organization, c)
	}
	articles, err := b.ArticlesOf(b.t.Context(), ticket.ID)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, article := range articles {
		accounted := ask[bool](b, `SELECT EXISTS (SELECT FROM ticket_time_accountings WHERE ticket_article_id = $1)`, article.ID)
		facts.Many["article"] = append(facts.Many["article"], rules.ArticleRow(article, accounted))
	}
	facts.Tags = ask[[]string](b, `SELECT array(SELECT t.name FROM taggings g JOIN tags t ON t.id = g.tag_id WHERE g.o_id = $1)`, ticket.ID)
	facts.Subscribers = ask[[]desk.UserID](b, `SELECT array(SELECT user_id FROM mentions WHERE ticket_id = $1)`, ticket.ID)
	for at, seen := people[ticket.OwnerID], map[desk.UserID]bool{}; at.OutOfOffice.OutOfOffice && at.OutOfOfficeReplacementID != nil && !seen[at.ID]; {
		seen[at.ID] = true
		if at.OutOfOfficeEndAt.Before(time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)) {
			break
		}
		facts.StandIns = append(facts.StandIns, *at.OutOfOfficeReplacementID)
		if at, err = b.User(b.t.Context(), *at.OutOfOfficeReplacementID); err != nil {
			b.t.Fatal(err)
		}
	}
	return facts
}
