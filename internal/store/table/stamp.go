package table

import (
	"context"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
)

// Restamp writes who made and who changed a row, and when, as another system knows it. What is zero in
// the stamp stays. name is that of a table of ours, never a client's word.
func Restamp(ctx context.Context, tx *pg.DB, name string, id int64, s desk.Stamp) error {
	return pg.Exec(ctx, tx, "restamp "+name, `
		UPDATE `+name+`
		SET created_by_id = coalesce(nullif($1::bigint, 0), created_by_id),
			updated_by_id = coalesce(nullif($2::bigint, 0), updated_by_id),
			created_at = coalesce($3, created_at),
			updated_at = coalesce($4, updated_at)
		WHERE id = $5`, s.CreatedByID, s.UpdatedByID, pg.TimeOrNil(s.CreatedAt), pg.TimeOrNil(s.UpdatedAt), id)
}
