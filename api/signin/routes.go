package signin

import (
	"time"

	"postroom/api/rest"
	"postroom/internal/desk/identity"
	"postroom/internal/store/signin"
)

// Routes are the addresses of signing in and of what it is done with.
func (s *Room) Routes(t *rest.Table) {
	block := rest.Record{
		{"session", map[string]any{}}, {"models", map[string]any{}}, {"collections", map[string]any{}}, {"assets", map[string]any{}},
		{"config", map[string]any{}}, {"after_auth", nil},
	}
	unguarded := rest.Webhook // they change nothing that matters, and begin and end what a CSRF token needs
	t.Handle("POST /api/v1/signin", rest.Public, s.signIn).Creates(block).Takes(rest.Record{
		{"username", ""}, {"password", ""}, {"fingerprint", ""}, {"remember_me", false}, {"two_factor_method", ""}, {"two_factor_payload", ""},
	})
	nobody := rest.Record{{"error", ""}, {"config", map[string]any{}}}
	t.Handle("GET /api/v1/signshow", unguarded, s.showSession).Gives(rest.AnyOf{block, nobody})
	t.Handle("POST /api/v1/signshow", unguarded, s.showSession).Gives(rest.AnyOf{block, nobody}).Takes(rest.Record{{"fingerprint", ""}})
	t.Handle("GET /api/v1/signout", unguarded, s.signOut)
	t.Handle("DELETE /api/v1/signout", unguarded, s.signOut)
	t.Handle("GET /api/v1/users/after_auth", rest.Login, s.showAfterAuth).Gives(rest.Record{{"type", ""}, {"data", rest.Record{}}})
	t.Handle("GET /api/v1/available", rest.Public, s.available).Gives(rest.Record{{"app_version", ""}})
	t.Handle("GET /auth/sso", rest.Public, s.signInBySSO)
	t.Handle("POST /auth/sso", rest.Public, s.signInBySSO)

	sessions := rest.Needs("admin.session")
	switched := rest.Record{{"success", true}, {"location", ""}}
	t.Handle("GET /api/v1/sessions", sessions, s.listSessions).
		Gives(rest.Record{{"sessions", []any{sessionRecord(identity.Session{})}}, {"assets", map[string]any{}}})
	t.Handle("DELETE /api/v1/sessions/{id}", sessions, s.deleteSession)
	t.Handle("GET /api/v1/sessions/switch/{id}", rest.Needs("admin.session", "admin.user"), s.switchTo).Gives(switched)
	t.Handle("GET /api/v1/sessions/switch_back", rest.Login, s.switchBack).Gives(switched)

	devices := rest.Needs("user_preferences.device")
	t.Handle("GET /api/v1/user_devices", devices, s.listDevices).Gives([]any{deviceRecord(identity.Device{})})
	t.Handle("DELETE /api/v1/user_devices/{id}", devices, s.deleteDevice)

	tokens := rest.Needs("user_preferences.access_token")
	t.Handle("GET /api/v1/user_access_token", tokens, s.listTokens).
		Gives(rest.Record{{"tokens", []any{tokenRecord(signin.Token{}, time.UTC)}}, {"permissions", []any{rest.Record{{"id", 0}, {"name", ""}}}}})
	t.Handle("POST /api/v1/user_access_token", tokens, s.createToken).Gives(rest.Record{{"token", ""}}).
		Takes(rest.Record{{"name", ""}, {"permission", []string{}}, {"expires_at", ""}})
	t.Handle("DELETE /api/v1/user_access_token/{id}", tokens, s.deleteToken)
}
