package lookup

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/rules"
	"postroom/internal/store/pg"
	"postroom/internal/store/table"
)

// Words are looked for in these texts. The words of ticket_words are theirs.
var (
	textsOfTicket  = []string{"t.title", "t.number"}
	textsOfArticle = []string{"a.body", "a.subject", `a."from"`, `a."to"`}
)

// ticketHas writes that the texts of a ticket have one of some patterns, to be asked of one ticket
// after the other.
func ticketHas(patterns []string, articles rules.ArticleScope, args *pg.Args) string {
	return `(` + table.AnyLike(textsOfTicket, patterns, args) + `
				OR EXISTS (
					SELECT
					FROM ticket_articles a
					WHERE a.ticket_id = t.id AND ` + table.AnyLike(textsOfArticle, patterns, args) + knownArticles(articles, args) + `
					OFFSET 0))` // which keeps PostgreSQL from looking at all articles at once
}

// knownArticles leaves out internal articles that somebody must not know of, not even by a search.
func knownArticles(scope rules.ArticleScope, args *pg.Args) string {
	switch {
	case !scope.Limited:
		return ""
	case len(scope.Groups) == 0:
		return " AND NOT a.internal"
	}
	return " AND (NOT a.internal OR EXISTS (SELECT FROM tickets x WHERE x.id = a.ticket_id AND x.group_id = ANY(" + args.Add(scope.Groups) + ")))"
}

// wordPlan is how the words of a search are found.
type wordPlan struct {
	terms   map[string]term
	narrow  []string        // tsqueries of what the condition asks for, too
	fresh   []desk.TicketID // their words are not in the index yet: their texts are looked at
	reaches bool            // whether the scope is every group there is
}

// mostFresh is how many tickets have their texts looked at because the index does not have them yet.
// There are more only after a rebuild or an outage.
const mostFresh = 5000

const (
	freshTickets = `
		SELECT ARRAY(
				SELECT DISTINCT ticket_id
				FROM (SELECT ticket_id FROM ticket_words_due ORDER BY id DESC LIMIT $1) due),
			cardinality($2::bigint[]) > 0 AND NOT EXISTS (SELECT FROM groups WHERE id <> ALL($2))`
	formsOfWords = `
		SELECT piece.n - 1, form.word
		FROM unnest($1::text[]) WITH ORDINALITY AS piece (part, n)
		CROSS JOIN LATERAL (
			SELECT word
			FROM ticket_vocabulary
			WHERE word LIKE '%' || piece.part || '%'
			LIMIT $2
		) form`
)

// planWords finds out what to ask the index for.
func (s Keeper) planWords(ctx context.Context, search Search) (wordPlan, error) {
	plan := wordPlan{terms: map[string]term{}}
	texts := search.texts()
	if !search.query().Wordy() && len(texts) == 0 {
		return plan, nil
	}
	row := pg.Conn(s.DB).QueryRow(ctx, freshTickets, pg.Planned, mostFresh, pg.Plain(search.Scope.Groups))
	if err := row.Scan(&plan.fresh, &plan.reaches); err != nil {
		return plan, fmt.Errorf("fresh tickets: %w", pg.Translate(err))
	}
	plan.reaches = plan.reaches || search.Scope.All
	forms, err := s.forms(ctx, cut(search.query(), texts))
	if err != nil {
		return plan, err
	}
	search.query().EachWords(func(patterns []string) { plan.terms[wordKey(patterns)] = termOf(patterns, forms, true) })
	for _, texts := range texts {
		if t := termOf(literal(texts), forms, false); !t.unknown {
			plan.narrow = append(plan.narrow, either(t.all, nowhere))
		}
	}
	return plan, nil
}

// forms returns the words of the vocabulary that have each of the pieces in them, up to one more than
// mostForms.
func (s Keeper) forms(ctx context.Context, pieces []string) (map[string][]string, error) {
	found := make(map[string][]string, len(pieces))
	if len(pieces) == 0 {
		return found, nil
	}
	rows, _ := pg.Conn(s.DB).Query(ctx, formsOfWords, pg.Planned, pieces, mostForms+1)
	var n int
	var word string
	_, err := pgx.ForEachRow(rows, []any{&n, &word}, func() error {
		found[pieces[n]] = append(found[pieces[n]], word)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("forms of words: %w", pg.Translate(err))
	}
	return found, nil
}

func wordKey(patterns []string) string { return strings.Join(patterns, "\n") }

// clause writes that a ticket has one of some patterns, row w being that of its words.
func (p wordPlan) clause(patterns []string, articles rules.ArticleScope, args *pg.Args) string {
	return p.terms[wordKey(patterns)].clause(patterns, articles, args)
}

// driver is the tsquery that finds all tickets of a search in the index, and maybe others; empty: there
// is none. scoped says that it also looks for who may see them.
func (p wordPlan) driver(search Search, scoped bool) string {
	all := slices.Clone(p.narrow)
	for _, patterns := range search.query().Required() {
		if query := p.terms[wordKey(patterns)].all; query != "" {
			all = append(all, query)
		}
	}
	if scoped && !p.reaches {
		all = append(all, scopeQuery(search.Scope))
	}
	return together(all)
}

// useful reports whether the index of words is of use for a search.
func (p wordPlan) useful(search Search) bool { return len(p.narrow) > 0 || search.query().Wordy() }

// decided reports whether the driver alone finds the tickets of a search.
func (p wordPlan) decided(search Search) bool {
	if search.Condition != nil || search.IDs != nil || search.Context.Articles.Limited || !search.query().OnlyRequired() {
		return false
	}
	for _, t := range p.terms {
		if !t.exact || t.unknown || t.all == "" {
			return false
		}
	}
	return true
}
