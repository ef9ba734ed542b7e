package account_test

import (
	"encoding/json"
	"errors"
	"testing"

	"postroom/channels/email/account"
	"postroom/internal/desk"
)

func TestOptionsAsClientsWriteThem(t *testing.T) {
	t.Parallel()
	adapter, opts := account.Side(map[string]any{"adapter": "imap", "options": map[string]any{
		"text": "a", "number": float64(993), "big": json.Number("12"), "on": true, "yes": "TRUE ", "no": "false", "odd": "maybe", "none": nil,
		"list": []any{"x"}, "host": " mail.example.com ", "port": "0993",
	}})
	if adapter != "imap" {
		t.Errorf("adapter %q", adapter)
	}
	for name, want := range map[string]string{"text": "a", "number": "993", "big": "12", "on": "true", "none": "", "list": "", "missing": ""} {
		if got := opts.Text(name); got != want {
			t.Errorf("%s reads as %q, want %q", name, got, want)
		}
	}
	for name, want := range map[string][2]bool{"on": {true, true}, "yes": {true, true}, "no": {false, false}, "odd": {true, false}, "none": {true, false}} {
		if got := [2]bool{opts.Flag(name, true), opts.Flag(name, false)}; got != want {
			t.Errorf("switch %s reads as %v with the other default false, want %v", name, got, want)
		}
	}
	if host, err := opts.Host(); err != nil || host != "mail.example.com" {
		t.Errorf("host %q, %v", host, err)
	}
	if port, err := opts.Port(143); err != nil || port != 993 {
		t.Errorf("port %d, %v", port, err)
	}
	if port, err := (account.Options{"port": ""}).Port(143); err != nil || port != 143 {
		t.Errorf("no port reads as %d, %v; want the usual one", port, err)
	}
	if adapter, opts := account.Side(nil); adapter != "" || opts.Text("x") != "" {
		t.Errorf("nothing stored reads as adapter %q", adapter)
	}
}

func TestOptionsThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		field string
		err   error
	}{
		{"host", second(account.Options{}.Host())},
		{"host", second(account.Options{"host": "a\r\nb"}.Host())},
		{"host", second(account.Options{"host": "user@host"}.Host())},
		{"port", second(account.Options{"port": 70000}.Port(1))},
		{"port", second(account.Options{"port": "imap"}.Port(1))},
		{"adapter", account.UnknownAdapter("x")},
	} {
		invalid, ok := errors.AsType[*desk.InvalidError](tc.err)
		if !ok || invalid.Field != tc.field {
			t.Errorf("%v, want a *desk.InvalidError about %s", tc.err, tc.field)
		}
	}
}

func second[T any](_ T, err error) error { return err }
