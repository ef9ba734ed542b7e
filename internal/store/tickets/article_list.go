package tickets

import (
	"context"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
	"postroom/internal/store/table"
)

const listArticles = SelectArticle + `
	ORDER BY id
	LIMIT $1
	OFFSET $2`

// ListArticles returns the articles of all tickets, by id.
func (s Keeper) ListArticles(ctx context.Context, page table.Page) ([]desk.Article, error) {
	return pg.Many[desk.Article](ctx, s.DB, "list articles", listArticles, page.Limit, page.Offset)
}

const articleIDs = `
	SELECT ticket_id, array_agg(id ORDER BY id DESC)
	FROM ticket_articles
	WHERE ticket_id = ANY($1)
		AND (NOT internal OR ticket_id = ANY($2))
	GROUP BY ticket_id`

// ArticleIDs returns the articles of tickets, newest first. Internal ones are there for those
// tickets only that are in withInternal too.
func (s Keeper) ArticleIDs(ctx context.Context, tickets, withInternal []desk.TicketID) (map[desk.TicketID][]desk.ArticleID, error) {
	return pg.Keyed[desk.TicketID](ctx, s.DB, "articles of tickets", articleIDs, pg.Whole[[]desk.ArticleID], tickets, withInternal)
}

// ArticlesByID returns those of the articles that exist.
func (s Keeper) ArticlesByID(ctx context.Context, ids []desk.ArticleID) (map[desk.ArticleID]desk.Article, error) {
	return pg.ByID(ctx, s.DB, SelectArticle+` WHERE id = ANY($1)`, func(a desk.Article) desk.ArticleID { return a.ID }, ids)
}
