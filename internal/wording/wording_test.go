package wording_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"postroom/internal/wording"
)

func TestTextsBecomeWords(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		text string
		want []string
	}{
		{"", nil},
		{" \n-- ", nil},
		{"The Printer, the PRINTER!", []string{"the", "printer", "the", "printer"}},
		{"5f3a.1234 paper-jam_42", []string{"5f3a", "1234", "paper", "jam", "42"}},
		{"nicole@example.org", []string{"nicole", "example", "org"}},
		{"Straße Ärger naïve 東京タワー", []string{"straße", "ärger", "naïve", "東京タワー"}},
		{strings.Repeat("ä", 100), []string{strings.Repeat("ä", wording.Longest)}},
		{"a\x00b\xffc", []string{"a", "b", "c"}},
	} {
		if got := slices.Collect(wording.Words(tc.text)); !slices.Equal(got, tc.want) {
			t.Errorf("%q has the words %q, want %q", tc.text, got, tc.want)
		}
	}
}

func TestPatternsBecomePieces(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ pattern, want string }{
		{"Printer", "[{printer 7 printer true true}]"},
		{"prin%er", "[{prin%er 4 prin true true}]"},
		{"f_re", "[{f_re 2 f true true}]"},
		{"%42", "[{%42 2  true true}]"},
		{"5f3a.1234", "[{5f3a 4 5f3a true false} {1234 4 1234 false true}]"},
		{`foo\_100\%`, "[{foo 3 foo true false} {100 3 100 false false}]"},
		{"all on fire", "[{all 3 all true false} {on 2 on false false} {fire 4 fire false true}]"},
		{"Re:", "[{re 2 re true false}]"},
		{"%", "[]"},
		{"--", "[]"},
	} {
		if got := fmt.Sprint(wording.Pieces(tc.pattern)); got != tc.want {
			t.Errorf("%s becomes %s, want %s", tc.pattern, got, tc.want)
		}
	}
	if whole := wording.Pieces("all on fire")[1].Whole(); !whole {
		t.Error("the word in the middle is not taken for a whole one")
	}
}
