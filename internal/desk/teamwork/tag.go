package teamwork

import (
	"slices"
	"strings"

	"postroom/internal/desk"
)

// TagID is the id of a tag in the list of all tags.
type TagID int64

// Tag is a word that marks records alike.
type Tag struct {
	ID   TagID
	Name string
	Uses int64 // how many records carry it
}

// MaxTag is how long the name of a tag is at most, in characters.
const MaxTag = 250

// TagName returns a tag as it is stored, or an *desk.InvalidError for what can't be one.
func TagName(name string) (string, error) {
	name = strings.TrimSpace(desk.Cut(strings.TrimSpace(name), MaxTag))
	switch {
	case name == "":
		return "", &desk.InvalidError{Field: "name", Reason: "Name can't be blank"}
	case strings.ContainsAny(name, ",*"):
		return "", &desk.InvalidError{Field: "name", Reason: "Name must not contain commas or asterisks"}
	}
	return name, nil
}

// maxTags bounds how many tags a list holds; nobody means more.
const maxTags = 100

// TagNames reads a list of tags with commas between them. What can't be a tag is left out, and so
// is what comes twice or after too many.
func TagNames(list string) []string {
	var names []string
	for part := range strings.SplitSeq(list, ",") {
		if len(names) == maxTags {
			break
		}
		if name, err := TagName(part); err == nil && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// MayMakeTags reports whether somebody may use tags that are in no list yet.
func MayMakeTags(c *desk.Catalog, who *desk.Caller) bool {
	return c.Settings.Bool("tag_new") || who.Can("admin.tag")
}

// tagAttributes are what rules, templates and mail filters call the tags of a ticket.
var tagAttributes = map[string]bool{"ticket.tags": true, "x-zammad-ticket-tags": true, "x-zammad-ticket-followup-tags": true}

// RenameTag renames a tag in a condition, an action or a template, decoded from JSON, wherever it
// stands in them. It changes the value in place and reports whether there was anything to change.
func RenameTag(rule any, from, to string) bool {
	changed := false
	switch v := rule.(type) {
	case []any:
		for _, inner := range v {
			changed = RenameTag(inner, from, to) || changed
		}
	case map[string]any:
		name, _ := v["name"].(string)
		if tagAttributes[strings.ToLower(name)] { // {"name": "ticket.tags", "operator": …, "value": …}
			changed = renameInValue(v, from, to)
		}
		for key, inner := range v {
			if leaf, ok := inner.(map[string]any); ok && tagAttributes[strings.ToLower(key)] {
				changed = renameInValue(leaf, from, to) || changed
				continue
			}
			changed = RenameTag(inner, from, to) || changed
		}
	}
	return changed
}

// renameInValue renames a tag in a leaf's value: names with commas between them, or a list of names.
func renameInValue(leaf map[string]any, from, to string) bool {
	switch value := leaf["value"].(type) {
	case string:
		parts, changed := renameIn(strings.Split(value, ","), from, to)
		if changed {
			leaf["value"] = strings.Join(parts, ",")
		}
		return changed
	case []any:
		names := make([]string, 0, len(value))
		for _, name := range value {
			text, ok := name.(string)
			if !ok {
				return false
			}
			names = append(names, text)
		}
		names, changed := renameIn(names, from, to)
		if changed {
			value = value[:0]
			for _, name := range names {
				value = append(value, name)
			}
			leaf["value"] = value
		}
		return changed
	}
	return false
}

// renameIn leaves the blanks around names alone. A name that is there already does not come twice.
func renameIn(names []string, from, to string) (renamed []string, changed bool) {
	is := func(wanted string) func(string) bool {
		return func(name string) bool { return strings.TrimSpace(name) == wanted }
	}
	there := slices.ContainsFunc(names, is(to))
	for _, name := range names {
		if strings.TrimSpace(name) != from {
			renamed = append(renamed, name)
			continue
		}
		changed = true
		if !there {
			renamed, there = append(renamed, strings.Replace(name, from, to, 1)), true
		}
	}
	return renamed, changed
}
