package store

import (
	"context"
	"fmt"
	"strings"
	"unicode"

	"github.com/jackc/pgx/v5"

	"postroom/internal/rules"
)

// Words are looked for in these columns.
var (
	textsOfTicket  = []string{"t.title", "t.number"}
	textsOfArticle = []string{"a.body", "a.subject", `a."from"`, `a."to"`}
)

// ticketAmong writes that a ticket is among those that have one of some patterns: the index of
// trigrams finds them all, and the rest of the query looks at those. It suits what few tickets have.
func ticketAmong(patterns []string, articles rules.ArticleScope, args *arguments) string {
	titles := `SELECT t.id FROM tickets t WHERE ` + anyLike(textsOfTicket, patterns, args)
	if !indexable(patterns) {
		return "t.id IN (" + titles + ")"
	}
	return `t.id IN (
				` + titles + `
				UNION ALL
				SELECT a.ticket_id FROM ticket_articles a WHERE ` + anyLike(textsOfArticle, patterns, args) + knownArticles(articles, args) + `)`
}

// ticketHas writes that a ticket has one of some patterns: each ticket is looked at until there are
// enough. It suits what many tickets have, of which the index would find more than anybody reads.
func ticketHas(patterns []string, articles rules.ArticleScope, args *arguments) string {
	return `(` + anyLike(textsOfTicket, patterns, args) + `
				OR EXISTS (
					SELECT
					FROM ticket_articles a
					WHERE a.ticket_id = t.id AND ` + anyLike(textsOfArticle, patterns, args) + knownArticles(articles, args) + `))`
}

// knownArticles leaves out internal articles that somebody must not know of, not even by a search.
func knownArticles(scope rules.ArticleScope, args *arguments) string {
	switch {
	case !scope.Limited:
		return ""
	case len(scope.Groups) == 0:
		return " AND NOT a.internal"
	}
	return " AND (NOT a.internal OR EXISTS (SELECT FROM tickets x WHERE x.id = a.ticket_id AND x.group_id = ANY(" + args.add(scope.Groups) + ")))"
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

// A word is frequent if enough of the newest articles that are sampled have it.
const (
	sampled = 300
	enough  = 10
)

// frequentWords tells which of the words of a query are in so many articles that those who search
// get a page full by looking at the newest tickets. The keys are those of wordKey.
func (s *Store) frequentWords(ctx context.Context, query *rules.Query) (map[string]bool, error) {
	if query == nil {
		return nil, nil
	}
	words := map[string]bool{}
	var args arguments
	var keys, counts []string
	for _, patterns := range query.Texts() {
		if key := wordKey(patterns); !words[key] && indexable(patterns) {
			words[key] = true
			keys = append(keys, key)
			counts = append(counts, "count(*) FILTER (WHERE "+anyLike(textsOfArticle, patterns, &args)+") >= "+args.add(enough))
		}
	}
	if len(keys) == 0 {
		return nil, nil
	}
	sql := `
		SELECT ARRAY[` + strings.Join(counts, ", ") + `]
		FROM (SELECT * FROM ticket_articles ORDER BY id DESC LIMIT ` + args.add(sampled) + `) a
		HAVING count(*) = ` + args.add(sampled)
	rows, _ := s.db.Query(ctx, sql, args.planned()...)
	found, err := pgx.CollectRows(rows, pgx.RowTo[[]bool])
	if err != nil {
		return nil, fmt.Errorf("frequent words: %w", translate(err))
	}
	for i, key := range keys {
		words[key] = len(found) > 0 && found[0][i]
	}
	return words, nil
}

func wordKey(patterns []string) string { return strings.Join(patterns, "\n") }
