// Package attribute knows what administrators may add to records as attributes of their own.
//
// A definition comes in as a client sent it and leaves complete and checked (New, Change), waits for
// a migration (Migrated) or is given up (Discarded). Value makes of what somebody sends for an
// attribute what a record keeps. Whether a record may get that value is for the forms to say. It does
// no I/O.
package attribute

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"postroom/internal/desk"
)

// Objects are the kinds of records that administrators may add attributes to.
var Objects = []string{"Ticket", "User", "Organization", "Group"}

// objectOf returns a kind of record as we spell it; empty: there is none.
func objectOf(name string) string {
	if name == "Organisation" { // as the documentation of this API spells it
		return "Organization"
	}
	if slices.Contains(Objects, name) {
		return name
	}
	return ""
}

// Find says which attribute a client means by an object and a name, as both are stored.
func Find(object, name string) (string, string, error) {
	known := objectOf(object)
	if known == "" {
		return "", "", invalid("object", "Object '%s' can't have attributes, use one of %s", object, strings.Join(Objects, ", "))
	}
	return known, strings.ToLower(strings.TrimSpace(name)), nil
}

// New completes and checks a definition that somebody wants to add. It waits for a migration then.
func New(a *desk.Attribute) error {
	if err := checkName(a.Object, a.Name); err != nil {
		return err
	}
	if desk.EditableColumn(a.Object, a.Name) && !fitsColumn(a.DataType) {
		return invalid("data_type", "Data type of %s has to be one for a single text", a.Name)
	}
	a.DataOption = Complete(a.DataType, a.DataOption)
	if err := check(*a, a.DataOption); err != nil {
		return err
	}
	a.DataOptionNew = map[string]any{}
	a.Editable, a.ToCreate, a.ToMigrate, a.ToDelete, a.ToConfig = true, true, true, false, false
	return nil
}

// Change checks what a definition is to become. How it looks in forms changes at once; its options
// wait for a migration. users names the rules that need the attribute; empty: none does.
func Change(was desk.Attribute, becomes *desk.Attribute, users string) error {
	if !was.Editable {
		return invalid("name", "Name attribute is not editable")
	}
	if was.DataType != becomes.DataType && !(interchangeable(was.DataType) && interchangeable(becomes.DataType)) {
		return invalid("data_type",
			"Data type can't be altered after creation (you can delete the attribute and create another with the desired value)")
	}
	if desk.EditableColumn(was.Object, was.Name) && !fitsColumn(becomes.DataType) {
		return invalid("data_type", "Data type of %s has to be one for a single text", was.Name)
	}
	wanted := Complete(becomes.DataType, becomes.DataOption)
	if err := check(*becomes, wanted); err != nil {
		return err
	}
	if was.Active && !becomes.Active && users != "" {
		return invalid("active", "%s.%s is referenced by %s and thus cannot be set to inactive!", was.Object, was.Name, users)
	}
	becomes.DataOption = was.DataOption
	present := Complete(was.DataType, was.DataOption)
	if was.ToConfig || !sameOptions(present, wanted) || was.Display != becomes.Display || was.DataType != becomes.DataType ||
		was.Position != becomes.Position || was.Active != becomes.Active {
		becomes.DataOptionNew, becomes.ToConfig = wanted, true
	}
	if limits := *becomes; limits.Kind() != was.Kind() || !same(present["maxlength"], wanted["maxlength"]) {
		becomes.ToMigrate = true
	}
	return nil
}

// Removable returns nil, or says why a definition has to stay.
func Removable(a desk.Attribute, users string) error {
	switch {
	case !a.Editable:
		return invalid("name", "%s.%s can't be removed!", a.Object, a.Name)
	case users != "":
		return invalid("name", "%s.%s is referenced by %s and thus cannot be deleted!", a.Object, a.Name, users)
	}
	return nil
}

// Pending reports whether a definition waits for a migration.
func Pending(a desk.Attribute) bool { return a.ToCreate || a.ToMigrate || a.ToDelete || a.ToConfig }

// Migrated is a definition after a migration. That of an attribute to be deleted has none.
func Migrated(a desk.Attribute) desk.Attribute {
	options := a.DataOption
	if a.ToConfig && len(a.DataOptionNew) > 0 {
		options = a.DataOptionNew
	}
	if chosen(a.DataType) {
		options = withHistory(options, a.DataOption, options)
	}
	a.DataOption, a.DataOptionNew = options, map[string]any{}
	a.ToCreate, a.ToMigrate, a.ToConfig = false, false, false
	return a
}

// Discarded is a definition whose waiting changes are given up. One that was never migrated is gone:
// keep is false.
func Discarded(a desk.Attribute) (kept desk.Attribute, keep bool) {
	if a.ToCreate {
		return a, false
	}
	a.ToMigrate, a.ToDelete, a.ToConfig, a.DataOptionNew = false, false, false, map[string]any{}
	return a, true
}

// withHistory returns options with all that could be chosen up to now, so that values which can't be
// any more keep their labels.
func withHistory(options map[string]any, all ...map[string]any) map[string]any {
	history := map[string]any{}
	for _, some := range all {
		former, _ := some["historical_options"].(map[string]any)
		for key, label := range former {
			history[key] = label
		}
		for key, label := range Labels(some["options"]) {
			history[key] = label
		}
	}
	with := map[string]any{}
	for key, value := range options {
		with[key] = value
	}
	with["historical_options"] = history
	return with
}

// Labels are what the values of a list of options are called: a map, or a list of trees.
func Labels(options any) map[string]string {
	labels := map[string]string{}
	switch v := options.(type) {
	case map[string]any:
		for key, label := range v {
			labels[key], _ = label.(string)
		}
	case []any:
		for _, entry := range v {
			node, _ := entry.(map[string]any)
			value, _ := node["value"].(string)
			if value != "" {
				labels[value], _ = node["name"].(string)
			}
			for key, label := range Labels(node["children"]) {
				labels[key] = label
			}
		}
	}
	return labels
}

// sameOptions compares options, but for what only we add to them.
func sameOptions(a, b map[string]any) bool {
	strip := func(options map[string]any) map[string]any {
		plain := map[string]any{}
		for key, value := range options {
			if key != "historical_options" {
				plain[key] = value
			}
		}
		return plain
	}
	return same(strip(a), strip(b))
}

func same(a, b any) bool { return reflect.DeepEqual(plain(a), plain(b)) }

// plain is a value as JSON decodes it, wherever it came from.
func plain(value any) any {
	text, err := json.Marshal(value)
	var decoded any
	if err != nil || json.Unmarshal(text, &decoded) != nil {
		return value
	}
	return decoded
}
