package rest

import (
	"context"
	"math"
	"slices"

	"postroom/internal/attribute"
	"postroom/internal/desk"
)

// Custom takes the attributes that administrators added to a kind of record, those of them that were
// sent.
func (in *Input) Custom(dst *map[string]any, object string) {
	attributes := in.Catalog.CustomAttributes(object)
	for i := range attributes {
		sent, there := in.Params[attributes[i].Name]
		if !there {
			continue
		}
		value, err := attribute.Value(&attributes[i], sent)
		in.Keep(err)
		if err == nil {
			*dst = desk.WithCustom(*dst, attributes[i].Name, value)
		}
	}
}

// Unlimited is a length for texts whose limit is another's to watch.
const Unlimited = math.MaxInt32

// Limited reports whether an attribute is one whose length the form rules watch: what is too long is
// refused, not cut.
func (in *Input) Limited(object, name string) bool {
	return slices.ContainsFunc(in.Catalog.Attributes[object], func(a desk.Attribute) bool {
		return a.Name == name && a.Editable && a.Active && !a.ToCreate
	})
}

// Customized adds to a page of records the attributes that administrators added to their kind.
func Customized[T any](s *House, object string, custom func(T) map[string]any, show func(context.Context, []T) ([]Record, error),
) func(context.Context, []T) ([]Record, error) {
	return func(ctx context.Context, items []T) ([]Record, error) {
		records, err := show(ctx, items)
		if err != nil {
			return nil, err
		}
		catalog, err := s.Store.Catalog(ctx)
		if err != nil {
			return nil, err
		}
		attributes := catalog.CustomAttributes(object)
		for i := range records {
			records[i] = records[i].WithCustom(attributes, custom(items[i]))
		}
		return records, nil
	}
}

// WithCustom returns the record with the values of attributes that administrators added, after its
// columns and before the ids of what belongs to it.
func (r Record) WithCustom(attributes []desk.Attribute, custom map[string]any) Record {
	if len(attributes) == 0 {
		return r
	}
	fields := make(Record, len(attributes))
	for i := range attributes {
		fields[i] = Field{attributes[i].Name, attributes[i].Of(custom)}
	}
	end := slices.IndexFunc(r, func(f Field) bool { return f.Key == "updated_at" })
	if end < 0 {
		end = len(r) - 1
	}
	return slices.Insert(r, end+1, fields...)
}

// OrderingBy is Ordering for records with attributes that administrators added.
func OrderingBy(p Params, columns []string, attributes []desk.Attribute, descending bool) ([]Order, error) {
	names := slices.Clone(columns)
	for i := range attributes {
		names = append(names, attributes[i].Name)
	}
	orders, err := Ordering(p, names, descending)
	for i := range orders {
		for j := range attributes {
			if attributes[j].Name == orders[i].Column {
				orders[i].Custom = &attributes[j]
			}
		}
	}
	return orders, err
}
