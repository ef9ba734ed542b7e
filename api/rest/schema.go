package rest

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"time"
)

// Schema is a JSON Schema of draft 2020-12, as OpenAPI 3.1 uses it.
type Schema = map[string]any

// Model is a sample that has a name: it is described once and referred to.
type Model struct {
	Name  string
	Value any
}

// AnyOf is a sample of something that comes in several shapes.
type AnyOf []any

// Schemas describes samples and collects the models among them.
type Schemas struct{ Models map[string]Schema }

// Of describes a sample: a value of the type that goes over the wire. A Record is an object with
// its keys, a list is described by its first element, a nil pointer may be null, nil is anything.
func (s *Schemas) Of(sample any) Schema {
	switch v := sample.(type) {
	case nil, json.Number:
		return Schema{}
	case Model:
		if _, known := s.Models[v.Name]; !known {
			s.Models[v.Name] = Schema{} // so that a model that contains itself ends
			s.Models[v.Name] = s.Of(v.Value)
		}
		return Schema{"$ref": "#/components/schemas/" + v.Name}
	case AnyOf:
		shapes := make([]any, len(v))
		for i, shape := range v {
			shapes[i] = s.Of(shape)
		}
		return Schema{"anyOf": shapes}
	case Record:
		properties := Schema{}
		for _, f := range v {
			properties[f.Key] = s.Of(f.Value)
		}
		return Schema{"type": "object", "properties": properties}
	}
	return s.ofType(reflect.TypeOf(sample), reflect.ValueOf(sample))
}

var (
	timeType   = reflect.TypeFor[time.Time]()
	recordType = reflect.TypeFor[Record]()
	marshaler  = reflect.TypeFor[json.Marshaler]()
)

// ofType describes what a Go type looks like; the value says more where the type says any.
func (s *Schemas) ofType(t reflect.Type, v reflect.Value) Schema {
	if t == timeType {
		return Schema{"type": "string", "format": "date-time"}
	}
	switch {
	case t == recordType:
		return Schema{"type": "object"}
	case t.Kind() != reflect.Pointer && t.Implements(marshaler): // writes its JSON itself
		return Schema{}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return orNull(s.ofType(t.Elem(), reflect.Zero(t.Elem())))
	case reflect.Bool:
		return Schema{"type": "boolean"}
	case reflect.Int, reflect.Int32, reflect.Int64:
		return Schema{"type": "integer"}
	case reflect.Float64:
		return Schema{"type": "number"}
	case reflect.String:
		return Schema{"type": "string"}
	case reflect.Slice:
		return Schema{"type": "array", "items": s.ofElement(t.Elem(), v)}
	case reflect.Map:
		return Schema{"type": "object", "additionalProperties": s.ofElement(t.Elem(), reflect.Value{})}
	}
	return Schema{} // any, or a struct
}

func (s *Schemas) ofElement(t reflect.Type, list reflect.Value) Schema {
	if list.IsValid() && list.Len() > 0 {
		return s.Of(list.Index(0).Interface())
	}
	return s.ofType(t, reflect.Zero(t))
}

// orNull lets what is described be null too.
func orNull(of Schema) Schema {
	name, plain := of["type"].(string)
	if !plain {
		return of
	}
	with := Schema{"type": []any{name, "null"}}
	for key, value := range of {
		if key != "type" {
			with[key] = value
		}
	}
	return with
}

// sample is what a record of the view looks like, worked out on one without content.
func (v View[T]) sample(ctx context.Context) (Model, error) {
	var empty T
	shown, err := v.Records(ctx, []T{empty})
	if err != nil {
		return Model{}, err
	}
	if v.Settle != nil {
		shown[0] = v.Settle(shown[0], ShapePlain)
	}
	return Model{v.Model, shown[0]}, nil
}

// OneSample is what an answer with one record looks like, in any shape it may be asked for.
func (v View[T]) OneSample(ctx context.Context) (any, error) {
	one, err := v.sample(ctx)
	return AnyOf{one, Record{{"id", int64(0)}, {"assets", Record{}}}}, err
}

// ListSample is what an answer with a page of records looks like.
func (v View[T]) ListSample(ctx context.Context) (any, error) {
	one, err := v.sample(ctx)
	return AnyOf{[]any{one}, Record{{"record_ids", []int64{}}, {"assets", Record{}}, {"total_count", 0}}}, err
}

// FoundSample is what an answer of a search looks like.
func (v View[T]) FoundSample(ctx context.Context) (any, error) {
	list, err := v.ListSample(ctx)
	choices := []any{Record{{"id", int64(0)}, {"label", ""}, {"value", ""}}}
	return append(slices.Clone(list.(AnyOf)), choices, Record{{"total_count", 0}}), err
}

// BodySample is what a body that makes or changes a record looks like: any attribute may be left
// out, and a record may be sent back as it came.
func (v View[T]) BodySample(ctx context.Context) (any, error) {
	one, err := v.sample(ctx)
	return one, err
}
