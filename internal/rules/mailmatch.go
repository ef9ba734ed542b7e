package rules

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"postroom/internal/desk"
)

// mailOperators compare a header of a mail with a value.
var mailOperators = []string{
	"contains", "contains not", "is any of", "is none of", "starts with one of", "ends with one of",
	"matches regex", "does not match regex",
}

// CheckMailMatch refuses rules of a postmaster filter that match nothing: none at all, without a
// known operator or a value, or with a regular expression that can't be read. Expressions are those
// of RE2, which takes no longer for a mail that was made to take long.
func CheckMailMatch(match map[string]any) error {
	if len(match) == 0 {
		return invalidMatch("At least one match rule is required, but none was provided.")
	}
	for _, key := range slices.Sorted(maps.Keys(match)) {
		rule, _ := match[key].(map[string]any)
		operator, _ := rule["operator"].(string)
		if !slices.Contains(mailOperators, operator) {
			return invalidMatch("The provided match operator is missing or invalid.")
		}
		if isBlank(rule["value"]) {
			return invalidMatch("The required match value is missing.")
		}
		if operator != "matches regex" && operator != "does not match regex" {
			continue
		}
		text, ok := rule["value"].(string)
		if !ok {
			return invalidMatch("The required match value is missing.")
		}
		if _, err := regexp.Compile("(?i)" + text); err != nil {
			return invalidMatch("Can't use regex '" + text + "' on '" + key + "': " + err.Error())
		}
	}
	return nil
}

func invalidMatch(reason string) error { return &desk.InvalidError{Field: "match", Reason: reason} }

// isBlank reports whether a value says nothing. A switch says something also when it is off.
func isBlank(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case string:
		return strings.TrimSpace(v) == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}
