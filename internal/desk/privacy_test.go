package desk_test

import (
	"testing"

	"postroom/internal/desk"
)

func TestPseudonymKeepsFirstAndLastLetter(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                        "",
		"N":                       "*",
		"No":                      "N*o",
		"Nicole":                  "N*e",
		"Ñandú":                   "Ñ*ú",
		"nicole.braun@zammad.org": "n*n@z*d.org",
		"root@localhost":          "r*t@l*t",
		"a@b.example.co":          "*@b*e.co",
		"@home":                   "@*e",
		"mail me @ home":          "m*e",
	} {
		if got := desk.Pseudonym(text); got != want {
			t.Errorf("pseudonym of %q = %q, want %q", text, got, want)
		}
	}
}
