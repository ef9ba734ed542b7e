package catalog

import (
	"context"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
)

// SetCommunication says whether articles of a type reach the customer, or come from there: then they
// count as contacts and answers, and public ones can't be deleted.
func (s Keeper) SetCommunication(ctx context.Context, id desk.ArticleTypeID, communication bool) error {
	return pg.Exec(ctx, s.DB, "communication of article type", `
		UPDATE ticket_article_types
		SET communication = $2
		WHERE id = $1`, id, communication)
}
