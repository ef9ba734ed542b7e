package store_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"postroom/internal/desk"
	"postroom/internal/rules"
	"postroom/internal/store/lookup"
	"postroom/internal/store/table"
)

// index lets the index of words catch up, and returns how much there was to do.
func (b *base) index() (done int) {
	b.t.Helper()
	for {
		n, err := b.IndexTickets(b.t.Context(), 100)
		if err != nil {
			b.t.Fatal(err)
		}
		if n == 0 {
			return done
		}
		done += n
	}
}

// finds returns the tickets that have words, and holds their count against them.
func (b *base) finds(scope desk.TicketScope, articles rules.ArticleScope, patterns ...string) []desk.TicketID {
	b.t.Helper()
	var words []*rules.Query
	for _, pattern := range patterns {
		words = append(words, rules.Words(pattern))
	}
	search := lookup.Search{
		Scope: scope, Page: table.Page{Limit: 50}, Order: []table.Order{{Column: "id"}},
		Search: table.Search{Query: rules.AllOf(words...), Context: rules.Context{Now: time.Now(), Articles: articles}},
	}
	found, err := b.SearchTickets(b.t.Context(), search)
	if err != nil {
		b.t.Fatal(err)
	}
	count, err := b.CountTickets(b.t.Context(), search)
	if err != nil {
		b.t.Fatal(err)
	}
	if count != len(found) {
		b.t.Errorf("%v: %d tickets are counted, %d found", patterns, count, len(found))
	}
	ids := []desk.TicketID{}
	for _, t := range found {
		ids = append(ids, t.ID)
	}
	return ids
}

var (
	everybody = desk.TicketScope{All: true}
	agents    = desk.TicketScope{Groups: []desk.GroupID{1}}
	customers = desk.TicketScope{Customer: 2}
	allOfIt   = rules.ArticleScope{}
	publicly  = rules.ArticleScope{Limited: true}
)

// Whatever is written to a ticket is found before the index has it, and after.
func TestWordsFollowWhatIsWritten(t *testing.T) {
	t.Parallel()
	b := open(t)
	one, two := b.ticket("10001"), b.ticket("10002")
	article := b.article(one.ID)
	steps := []struct {
		what   string
		do     func()
		word   string
		finds  []desk.TicketID
		gone   string // word that is found no more
		public bool   // and by customers
	}{
		{"a title", func() {}, "fire", []desk.TicketID{one.ID, two.ID}, "water", true},
		{"a number", func() {}, "10002", []desk.TicketID{two.ID}, "10003", true},
		{"an article", func() {}, "help", []desk.TicketID{one.ID}, "helpless", true},
		{"another title", func() { b.changeTicket(one.ID, func(t *desk.Ticket) { t.Title = "Toner" }) }, "toner", []desk.TicketID{one.ID}, "10001 on fire", true},
		{"a change of an article", func() {
			article.Body = "<p>very&nbsp;<b>urgent</b></p>"
			article.ContentType = "text/html"
			b.save(article)
		},
			"urgent", []desk.TicketID{one.ID}, "help", true},
		{"an article becomes internal", func() { article.Internal = true; b.save(article) }, "urgent", []desk.TicketID{one.ID}, "help", false},
		{"an article moves", func() { article.TicketID = two.ID; b.save(article) }, "very", []desk.TicketID{two.ID}, "help", false},
	}
	for _, step := range steps {
		step.do()
		for _, state := range []string{"just written", "indexed"} {
			if got := b.finds(agents, allOfIt, step.word); !slices.Equal(got, step.finds) {
				t.Errorf("%s, %s: %s finds %v, want %v", step.what, state, step.word, got, step.finds)
			}
			if got := b.finds(customers, publicly, step.word); len(got) > 0 != step.public {
				t.Errorf("%s, %s: customers find %v by %s", step.what, state, got, step.word)
			}
			if got := b.finds(agents, allOfIt, step.gone); len(got) > 0 {
				t.Errorf("%s, %s: %s still finds %v", step.what, state, step.gone, got)
			}
			b.index()
		}
	}
	if _, err := b.DeleteTicket(t.Context(), two.ID); err != nil {
		t.Fatal(err)
	}
	if got := b.finds(everybody, allOfIt, "10002"); len(got) > 0 {
		t.Errorf("a deleted ticket is found: %v", got)
	}
	b.index()
	if n := ask[int](b, `SELECT count(*) FROM ticket_words`); n != 1 {
		t.Errorf("%d tickets have words, one is left", n)
	}
	b.changeTicket(one.ID, func(t *desk.Ticket) { t.Note = new("of no interest") })
	if n := b.index(); n != 0 {
		t.Errorf("a change that nobody looks for is indexed %d times", n)
	}
}

func (b *base) save(a desk.Article) {
	b.t.Helper()
	if err := b.SaveArticle(b.t.Context(), a); err != nil {
		b.t.Fatal(err)
	}
}

// TestWordsOfManyAreTheSameHoweverTheyAreFound has words that are frequent, rare, and frequent only
// where the list does not begin, for somebody who sees most tickets and somebody who sees few.
func TestWordsOfManyAreTheSameHoweverTheyAreFound(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.exec(`
		INSERT INTO groups (id, name, name_last, updated_by_id, created_by_id) VALUES (2, 'Small', 'Small', 1, 1);
		INSERT INTO tickets (id, group_id, priority_id, state_id, number, title, customer_id, updated_by_id, created_by_id, updated_at)
		SELECT n, CASE WHEN n % 100 = 0 THEN 2 ELSE 1 END, 2, 1, 'n' || n,
			'always ' || CASE WHEN n % 50 = 0 THEN 'sometimes ' ELSE '' END || CASE WHEN n < 900 THEN 'early' ELSE 'late' END || CASE WHEN n = 777 THEN ' once' ELSE '' END,
			2, 1, 1, now() - make_interval(secs => n)
		FROM generate_series(1, 3000) n;
		ANALYZE tickets`)
	b.index()
	for _, scope := range []desk.TicketScope{everybody, agents, {Groups: []desk.GroupID{2}}, {Groups: []desk.GroupID{1, 2}}, customers} {
		for _, query := range []string{"always", "sometimes", "early", "late", "once", "always once", "sometimes late", "never", "sometimes never", "lat", "way"} {
			var words []*rules.Query
			condition := "true"
			for word := range strings.FieldsSeq(query) {
				words = append(words, rules.Words(word))
				condition += fmt.Sprintf(" AND title LIKE '%%%s%%'", word)
			}
			all := ask[[]desk.TicketID](b, `
				SELECT coalesce(array_agg(id ORDER BY updated_at DESC, id DESC), '{}')
				FROM tickets
				WHERE ($1 OR group_id = ANY($2) OR customer_id = $3) AND `+condition, scope.All, scope.Groups, scope.Customer)
			for _, offset := range []int{0, 50, len(all) - 3} {
				search := lookup.Search{Scope: scope, Page: table.Page{Limit: 20, Offset: max(offset, 0)}, Search: table.Search{Query: rules.AllOf(words...)}}
				found, err := b.SearchTickets(t.Context(), search)
				if err != nil {
					t.Fatal(err)
				}
				want := all[min(search.Offset, len(all)):min(search.Offset+20, len(all))]
				if got := ticketIDs(found); !slices.Equal(got, want) {
					t.Errorf("%v looks for %s from %d on and finds %d, want %d: %v, want %v", scope, query, search.Offset, len(got), len(want), got, want)
				}
				if count, err := b.CountTickets(t.Context(), search); err != nil || count != len(all) {
					t.Errorf("%v looks for %s and counts %d, want %d: %v", scope, query, count, len(all), err)
				}
			}
		}
	}
}

func ticketIDs(found []desk.Ticket) []desk.TicketID {
	ids := []desk.TicketID{}
	for _, t := range found {
		ids = append(ids, t.ID)
	}
	return ids
}

// TestIndexersDoNotUndoEachOther lets several work on tickets that change meanwhile.
func TestIndexersDoNotUndoEachOther(t *testing.T) {
	t.Parallel()
	b := open(t)
	const many, times = 6, 15
	var tickets []desk.Ticket
	for n := range many {
		tickets = append(tickets, b.ticket(fmt.Sprint(n)))
	}
	var writing, indexing sync.WaitGroup
	written := make(chan struct{})
	for _, ticket := range tickets {
		writing.Go(func() {
			for n := range times {
				b.exec(`UPDATE tickets SET title = $2 WHERE id = $1`, ticket.ID, fmt.Sprintf("round%d", n))
			}
		})
	}
	for range 3 {
		indexing.Go(func() {
			for {
				n, err := b.IndexTickets(t.Context(), 4)
				if err != nil {
					t.Error(err)
					return
				}
				select {
				case <-written:
					if n == 0 {
						return
					}
				default:
				}
			}
		})
	}
	writing.Wait()
	close(written)
	indexing.Wait()
	b.index()
	if n := ask[int](b, `SELECT count(*) FROM ticket_words WHERE words @@ $1::text::tsquery`, fmt.Sprintf("'round%d'", times-1)); n != many {
		t.Errorf("%d of %d tickets have the words that they had last", n, many)
	}
}

// TestConditionsAskForWordsFirst compares conditions about texts with what they mean.
func TestConditionsAskForWordsFirst(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.exec(`
		INSERT INTO tickets (id, group_id, priority_id, state_id, number, title, customer_id, updated_by_id, created_by_id)
		SELECT n, 1, 2, 1, 'n' || n, 'Title ' || n, 2, 1, 1 FROM generate_series(1, 700) n;
		INSERT INTO ticket_articles (ticket_id, type_id, sender_id, body, content_type, internal, updated_by_id, created_by_id)
		SELECT n, 1, 2, 'the body of ' || n || '. <a href="https://shop.example/cart">See</a>', 'text/html', n % 2 = 0, 1, 1 FROM generate_series(1, 700) n`)
	c, err := b.Catalog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for condition, want := range map[string]int{
		`{"article.body": {"operator": "contains", "value": "of 77."}}`:                     1,
		`{"article.body": {"operator": "contains", "value": "ODY OF 7"}}`:                   12,
		`{"article.body": {"operator": "contains", "value": "op.example/ca"}}`:              700,
		`{"article.body": {"operator": "contains", "value": ". "}}`:                         700,
		`{"article.body": {"operator": "contains", "value": "elsewhere"}}`:                  0,
		`{"article.body": {"operator": "contains not", "value": "of 77."}}`:                 699,
		`{"ticket.title": {"operator": "starts with one of", "value": ["title 8", "nix"]}}`: 11,
		`{"ticket.title": {"operator": "ends with", "value": "e 99"}}`:                      1,
		`{"operator": "OR", "conditions": [{"name": "ticket.title", "operator": "contains", "value": "e 99"},
			{"name": "article.body", "operator": "contains", "value": "of 77."}]}`: 2,
		`{"operator": "AND", "conditions": [{"name": "ticket.title", "operator": "contains", "value": "e 9"},
			{"name": "article.body", "operator": "contains", "value": "body of 99"}]}`: 1,
	} {
		for _, state := range []string{"just written", "indexed"} {
			var sent any
			if err := json.Unmarshal([]byte(condition), &sent); err != nil {
				t.Fatal(err)
			}
			read, err := rules.ReadCondition(sent, rules.TicketAttributes(c))
			if err != nil {
				t.Fatalf("%s: %v", condition, err)
			}
			bound, err := read.Bind(rules.Context{Now: time.Now()})
			if err != nil {
				t.Fatal(err)
			}
			search := lookup.Search{Scope: agents, Page: table.Page{Limit: 1000}, Search: table.Search{Condition: bound}}
			found, err := b.SearchTickets(t.Context(), search)
			if err != nil {
				t.Fatal(err)
			}
			if count, err := b.CountTickets(t.Context(), search); err != nil || count != want || len(found) != want {
				t.Errorf("%s, %s: %d found, %d counted, want %d: %v", state, condition, len(found), count, want, err)
			}
			if state == "just written" {
				b.index()
			}
		}
		b.exec(`INSERT INTO ticket_words_due (ticket_id) SELECT id FROM tickets; DELETE FROM ticket_words`)
	}
}

func TestWordsAreMadeAnew(t *testing.T) {
	t.Parallel()
	b := open(t)
	one := b.ticket("1")
	b.ticket("2")
	b.index()
	b.exec(`DELETE FROM ticket_words; DELETE FROM ticket_vocabulary; INSERT INTO ticket_words VALUES (999, '''fire''')`)
	n, err := b.RebuildWords(t.Context())
	if err != nil || n != 2 {
		t.Fatalf("%d tickets are to be indexed: %v", n, err)
	}
	if due, err := b.WordsDue(t.Context()); err != nil || due != 2 {
		t.Errorf("%d tickets wait: %v", due, err)
	}
	b.index()
	if got := b.finds(everybody, allOfIt, "fire"); len(got) != 2 || got[0] != one.ID {
		t.Errorf("found %v", got)
	}
	if n := ask[int](b, `SELECT count(*) FROM ticket_words`); n != 2 {
		t.Errorf("%d tickets have words", n)
	}
}
