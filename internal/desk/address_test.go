package desk_test

import (
	"strings"
	"testing"

	"postroom/internal/desk"
)

func TestRecipients(t *testing.T) {
	t.Parallel()
	for list, want := range map[string]bool{
		"a@example.com": true, "root@localhost": true, "+49@example.com": true, "Jörg <jörg@bücher.example>": true,
		`"Doe, John" <john@example.com>`: true, "nobody, b@example.com": true,
		"": false, "nobody": false, "a@": false, "@b": false, "a b@example.com": false, "a@-x.example": false, "a@b..c": false,
		strings.Repeat("x", 241) + "@example.com": false,
	} {
		if got := desk.HasRecipient(list); got != want {
			t.Errorf("%q holds a recipient: %v, want %v", list, got, want)
		}
	}
}
