package store

import (
	"context"

	"postroom/internal/desk"
)

const listArticles = articleColumns + `
	ORDER BY id
	LIMIT $1
	OFFSET $2`

// ListArticles returns the articles of all tickets, by id.
func (s *Store) ListArticles(ctx context.Context, page Page) ([]desk.Article, error) {
	return many[desk.Article](ctx, s, "list articles", listArticles, page.Limit, page.Offset)
}

const articleIDs = `
	SELECT ticket_id, array_agg(id ORDER BY id DESC)
	FROM ticket_articles
	WHERE ticket_id = ANY($1)
		AND (NOT internal OR ticket_id = ANY($2))
	GROUP BY ticket_id`

// ArticleIDs returns the articles of tickets, newest first. Internal ones are there for those
// tickets only that are in withInternal too.
func (s *Store) ArticleIDs(ctx context.Context, tickets, withInternal []desk.TicketID) (map[desk.TicketID][]desk.ArticleID, error) {
	return keyed[desk.TicketID](ctx, s, "articles of tickets", articleIDs, whole[[]desk.ArticleID], tickets, withInternal)
}

// ArticlesByID returns those of the articles that exist.
func (s *Store) ArticlesByID(ctx context.Context, ids []desk.ArticleID) (map[desk.ArticleID]desk.Article, error) {
	return byID(ctx, s, articleColumns+` WHERE id = ANY($1)`, func(a desk.Article) desk.ArticleID { return a.ID }, ids)
}
