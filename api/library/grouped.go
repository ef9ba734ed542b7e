package library

import (
	"context"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/internal/store/catalog"
	"postroom/internal/store/table"
)

// groupedView shows records that may be for some groups only.
func groupedView[T any, ID ~int64](house *rest.House, t *table.Of[T, ID], columns func(T) rest.Record) rest.View[T] {
	shown := rest.ViewOf(house, t)
	look := func(ctx context.Context, ids []ID) (map[ID][]desk.GroupID, error) {
		return t.Groups(ctx, house.Store.DB, ids)
	}
	shown.Records = rest.Linked(t.ID, look, func(v T, groups []desk.GroupID) rest.Record {
		return columns(v).With("group_ids", groups)
	})
	stamps := shown.Expand
	shown.Expand = func(ctx context.Context, items []T, records []rest.Record) error {
		catalog, err := house.Store.Catalog(ctx)
		if err != nil {
			return err
		}
		for i := range records {
			names := []string{}
			for _, id := range records[i].Get("group_ids").([]desk.GroupID) {
				names = append(names, catalog.Groups[id].Name)
			}
			records[i].Add("groups", names)
		}
		return stamps(ctx, items, records)
	}
	return shown
}

// setGroups stores which groups a record is for, if the client said so.
func setGroups[T any, ID ~int64](t *table.Of[T, ID]) func(context.Context, *store.Store, *rest.Input, T) error {
	return func(ctx context.Context, tx *store.Store, in *rest.Input, v T) error {
		groups, sent, err := rest.IDsNamed(ctx, in.Params, "group", "groups", rest.RecordsIn(tx, catalog.Groups))
		if err != nil || !sent {
			return err
		}
		return t.SetGroups(ctx, tx.DB, t.ID(v), groups)
	}
}
