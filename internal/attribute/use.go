package attribute

import (
	"slices"
	"strings"

	"postroom/internal/desk"
)

// Rule is a record that may name attributes of others, such as a trigger.
type Rule struct {
	Class string // as clients know it: Overview, Report::Profile
	Name  string
	Asks  []any // conditions
	Does  any   // what it changes; nil: nothing
}

// Uses are the rules that need an attribute: their names by class, in the order of rules.
type Uses struct {
	classes []string
	asked   map[string]map[string][]string // attribute as rules name it -> class -> names
	changed map[string]map[string][]string
}

// UsesIn finds out which attributes rules name.
func UsesIn(rules []Rule) Uses {
	u := Uses{asked: map[string]map[string][]string{}, changed: map[string]map[string][]string{}}
	for _, rule := range rules {
		if !slices.Contains(u.classes, rule.Class) {
			u.classes = append(u.classes, rule.Class)
		}
		note := func(in map[string]map[string][]string) func(string) {
			return func(attribute string) {
				if in[attribute] == nil {
					in[attribute] = map[string][]string{}
				}
				if !slices.Contains(in[attribute][rule.Class], rule.Name) {
					in[attribute][rule.Class] = append(in[attribute][rule.Class], rule.Name)
				}
			}
		}
		named(rule.Asks, note(u.asked))
		named(rule.Does, note(u.changed))
	}
	return u
}

// named calls found for every name of an attribute in a condition or in what a rule does: keys of
// objects, and the names of comparisons in trees.
func named(value any, found func(string)) {
	switch v := value.(type) {
	case []any:
		for _, entry := range v {
			named(entry, found)
		}
	case map[string]any:
		if name, ok := v["name"].(string); ok && v["operator"] != nil {
			found(name)
		}
		for key, inner := range v {
			if strings.Contains(key, ".") {
				found(key)
			}
			named(inner, found)
		}
	}
}

// prefixes are the names under which rules know a kind of record.
var prefixes = map[string][]string{
	"Ticket":        {"ticket"},
	"TicketArticle": {"article"},
	"User":          {"user", "customer", "owner"},
	"Organization":  {"organization"},
	"Group":         {"group"},
}

// Of says which rules need an attribute, as people read it; empty: none does. What rules only
// change counts for attributes that administrators added: the others are always there.
func (u Uses) Of(a desk.Attribute) string {
	var parts []string
	for _, class := range u.classes {
		var names []string
		for _, prefix := range prefixes[a.Object] {
			attribute := prefix + "." + a.Name
			names = append(names, u.asked[attribute][class]...)
			if a.Editable {
				names = append(names, u.changed[attribute][class]...)
			}
		}
		if len(names) > 0 {
			slices.Sort(names)
			parts = append(parts, class+": "+strings.Join(slices.Compact(names), ","))
		}
	}
	return strings.Join(parts, "; ")
}
