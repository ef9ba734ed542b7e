package teamwork_test

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"

	"postroom/internal/desk/teamwork"
)

func TestTagNamesOfAList(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		list string
		want []string
	}{
		{"", nil},
		{"spam", []string{"spam"}},
		{" a , b,,a ", []string{"a", "b"}},
		{"Vip,vip", []string{"Vip", "vip"}},
		{"half price,50*", []string{"half price"}},
		{numbered(1000), strings.Split(numbered(100), ",")},
	} {
		if got := teamwork.TagNames(tc.list); !slices.Equal(got, tc.want) {
			t.Errorf("tags of %q = %q, want %q", tc.list, got, tc.want)
		}
	}
}

// numbered is a list of so many tags.
func numbered(n int) string {
	names := make([]string, n)
	for i := range names {
		names[i] = strconv.Itoa(i)
	}
	return strings.Join(names, ",")
}

func TestTagNameThatCantBeOne(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "  ", "a,b", "*"} {
		if got, err := teamwork.TagName(name); err == nil {
			t.Errorf("tag %q was taken as %q", name, got)
		}
	}
}

func TestRenamedTagIsRenamedInRules(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, rule, want string }{
		{"condition", `{"ticket.tags":{"operator":"contains one","value":"a, b"},"ticket.title":{"value":"a"}}`,
			`{"ticket.tags":{"operator":"contains one","value":"x, b"},"ticket.title":{"value":"a"}}`},
		{"expert condition", `{"operator":"AND","conditions":[{"name":"ticket.title","value":"a"},{"operator":"OR","conditions":[{"name":"ticket.tags","value":"b, a"}]}]}`,
			`{"conditions":[{"name":"ticket.title","value":"a"},{"conditions":[{"name":"ticket.tags","value":"b, x"}],"operator":"OR"}],"operator":"AND"}`},
		{"action", `{"ticket.tags":{"operator":"add","value":"a"}}`, `{"ticket.tags":{"operator":"add","value":"x"}}`},
		{"mail filter", `{"X-Zammad-Ticket-Tags":{"value":"a,x,c"}}`, `{"X-Zammad-Ticket-Tags":{"value":"x,c"}}`},
		{"list of names", `{"ticket.tags":{"value":["b","a"]}}`, `{"ticket.tags":{"value":["b","x"]}}`},
		{"twice", `{"ticket.tags":{"value":"a,a"}}`, `{"ticket.tags":{"value":"x"}}`},
		{"another case", `{"ticket.tags":{"value":"A, aa"}}`, ``},
		{"no value", `{"ticket.tags":{"value":null}}`, ``},
		{"no rule", `"a"`, ``},
	} {
		var rule any
		if err := json.Unmarshal([]byte(tc.rule), &rule); err != nil {
			t.Fatal(err)
		}
		changed := teamwork.RenameTag(rule, "a", "x")
		got, _ := json.Marshal(rule)
		if changed != (tc.want != "") || changed && string(got) != tc.want {
			t.Errorf("%s: %s, changed %v, want %s", tc.name, got, changed, tc.want)
		}
	}
}
