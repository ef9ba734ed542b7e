package rules_test

import (
	"strings"
	"testing"

	"postroom/internal/rules"
)

type parameters = map[string]any

func TestMailMatchThatMatchesNothingIsRefused(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		match parameters
		want  string // how the error begins; "": accepted
	}{
		{"text", parameters{"from": parameters{"operator": "contains", "value": "boss"}}, ""},
		{"list", parameters{"x-spam": parameters{"operator": "is any of", "value": []any{"yes"}}}, ""},
		{"expression", parameters{"subject": parameters{"operator": "matches regex", "value": `^\[(urgent|now)\]`}}, ""},
		{"no rule", parameters{}, "At least one match rule is required"},
		{"no operator", parameters{"from": parameters{"value": "boss"}}, "The provided match operator is missing or invalid."},
		{"unknown operator", parameters{"from": parameters{"operator": "resembles", "value": "boss"}}, "The provided match operator is missing or invalid."},
		{"rule of another shape", parameters{"from": "boss"}, "The provided match operator is missing or invalid."},
		{"no value", parameters{"from": parameters{"operator": "contains", "value": " "}}, "The required match value is missing."},
		{"empty list", parameters{"from": parameters{"operator": "is any of", "value": []any{}}}, "The required match value is missing."},
		{"broken expression", parameters{"from": parameters{"operator": "matches regex", "value": "("}}, "Can't use regex '(' on 'from': "},
		{"list of expressions", parameters{"from": parameters{"operator": "matches regex", "value": []any{"a"}}}, "The required match value is missing."},
		{"second rule", parameters{"a": parameters{"operator": "contains", "value": "x"}, "b": parameters{}}, "The provided match operator is missing or invalid."},
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
