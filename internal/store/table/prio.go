package table

import (
	"context"
	"maps"
	"slices"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
)

// NextPrio is the place behind the last record, in a table whose records have an order.
func (t *Of[T, ID]) NextPrio(ctx context.Context, tx *pg.DB) (int, error) {
	return pg.Value[int](ctx, tx, "last of "+t.Name, `SELECT coalesce(max(prio), 0) + 1 FROM `+t.Name)
}

// SetPrios moves records to other places, or returns a *desk.MissingError that names the first that
// is not there.
func (t *Of[T, ID]) SetPrios(ctx context.Context, tx *pg.DB, prios map[ID]int, by desk.UserID) error {
	ids := slices.Sorted(maps.Keys(prios))
	known, err := t.Existing(ctx, tx, ids)
	if err != nil {
		return err
	}
	places := make([]int, len(ids))
	for i, id := range ids {
		if !known[id] {
			return &desk.MissingError{Class: t.Class, ID: int64(id)}
		}
		places[i] = prios[id]
	}
	return pg.Exec(ctx, tx, "order of "+t.Name, `
		UPDATE `+t.Name+` t
		SET prio = new.prio, updated_by_id = $3, updated_at = now()
		FROM unnest($1::bigint[], $2::int[]) AS new (id, prio)
		WHERE t.id = new.id AND t.prio <> new.prio`, ids, places, by)
}
