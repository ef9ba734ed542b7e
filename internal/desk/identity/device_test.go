package identity_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"postroom/internal/desk/identity"
)

func TestDevicesAreNamedByWhatTheySayOfThemselves(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ agent, want string }{
		{"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Linux, Firefox"},
		{"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0", "Windows, Microsoft Edge"},
		{"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15", "Mac, Safari"},
		{"Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36", "Android, Chrome"},
		{"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/126.0 Mobile/15E148 Safari/604.1", "Ios, Chrome"},
		{"Zammad API Ruby", "Zammad API Ruby"},
		{"python-requests/2.32 (Linux)", "python-requests/2.32 (Linux)"},
		{"", ""},
	} {
		if got := identity.NewDevice(2, tc.agent, "", "192.0.2.1").Name; got != tc.want {
			t.Errorf("%q is named %q, want %q", tc.agent, got, tc.want)
		}
	}
}

func TestDevicesThatTalkTooMuchAreCut(t *testing.T) {
	t.Parallel()
	d := identity.NewDevice(2, "\x00\xff"+strings.Repeat("ü", 300), "", "")
	if n := utf8.RuneCountInString(d.UserAgent); n != 250 || !utf8.ValidString(d.UserAgent) || strings.Contains(d.Name, "\x00") {
		t.Errorf("user agent has %d characters: %q", n, d.UserAgent)
	}
}
