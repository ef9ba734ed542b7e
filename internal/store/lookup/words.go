package lookup

import (
	"context"
	"strings"
	"unicode"

	"postroom/internal/desk"
	"postroom/internal/rules"
	"postroom/internal/store/pg"
	"postroom/internal/store/table"
)

// Words are looked for in these columns.
var (
	textsOfTicket  = []string{"t.title", "t.number"}
	textsOfArticle = []string{"a.body", "a.subject", `a."from"`, `a."to"`}
)

// ticketAmong writes that a ticket is among those that have one of some patterns: the index of
// trigrams finds them all, and the rest of the query looks at those. It suits what few tickets have.
func ticketAmong(patterns []string, articles rules.ArticleScope, args *pg.Args) string {
	titles := `SELECT t.id FROM tickets t WHERE ` + table.AnyLike(textsOfTicket, patterns, args)
	if !indexable(patterns) {
		return "t.id IN (" + titles + ")"
	}
	return `t.id IN (
				` + titles + `
				UNION ALL
				SELECT a.ticket_id FROM ticket_articles a WHERE ` + table.AnyLike(textsOfArticle, patterns, args) + knownArticles(articles, args) + `)`
}

// ticketHas writes that a ticket has one of some patterns, to be asked of one ticket after the other.
// It suits what many tickets have: the index would find more of them than anybody reads.
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

// indexable reports whether the index of trigrams can find the patterns. What is shorter is looked
// for in titles and numbers only: nobody waits for a walk through all articles there are.
func indexable(patterns []string) bool {
	for _, pattern := range patterns {
		longest := 0
		for part := range strings.FieldsFuncSeq(pattern, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			longest = max(longest, len([]rune(part)))
		}
		if longest < 3 {
			return false
		}
	}
	return true
}

// Before a search for words, the newest so many tickets are looked at. If so many of them have all
// that it looks for, the page is full after a walk along the newest ones. A word that so many of
// them have is frequent.
const (
	sampled      = 500
	enough       = 3
	frequentFrom = 5
)

// wordPlan is how the words of a search are found.
type wordPlan struct {
	walk    bool            // by asking one ticket after the other
	drivers map[string]bool // else: the index finds these words, of whose tickets each is asked for the others
}

// clause writes that a ticket has one of some patterns.
func (p wordPlan) clause(patterns []string, articles rules.ArticleScope, args *pg.Args) string {
	if p.walk || len(p.drivers) > 0 && !p.drivers[wordKey(patterns)] {
		return ticketHas(patterns, articles, args)
	}
	return ticketAmong(patterns, articles, args)
}

// planWords decides how the words of a search are found. newest says that the tickets that were
// changed last come first, and that there is an end to the page.
func (s Keeper) planWords(ctx context.Context, search Search, newest bool) (wordPlan, error) {
	if search.Query == nil || !search.Query.Wordy() {
		return wordPlan{}, nil
	}
	var args pg.Args
	sample := `
			SELECT t.*
			FROM tickets t
			WHERE ` + visibleTickets(search.Scope, &args) + `
			ORDER BY t.updated_at DESC, t.id DESC
			LIMIT ` + args.Add(sampled)
	search.Scope = desk.TicketScope{All: true} // the sample has no others
	counts := []string{"count(*)", "count(*) FILTER (WHERE " + search.condition(&args, wordPlan{walk: true}) + ")"}
	required := search.Query.Required()
	for _, patterns := range required {
		counts = append(counts, "count(*) FILTER (WHERE "+ticketHas(patterns, search.Context.Articles, &args)+")")
	}
	sql := `
		SELECT ARRAY[` + strings.Join(counts, ", ") + `]
		FROM (` + sample + `) t`
	found, err := pg.Value[[]int](ctx, s.DB, "newest tickets", sql, args.Planned()...)
	if err != nil {
		return wordPlan{}, err
	}
	plan := wordPlan{walk: found[0] < sampled || newest && found[1] >= enough, drivers: map[string]bool{}}
	for i, patterns := range required {
		if found[i+2] < frequentFrom {
			plan.drivers[wordKey(patterns)] = true
		}
	}
	return plan, nil
}

func wordKey(patterns []string) string { return strings.Join(patterns, "\n") }
