package history

import (
	"encoding/json"
	"reflect"
	"strings"
	"time"

	"postroom/internal/desk"
)

// CustomChanges compares the values of attributes that administrators added, and returns a line of
// history for each that differs.
func CustomChanges(object string, id int64, attributes []desk.Attribute, before, after map[string]any, by desk.UserID) []desk.Change {
	var changes []desk.Change
	for i := range attributes {
		a := &attributes[i]
		was, is := a.Of(before), a.Of(after)
		if !reflect.DeepEqual(was, is) {
			from, to := valueText(a, was), valueText(a, is)
			changes = append(changes, desk.Change{
				Object: object, OID: id, Type: "updated", Attribute: a.Name,
				ValueFrom: desk.Cut(from, maxValue), ValueTo: desk.Cut(to, maxValue), By: by,
			})
		}
	}
	return changes
}

// valueText is a value as the history keeps it; moments look like those of our own attributes.
func valueText(a *desk.Attribute, value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		if at, err := time.Parse(desk.TimeForm, v); err == nil && a.Kind() == desk.AttributeTime {
			return historyTime(&at)
		}
		return v
	case []any:
		return strings.Join(texts(v), ", ")
	case map[string]any:
		label, _ := v["label"].(string)
		return label
	}
	text, _ := json.Marshal(value) // a number or a switch
	return string(text)
}

func texts(values []any) []string {
	all := make([]string, 0, len(values))
	for _, value := range values {
		if text, ok := value.(string); ok {
			all = append(all, text)
		}
	}
	return all
}
