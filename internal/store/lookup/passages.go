package lookup

import (
	"context"

	"postroom/internal/desk"
	"postroom/internal/rules"
	"postroom/internal/store/pg"
	"postroom/internal/store/table"
	"postroom/internal/wording"
)

// ArticleText is what an article says, as far as searches look at it.
type ArticleText struct {
	TicketID    desk.TicketID
	Subject     *string
	From        *string
	To          *string
	Body        string
	ContentType string
}

// Bounds on what is read to be shown as found.
const (
	mostPieces   = 32
	mostShown    = 3       // articles of a ticket
	mostBodyRead = 100_000 // characters, as in the index
)

// ArticlesWith returns the first articles of tickets, as far as somebody may know of them, in which there is
// a word of what was looked for.
func (s Keeper) ArticlesWith(ctx context.Context, ids []desk.TicketID, marks []wording.Mark, articles rules.ArticleScope) ([]ArticleText, error) {
	var patterns []string
	for _, mark := range marks {
		for _, piece := range wording.Pieces(mark.Pattern) {
			patterns = append(patterns, piece.Like)
		}
	}
	if len(patterns) == 0 || len(ids) == 0 {
		return nil, nil
	}
	patterns = patterns[:min(len(patterns), mostPieces)]
	args := pg.Args{ids, mostBodyRead, mostShown}
	return pg.Many[ArticleText](ctx, s.DB, "articles with words", `
		SELECT found.*
		FROM unnest($1::bigint[]) AS wanted (id)
		CROSS JOIN LATERAL (
			SELECT a.ticket_id, a.subject, a."from", a."to", left(a.body, $2) AS body, a.content_type
			FROM ticket_articles a
			WHERE a.ticket_id = wanted.id AND `+table.AnyLike(textsOfArticle, patterns, &args)+knownArticles(articles, &args)+`
			ORDER BY a.id
			LIMIT $3) found`, args...)
}
