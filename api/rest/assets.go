package rest

import (
	"context"
	"maps"
	"reflect"
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
	shown, err := v.Show(ctx, items, ShapeFull)
	if err != nil {
		return err
	}
	*assets = append(*assets, v.Assets(items, shown)...)
	return nil
}

// MergeAssets joins assets that were collected apart. A record that several hold is shown once.
func MergeAssets(parts ...Record) Record {
	merged := Record{}
	for _, part := range parts {
		for _, model := range part {
			at := slices.IndexFunc(merged, func(f Field) bool { return f.Key == model.Key })
			if at < 0 {
				merged.Add(model.Key, keyed(model.Value))
				continue
			}
			maps.Copy(merged[at].Value.(map[string]any), keyed(model.Value))
		}
	}
	return merged
}

// keyed are the records of one model by their ids as texts, whatever they were collected in.
func keyed(records any) map[string]any {
	all := map[string]any{}
	if r, ordered := records.(Record); ordered {
		for _, f := range r {
			all[f.Key] = f.Value
		}
		return all
	}
	for it := reflect.ValueOf(records).MapRange(); it.Next(); {
		all[mapKey(it.Key())] = it.Value().Interface()
	}
	return all
}
