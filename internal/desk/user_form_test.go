package desk_test

import (
	"testing"

	"postroom/internal/desk"
)

func TestNewAddressMayBeReachable(t *testing.T) {
	t.Parallel()
	flagged := func() map[string]any {
		return map[string]any{"mail_delivery_failed": true, "mail_delivery_failed_data": "2026-01-01T00:00:00Z", "mail_delivery_failed_reason": "x", "locale": "de-de"}
	}
	before := desk.User{ID: 5, Login: "old@example.com", Email: "old@example.com", Preferences: flagged()}
	for email, want := range map[string]int{"old@example.com": 4, "new@example.com": 1} {
		after := before
		after.Email, after.Preferences = email, flagged()
		if err := after.Complete(before, nil); err != nil {
			t.Fatal(err)
		}
		if len(after.Preferences) != want || after.Preferences["locale"] != "de-de" {
			t.Errorf("with the address %s: preferences %v, want %d of them", email, after.Preferences, want)
		}
	}
}
