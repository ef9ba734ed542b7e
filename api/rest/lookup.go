package rest

import (
	"context"

	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/internal/store/table"
)

// Directory finds records of one kind by what a client calls them.
type Directory[T ~int64] struct {
	existing func(context.Context, []T) (map[T]bool, error)
	named    func(context.Context, []string) (map[string]T, error)
	people   bool // who sends no text for a name is told so in other words
}

func UsersIn(tx *store.Store) Directory[desk.UserID] {
	return Directory[desk.UserID]{tx.ExistingUsers, tx.UserIDsByName, true}
}

func RecordsIn[T any, ID ~int64](tx *store.Store, t *table.Of[T, ID]) Directory[ID] {
	return Directory[ID]{
		existing: func(ctx context.Context, ids []ID) (map[ID]bool, error) { return t.Existing(ctx, tx.DB, ids) },
		named: func(ctx context.Context, names []string) (map[string]ID, error) {
			return t.IDsByName(ctx, tx.DB, names)
		},
	}
}

// Among is a directory of records at hand.
func Among[T ~int64, V any](all map[T]V, name func(V) string) Directory[T] {
	return Directory[T]{
		existing: func(context.Context, []T) (map[T]bool, error) {
			known := make(map[T]bool, len(all))
			for id := range all {
				known[id] = true
			}
			return known, nil
		},
		named: func(context.Context, []string) (map[string]T, error) {
			byName := make(map[string]T, len(all))
			for id, v := range all {
				byName[name(v)] = id
			}
			return byName, nil
		},
	}
}

// IDsNamed reads a list of records: x_ids first, then xs with names, which override it. sent tells
// an empty list from silence.
func IDsNamed[T ~int64](ctx context.Context, p Params, one, many string, in Directory[T]) (ids []T, sent bool, err error) {
	if p.Has(one + "_ids") {
		sent = true
		if ids, err = IDsIn[T](p, one+"_ids"); err != nil {
			return nil, true, err
		}
		known, err := in.existing(ctx, ids)
		if err != nil {
			return nil, true, err
		}
		for _, id := range ids {
			if !known[id] {
				return nil, true, Invalid(one+"_ids", "No value found for '%s' with id %d", many, id)
			}
		}
	}
	if p[many] == nil || p[many] == "" {
		return ids, sent, nil
	}
	var wanted []string
	for _, value := range p.List(many) {
		name, isText := value.(string)
		if !isText && in.people {
			return nil, true, Invalid(many, "String is needed as ref value %s for '%s'", Literal(value), many)
		}
		if !isText {
			return nil, true, Invalid(many, "No lookup value found for '%s': %s", many, Literal(value))
		}
		wanted = append(wanted, name)
	}
	found, err := in.named(ctx, wanted)
	if err != nil {
		return nil, true, err
	}
	ids = nil
	for _, name := range wanted {
		id, ok := found[name]
		if !ok {
			return nil, true, Invalid(many, "No lookup value found for '%s': %s", many, Literal(name))
		}
		ids = append(ids, id)
	}
	return ids, true, nil
}
