package desk_test

import (
	"testing"

	"postroom/internal/desk"
)

func TestLocalesByIDAndName(t *testing.T) {
	t.Parallel()
	if got := desk.DefaultLocale.Locale(); got != "en-us" {
		t.Errorf("the default is %q", got)
	}
	if id := desk.LocaleNamed("DE-DE"); id.Locale() != "de-de" {
		t.Errorf("DE-DE is %d, %q", id, id.Locale())
	}
	for _, id := range []desk.LocaleID{desk.LocaleNamed("xx"), -1, 999} {
		if got := id.Locale(); got != "" {
			t.Errorf("locale %d is %q, want none", id, got)
		}
	}
}
