package rules_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"postroom/internal/rules"
)

// TestReferenceVectorsOfMailFilters holds the operators against what installations of the original did.
func TestReferenceVectorsOfMailFilters(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../../parser/testdata/email_cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cases []struct {
			ID, Area      string
			Input, Expect json.RawMessage
		}
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	ran := 0
	for _, v := range file.Cases {
		if v.Area != "filter.match" {
			continue
		}
		var input struct {
			Header, Operator string
			HeaderValue      *string `json:"header_value"`
			Value            any
		}
		var expect struct{ Matches bool }
		if err := json.Unmarshal(v.Input, &input); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(v.Expect, &expect); err != nil {
			t.Fatal(err)
		}
		ran++
		filter := rules.NewMailFilter(map[string]any{input.Header: map[string]any{"operator": input.Operator, "value": input.Value}})
		got := filter.Matches(func(name string) (string, bool) {
			if name != input.Header || input.HeaderValue == nil {
				return "", false
			}
			return *input.HeaderValue, true
		})
		if got != expect.Matches {
			t.Errorf("%s: matches = %v, want %v", v.ID, got, expect.Matches)
		}
	}
	if ran != 11 {
		t.Errorf("%d vectors ran, want 11", ran)
	}
}

func TestMailFilterOperators(t *testing.T) {
	t.Parallel()
	header := map[string]string{"subject": "Printer on FIRE", "body": "first line\nsecond line", "empty": ""}
	for _, tc := range []struct {
		name, header, operator string
		value                  any
		want                   bool
	}{
		{"case does not matter", "subject", "contains", "fire", true},
		{"keys of any case", "SUBJECT", "contains", "fire", true},
		{"a star is anything", "subject", "contains", "printer*fire", true},
		{"but on one line", "body", "contains", "first*second", false},
		{"the rest is literal", "subject", "contains", "Printer.on", false},
		{"contains not", "subject", "contains not", "fire", false},
		{"contains not in what is empty", "empty", "contains not", "fire", true},
		{"one value for a list", "subject", "is any of", "Printer on FIRE", true},
		{"none of a list", "subject", "is none of", []any{"a", "b"}, true},
		{"missing is none of a list", "absent", "is none of", []any{"a"}, true},
		{"missing is not any of a list", "absent", "is any of", []any{""}, false},
		{"ends with", "subject", "ends with one of", []any{"smoke", "fire"}, true},
		{"edges of lines", "body", "matches regex", "^second line$", true},
		{"broken expression", "subject", "matches regex", "(", false},
		{"broken expression, inverted", "subject", "does not match regex", "(", false},
		{"missing does not match", "absent", "does not match regex", "x", true},
		{"unknown operator", "subject", "is", "Printer on FIRE", false},
		{"nothing is asked", "subject", "contains", "  ", false},
	} {
		filter := rules.NewMailFilter(map[string]any{tc.header: map[string]any{"operator": tc.operator, "value": tc.value}})
		got := filter.Matches(func(name string) (string, bool) { value, ok := header[name]; return value, ok })
		if got != tc.want {
			t.Errorf("%s: %s %s %v = %v, want %v", tc.name, tc.header, tc.operator, tc.value, got, tc.want)
		}
	}
}

func TestAllRulesOfMailFilterMustHold(t *testing.T) {
	t.Parallel()
	ask := func(match map[string]any) bool {
		return rules.NewMailFilter(match).Matches(func(name string) (string, bool) { return name, true })
	}
	yes, no := map[string]any{"operator": "contains", "value": "subject"}, map[string]any{"operator": "contains", "value": "x"}
	blank := map[string]any{"operator": "contains", "value": ""}
	if !ask(map[string]any{"subject": yes}) || !ask(map[string]any{"subject": yes, "from": blank}) {
		t.Error("a filter whose only rule holds does not match")
	}
	if ask(map[string]any{"subject": yes, "from": no}) || ask(nil) || ask(map[string]any{"from": blank}) {
		t.Error("a filter matches although a rule does not hold, or there is none")
	}
}

// An expression that takes others for ever must not hold up the mails behind.
func TestExpressionsOfMailFiltersEndInTime(t *testing.T) {
	t.Parallel()
	filter := rules.NewMailFilter(map[string]any{"body": map[string]any{"operator": "matches regex", "value": "^(a+)+$"}})
	body := strings.Repeat("a", 1<<20) + "!"
	begun := time.Now()
	if filter.Matches(func(string) (string, bool) { return body, true }) {
		t.Error("the expression matches")
	}
	if took := time.Since(begun); took > 20*time.Second {
		t.Errorf("it took %s", took)
	}
}

func TestRelativeTimesOfActions(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	at, ok := rules.RelativeTime(map[string]any{"value": "1", "range": "month"}, now)
	if want := time.Date(2026, 2, 28, 12, 0, 0, 0, time.UTC); !ok || !at.Equal(want) {
		t.Errorf("in a month = %v, %v, want %v", at, ok, want)
	}
	if _, ok := rules.RelativeTime(map[string]any{"value": "1", "range": "age"}, now); ok {
		t.Error("an age was read")
	}
}

// Administrators write filters and strangers the mails they are held against.
func FuzzMailFilters(f *testing.F) {
	f.Add("contains", "a*b", "x a\nb")
	f.Add("matches regex", "^(a+)+$", "aaaa!")
	f.Add("does not match regex", "(", "\xff\x00")
	f.Add("starts with one of", "İ", "i̇")
	f.Add("is any of", " ", "")
	f.Fuzz(func(t *testing.T, operator, value, header string) {
		for _, asked := range []any{value, []any{value, value}, []any{}, map[string]any{value: value}, nil} {
			filter := rules.NewMailFilter(map[string]any{"subject": map[string]any{"operator": operator, "value": asked}})
			filter.Matches(func(string) (string, bool) { return header, true })
			filter.Matches(func(string) (string, bool) { return "", false })
		}
	})
}
