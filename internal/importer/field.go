package importer

import (
	"context"
	"fmt"
	"math"
	"regexp"
	"strings"
	"time"

	"postroom/internal/attribute"
	"postroom/internal/desk"
	"postroom/internal/importer/source"
	"postroom/internal/store/catalog"
)

var fieldKind = kind[source.Field]{
	object: "Field", plural: "Fields",
	id:      func(f *source.Field) string { return f.ID },
	changed: func(*source.Field) time.Time { return time.Time{} },
	put: func(ctx context.Context, w *writer, entries []*entry[source.Field]) error {
		if err := w.tx.ShareAttributes(ctx); err != nil {
			return fmt.Errorf("%w: %w", desk.ErrUnavailable, err) // a migration ends
		}
		imported, err := w.tx.ImportedFields(ctx, w.run.Source)
		if err != nil {
			return err
		}
		taken := map[desk.AttributeID]bool{}
		for _, id := range imported {
			taken[id] = true
		}
		for _, e := range entries {
			if err := w.field(ctx, e, taken); err != nil {
				return err
			}
			taken[desk.AttributeID(e.oid)] = true
		}
		return nil
	},
}

// field makes an attribute of a field, or finds the one of its name that is not another field's. It
// becomes part of records with the migration that follows.
func (w *writer) field(ctx context.Context, e *entry[source.Field], taken map[desk.AttributeID]bool) error {
	if e.outcome = unchanged; !e.fresh() {
		return nil
	}
	f := e.record
	a := desk.Attribute{Object: f.Object, Display: text(f.Label, maxName), Active: true, Screens: screens(f.Object)}
	if a.Display == "" {
		a.Display = text(f.Name, maxName)
	}
	a.DataType, a.DataOption = definition(f)
	var err error
	for _, a.Name = range attributeNames(f) {
		known, err := w.tx.AttributeNamed(ctx, a.Object, a.Name)
		if err != nil {
			return err
		}
		if known != nil && known.Editable && known.DataType == a.DataType && !taken[known.ID] {
			e.oid = int64(known.ID)
			return nil
		}
		if known == nil && attribute.New(&a) == nil {
			break
		}
	}
	if err = attribute.New(&a); err != nil {
		return err
	}
	if a.Position, err = w.tx.NextAttributePosition(ctx, a.Object); err != nil {
		return err
	}
	if err := catalog.Attributes.Insert(ctx, w.tx.DB, &a, desk.SystemUser); err != nil {
		return err
	}
	e.oid, e.outcome = int64(a.ID), created
	return nil
}

var notOfNames = regexp.MustCompile(`[^a-z0-9]+`)

// attributeNames are the names that a field's attribute could have, the nicest first. Names of our own
// attributes and some words can't be had.
func attributeNames(f source.Field) []string {
	const most = 60
	name := strings.Trim(notOfNames.ReplaceAllString(strings.ToLower(f.Name), "_"), "_")
	name = strings.Trim(desk.Cut(name, most), "_")
	id := strings.Trim(notOfNames.ReplaceAllString(strings.ToLower(f.ID), "_"), "_")
	return []string{name, name + "_field", "field_" + name + "_value", "field_" + desk.Cut(id, most) + "_value"}
}

// Lengths of texts, in characters.
const (
	maxLine = 500
	maxArea = 5000
)

// definition is the data type of an attribute that holds what a field does, with its options.
func definition(f source.Field) (dataType string, options map[string]any) {
	options = map[string]any{"null": true, "default": nil}
	choices := map[string]any{}
	for _, o := range f.Options {
		choices[text(o.Value, maxName)] = text(o.Label, maxName)
	}
	switch f.Kind {
	case source.LongText:
		options["maxlength"] = maxArea
		return "textarea", options
	case source.Number:
		options["min"], options["max"] = -math.MaxInt32, math.MaxInt32
		return "integer", options
	case source.Switch:
		options["default"], options["options"] = false, map[string]any{"true": "yes", "false": "no"}
		return "boolean", options
	case source.Day:
		options["diff"] = 0
		return "date", options
	case source.Choice, source.Choices:
		options["options"], options["default"], options["maxlength"] = choices, "", maxLine
		if f.Kind == source.Choices {
			return "multiselect", options
		}
		return "select", options
	}
	options["type"], options["maxlength"] = "text", maxLine
	return "input", options
}

// screens are the forms in which agents see a field.
func screens(object string) map[string]any {
	shown := map[string]any{"shown": true, "required": false}
	if object == "Ticket" {
		return map[string]any{"create_middle": map[string]any{"ticket.agent": shown}, "edit": map[string]any{"ticket.agent": shown}}
	}
	everybody := map[string]any{"-all-": shown}
	return map[string]any{"create": everybody, "edit": everybody, "view": everybody}
}
