package identity_test

import (
	"testing"

	"postroom/internal/desk/identity"
)

func TestApplicationsAreChecked(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, redirect, scopes, want string }{
		{"App", "https://app.example.org/back", "full", ""},
		{"App", "https://app.example.org/back\nhttp://localhost:8080/\nurn:ietf:wg:oauth:2.0:oob", "", ""},
		{"App", "http://127.0.0.1/", "", ""},
		{"App", "http://[::1]/", "", ""},
		{"App", "org.example.app:/back", "", ""},
		{"", "https://app.example.org/", "", "Name can't be blank"},
		{"App", "https://app.example.org/", "full admin", "Scopes doesn't match configured on the server."},
		{"App", " \n", "", "Redirect URI can't be blank"},
		{"App", "http://app.example.org/", "", "Redirect URI must be an HTTPS/SSL URI."},
		{"App", "https://app.example.org/\nhttp://localhost.example.org/", "", "Redirect URI must be an HTTPS/SSL URI."},
		{"App", "http://127.0.0.1@app.example.org/", "", "Redirect URI must be an HTTPS/SSL URI."},
		{"App", "https://user@app.example.org/", "", "Redirect URI must be an absolute URI."},
		{"App", "https:///back", "", "Redirect URI must be an absolute URI."},
		{"App", "app.example.org/back", "", "Redirect URI must be an absolute URI."},
		{"App", "mailto:a@example.org", "", "Redirect URI must be an absolute URI."},
		{"App", "https://app.example.org/#x", "", "Redirect URI cannot contain a fragment."},
		{"App", "JavaScript:alert(1)", "", "Redirect URI is forbidden by the server."},
		{"App", "data:text/html,x", "", "Redirect URI is forbidden by the server."},
		{"App", "https://app.example.org:port/", "", "Redirect URI must be a valid URI."},
	} {
		got := ""
		if err := (identity.Application{Name: tc.name, RedirectURI: tc.redirect, Scopes: tc.scopes}).Validate(); err != nil {
			got = err.Error()
		}
		if got != tc.want {
			t.Errorf("%q %q %q: %q, want %q", tc.name, tc.redirect, tc.scopes, got, tc.want)
		}
	}
}

func TestCodesGoWhereTheyMayOnly(t *testing.T) {
	t.Parallel()
	app := identity.Application{RedirectURI: "https://app.example.org/back\nhttp://127.0.0.1/back\nhttp://localhost:8080/back"}
	for address, want := range map[string]bool{
		"https://app.example.org/back":      true,
		"https://app.example.org/back?x=1":  false,
		"https://app.example.org/back/":     false,
		"https://app.example.org:444/back":  false,
		"https://app.example.org.evil/back": false,
		"http://127.0.0.1:51234/back":       true,
		"http://127.0.0.1:51234/other":      false,
		"https://127.0.0.1:51234/back":      false,
		"http://127.0.0.2/back":             false,
		"http://127.0.0.1@evil.org/back":    false,
		"http://evil@127.0.0.1/back":        false,
		"http://localhost:8080/back":        true,
		"http://localhost:9090/back":        false,
		identity.ShowCode:                   false,
		"":                                  false,
	} {
		if got := app.MayRedirectTo(address); got != want {
			t.Errorf("%q: %v, want %v", address, got, want)
		}
	}
}
