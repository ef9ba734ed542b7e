package rules_test

import (
	"strings"
	"testing"

	"postroom/internal/rules"
)

func TestMailMatchThatMatchesNothingIsRefused(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		match object
		want  string // how the error begins; "": accepted
	}{
		{"text", object{"from": object{"operator": "contains", "value": "boss"}}, ""},
		{"list", object{"x-spam": object{"operator": "is any of", "value": []any{"yes"}}}, ""},
		{"expression", object{"subject": object{"operator": "matches regex", "value": `^\[(urgent|now)\]`}}, ""},
		{"no rule", object{}, "At least one match rule is required"},
		{"no operator", object{"from": object{"value": "boss"}}, "The provided match operator is missing or invalid."},
		{"unknown operator", object{"from": object{"operator": "resembles", "value": "boss"}}, "The provided match operator is missing or invalid."},
		{"rule of another shape", object{"from": "boss"}, "The provided match operator is missing or invalid."},
		{"no value", object{"from": object{"operator": "contains", "value": " "}}, "The required match value is missing."},
		{"empty list", object{"from": object{"operator": "is any of", "value": []any{}}}, "The required match value is missing."},
		{"broken expression", object{"from": object{"operator": "matches regex", "value": "("}}, "Can't use regex '(' on 'from': "},
		{"list of expressions", object{"from": object{"operator": "matches regex", "value": []any{"a"}}}, "The required match value is missing."},
		{"second rule", object{"a": object{"operator": "contains", "value": "x"}, "b": object{}}, "The provided match operator is missing or invalid."},
	} {
		got := ""
		if err := rules.CheckMailMatch(tc.match); err != nil {
			got = err.Error()
		}
		if tc.want == "" && got != "" || !strings.HasPrefix(got, tc.want) {
			t.Errorf("%s: error = %q, want one that begins with %q", tc.name, got, tc.want)
		}
	}
}
