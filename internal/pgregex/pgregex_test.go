package pgregex_test

import (
	"testing"

	"postroom/internal/pgregex"
)

// The outcomes are those of PostgreSQL 15: SELECT text ~* pattern. That Go and PostgreSQL agree is
// tested in package store, too.
func TestExpressionsFindWhatPostgreSQLFinds(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		pattern, text string
		want          bool
	}{
		{"^print", "PRINTER", true},
		{"^print", "a printer", false},
		{"^b", "a\nb", false}, // the beginning is that of the text, not of a line
		{"a.b", "a\nb", true},
		{"a$", "a\n", false},
		{`\mis\M`, "this is it", true},
		{`\mis\M`, "this", false},
		{`\yis\y`, "is", true},
		{`\d+`, "no 42", true},
		{`\w`, "ä", true},
		{`\W`, "ä", false},
		{`[[:alpha:]]`, "Ö", true},
		{`[[:digit:]_]`, "x_", true},
		{`[^\s]`, " \t", false},
		{`[]x]`, "]", true},
		{`[a\]b]`, "]", true},
		{`\.`, "x", false},
		{`a{2,3}`, "caab", true},
		{`a{`, "a{", true},
		{`(?i)ABC`, "abc", true},
		{`(a|b)+c`, "abac", true},
		{`(?:x)y`, "xy", true},
		{`a\Bb`, `a\b`, true}, // a backslash there
		{`\Aab\Z`, "ab", true},
		{`x*?y`, "y", true},
		{`É`, "é", true},
		{``, "anything", true},
	} {
		found, ok := pgregex.Compile(tc.pattern)
		if !ok {
			t.Errorf("%s is refused", tc.pattern)
			continue
		}
		if got := found.MatchString(tc.text); got != tc.want {
			t.Errorf("%s (%s) finds %q: %v, want %v", tc.pattern, found, tc.text, got, tc.want)
		}
	}
}

func TestWhatTheTwoReadDifferentlyIsRefused(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{
		"(", ")", "[", "[a", "a**", "*a", "^*", "$+", "(|*)", `\`, `a\`, `(a)\1`, "a(?=b)", "a(?!b)", "(?<=a)b", "(?P<n>a)", "(?s)a",
		"***=a", `\q`, `\pL`, `\cA`, `\x41`, "[[=a=]]", "[[.a.]]", "[[:nothing:]]", "[[:<:]]a", `[\y]`, "a{256}", "a{1000}", "a{2", "a{1,x}",
	} {
		if found, ok := pgregex.Compile(pattern); ok {
			t.Errorf("%s becomes %s", pattern, found)
		}
	}
}

func FuzzCompile(f *testing.F) {
	for _, pattern := range []string{"a", `\m\M[[:alpha:]]{2,3}`, "[]]", "[^\\", "((((", "{", "\xff", `[\d\]`} {
		f.Add(pattern)
	}
	f.Fuzz(func(_ *testing.T, pattern string) {
		if found, ok := pgregex.Compile(pattern); ok {
			found.MatchString(pattern)
		}
	})
}
