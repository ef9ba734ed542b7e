package desk

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
)

// AttributeID is the id of an Attribute.
type AttributeID int64

// Attribute is the definition of an attribute of a kind of record: one of ours, or one that an
// administrator added.
type Attribute struct {
	ID            AttributeID
	Object        string // Ticket, TicketArticle, User, Organization, Group
	Name          string
	Display       string
	DataType      string
	DataOption    map[string]any
	DataOptionNew map[string]any // waits for the next migration; empty: nothing does
	Active        bool
	Editable      bool           // by administrators
	Screens       map[string]any // screen -> permission, or -all- -> how it is shown there
	Position      int
	ToCreate      bool
	ToMigrate     bool
	ToDelete      bool
	ToConfig      bool
	Stamp
}

// AttributeKind is how the values of an attribute are kept, whatever form they are typed into.
type AttributeKind int

// The kinds of values, and what they are in the Custom of a record.
const (
	AttributeText     AttributeKind = iota + 1 // string
	AttributeInteger                           // int
	AttributeBoolean                           // bool
	AttributeDate                              // string, as DateForm
	AttributeTime                              // string, as TimeForm
	AttributeList                              // []any of strings
	AttributeExternal                          // map[string]any with value and label
)

// How days and moments (UTC) are kept in the Custom of a record, and shown.
const (
	DateForm = "2006-01-02"
	TimeForm = "2006-01-02T15:04:05.000Z"
)

// Kind returns how the attribute's values are kept.
func (a *Attribute) Kind() AttributeKind {
	switch a.DataType {
	case "integer":
		return AttributeInteger
	case "boolean":
		return AttributeBoolean
	case "date":
		return AttributeDate
	case "datetime":
		return AttributeTime
	case "multiselect", "multi_tree_select":
		return AttributeList
	case "autocompletion_ajax_external_data_source":
		return AttributeExternal
	}
	return AttributeText
}

// editableColumns are those of our own columns that administrators may define anew.
var editableColumns = map[string][]string{
	"Ticket": {"type"},
	"User":   {"department", "street", "zip", "city", "country", "address"},
}

// EditableColumn reports whether a record has a column of this name that is offered to people only
// while there is an attribute for it.
func EditableColumn(object, name string) bool { return slices.Contains(editableColumns[object], name) }

// Custom reports whether the attribute is one that an administrator added, and is part of records
// now: active, and migrated. Its values are in the records' Custom.
func (a *Attribute) Custom() bool {
	return a.Editable && a.Active && !a.ToCreate && !EditableColumn(a.Object, a.Name)
}

// Default is the value of records that never got one; nil: none. Only numbers and switches have
// one: for all others the default is a proposal that forms make.
func (a *Attribute) Default() any {
	switch a.Kind() {
	case AttributeInteger:
		if n, ok := a.Number("default"); ok {
			return n
		}
	case AttributeBoolean:
		if on, ok := a.DataOption["default"].(bool); ok {
			return on
		}
	}
	return nil
}

// Of returns the attribute's value in a record's Custom, or its default; nil: there is none.
func (a *Attribute) Of(custom map[string]any) any {
	value := custom[a.Name]
	switch v := value.(type) {
	case nil:
		return a.Default()
	case float64: // as JSON is decoded
		return int(v)
	case string:
		if a.Kind() == AttributeList { // chosen when only one could be
			return []any{v}
		}
	case []any:
		if a.Kind() == AttributeText { // chosen when several could be
			for _, first := range v {
				return first
			}
			return nil
		}
	}
	return value
}

// Number returns a whole number of the attribute's options, also one that was sent as text.
func (a *Attribute) Number(option string) (int, bool) {
	var number json.Number
	switch v := a.DataOption[option].(type) {
	case float64:
		return int(v), true
	case int:
		return v, true
	case json.Number:
		number = v
	case string:
		number = json.Number(v)
	}
	n, err := number.Int64()
	return int(n), err == nil
}

// CustomAttributes are the attributes that administrators added to a kind of record and that are
// part of it now, in their order.
func (c *Catalog) CustomAttributes(object string) []Attribute {
	var custom []Attribute
	for _, a := range c.Attributes[object] {
		if a.Custom() {
			custom = append(custom, a)
		}
	}
	return custom
}

// SortAttributes brings attributes into the order in which clients show them.
func SortAttributes(attributes []Attribute) {
	slices.SortFunc(attributes, func(a, b Attribute) int {
		return cmp.Or(cmp.Compare(a.Position, b.Position), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
}

// WithCustom returns a record's Custom with one value changed; nil takes it away. The map that it
// was may be another record's too, so it stays as it is.
func WithCustom(custom map[string]any, name string, value any) map[string]any {
	changed := maps.Clone(custom)
	if changed == nil {
		changed = map[string]any{}
	}
	if value == nil {
		delete(changed, name)
		return changed
	}
	changed[name] = value
	return changed
}
