package rest

import (
	"context"
	"maps"
	"slices"
)

// Set holds each value once.
type Set[T comparable] map[T]bool

func (s Set[T]) Add(values ...T) {
	for _, value := range values {
		s[value] = true
	}
}

// Values lists what is in a set, in no order.
func (s Set[T]) Values() []T { return slices.Collect(maps.Keys(s)) }

// AddAssets adds the records of one class, cut to what the caller may see.
func AddAssets[T any](ctx context.Context, assets *Record, v View[T], items []T) error {
	if len(items) == 0 {
		return nil
	}
	shown, err := v.Show(ctx, items, ShapePlain)
	if err != nil {
		return err
	}
	*assets = append(*assets, v.Assets(items, shown)...)
	return nil
}
