package table

import (
	"context"
	"strconv"

	"postroom/internal/store/pg"
)

// Recognise returns the ids of those records that have one of the values, in lower case, as their id
// or name; a name of several means the oldest.
func (t *Of[T, ID]) Recognise(ctx context.Context, s *pg.DB, column string, values []string) (map[string]int64, error) {
	if column == "id" {
		return RecogniseIDs(ctx, s, t.Name, values)
	}
	return pg.Keyed[string](ctx, s, "recognise in "+t.Name,
		`SELECT lower(name), min(id) FROM `+t.Name+` WHERE lower(name) = ANY($1) GROUP BY 1`, pg.Whole[int64], values)
}

// RecogniseIDs returns those of the texts that are ids of a table.
func RecogniseIDs(ctx context.Context, s *pg.DB, table string, values []string) (map[string]int64, error) {
	var ids []int64
	for _, value := range values {
		if id, err := strconv.ParseInt(value, 10, 64); err == nil {
			ids = append(ids, id)
		}
	}
	known, err := pg.Existing(ctx, s, table, ids)
	found := make(map[string]int64, len(known))
	for _, value := range values {
		if id, err := strconv.ParseInt(value, 10, 64); err == nil && known[id] {
			found[value] = id
		}
	}
	return found, err
}
