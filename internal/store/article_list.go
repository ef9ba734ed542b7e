package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
)

const listArticles = articleColumns + `
	ORDER BY id
	LIMIT $1
	OFFSET $2`

// ListArticles returns the articles of all tickets, by id.
func (s *Store) ListArticles(ctx context.Context, page Page) ([]desk.Article, error) {
	rows, _ := s.db.Query(ctx, listArticles, page.Limit, page.Offset)
	articles, err := pgx.CollectRows(rows, pgx.RowToStructByName[desk.Article])
	if err != nil {
		return nil, fmt.Errorf("list articles: %w", translate(err))
	}
	return articles, nil
}
