package identity_test

import (
	"encoding/json"
	"testing"
	"time"

	"postroom/internal/desk"
	"postroom/internal/desk/identity"
)

func TestSessionsLastAsLongAsTheMostTrustedPermission(t *testing.T) {
	t.Parallel()
	const days60 = 60 * 24 * time.Hour
	for _, tc := range []struct {
		name, setting string
		permissions   []string
		want          time.Duration
	}{
		{"the longest counts", `{"default":"60","ticket.agent":"600","ticket.customer":"300"}`, []string{"ticket.agent", "ticket.customer"}, 10 * time.Minute},
		{"a permission below it counts", `{"default":"60","admin":"900"}`, []string{"admin.user"}, 15 * time.Minute},
		{"a permission above it counts", `{"default":60,"ticket.agent":120}`, []string{"ticket"}, 2 * time.Minute},
		{"none held: the default", `{"default":"60","admin":"900"}`, []string{"ticket.customer"}, time.Minute},
		{"none of use: the default", `{"default":"60","admin":"0"}`, []string{"admin"}, time.Minute},
		{"no end: as long as any is kept", `{"default":"0"}`, []string{"admin"}, days60},
		{"nothing lasts longer than any is kept", `{"default":"99999999"}`, nil, days60},
		{"the name of the default is no permission", `{"default":"60"}`, []string{"default"}, time.Minute},
		{"not set", `null`, nil, days60},
	} {
		settings := desk.Settings{"session_timeout": json.RawMessage(tc.setting)}
		if got := identity.SessionIdle(settings, &desk.Caller{Permissions: tc.permissions}); got != tc.want {
			t.Errorf("%s: %v, want %v", tc.name, got, tc.want)
		}
	}
}
