package credential_test

import (
	"encoding/base32"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"postroom/internal/credential"
)

// The key of RFC 6238, appendix B.
var rfcSecret = base32.StdEncoding.EncodeToString([]byte("12345678901234567890"))

func TestCodesOfTheStandard(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		seconds int64
		code    string // the last six of the appendix's eight digits
	}{
		{59, "287082"}, {1111111109, "081804"}, {1111111111, "050471"}, {1234567890, "005924"}, {2000000000, "279037"}, {20000000000, "353130"},
	} {
		at := time.Unix(tc.seconds, 0)
		if got, want := credential.VerifyCode(rfcSecret, tc.code, at), tc.seconds/30; got != want {
			t.Errorf("at %d: %s is of step %d, want %d", tc.seconds, tc.code, got, want)
		}
		if credential.VerifyCode(strings.ToLower(rfcSecret), " "+tc.code[:3]+" "+tc.code[3:], at) == 0 {
			t.Errorf("at %d: %s as it was typed is refused", tc.seconds, tc.code)
		}
	}
}

func TestCodesOfOtherTimesAndSecretsAreRefused(t *testing.T) {
	t.Parallel()
	const code = "005924" // of 1234567890, which is the first second of its step
	at := func(drift time.Duration) time.Time { return time.Unix(1234567890, 0).Add(drift) }
	for _, tc := range []struct {
		name, secret, code string
		at                 time.Time
		right              bool
	}{
		{"a clock that is behind", rfcSecret, code, at(-30 * time.Second), true},
		{"a clock that is ahead", rfcSecret, code, at(59 * time.Second), true},
		{"too early", rfcSecret, code, at(-31 * time.Second), false},
		{"too late", rfcSecret, code, at(60 * time.Second), false},
		{"another secret", credential.NewCodeSecret(), code, at(0), false},
		{"no secret", "", code, at(0), false},
		{"a secret that is none", "1!", code, at(0), false},
		{"no code", rfcSecret, "", at(0), false},
		{"part of a code", rfcSecret, code[:5], at(0), false},
		{"more than a code", rfcSecret, code + "0", at(0), false},
	} {
		if got := credential.VerifyCode(tc.secret, tc.code, tc.at) != 0; got != tc.right {
			t.Errorf("%s: right = %v, want %v", tc.name, got, tc.right)
		}
	}
}

func TestSecretsAsAppsReadThem(t *testing.T) {
	t.Parallel()
	secret := credential.NewCodeSecret()
	if !regexp.MustCompile(`^[A-Z2-7]{32}$`).MatchString(secret) || secret == credential.NewCodeSecret() {
		t.Errorf("secret = %q, want 32 characters that nobody else has", secret)
	}
	uri, err := url.Parse(credential.CodeURI(secret, "Post & Room", "nicole@example.org"))
	if err != nil {
		t.Fatal(err)
	}
	if uri.Scheme != "otpauth" || uri.Host != "totp" || uri.Path != "/Post & Room:nicole@example.org" ||
		uri.Query().Get("secret") != secret || uri.Query().Get("issuer") != "Post & Room" {
		t.Errorf("URI = %s", uri)
	}
}

func TestRecoveryCodes(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, code := range credential.NewRecoveryCodes() {
		if !regexp.MustCompile(`^[0-9a-f]{16}$`).MatchString(code) {
			t.Errorf("code = %q", code)
		}
		if string(credential.HashRecoveryCode(" "+strings.ToUpper(code)+"\n")) != string(credential.HashRecoveryCode(code)) {
			t.Errorf("%q as it was typed is another code", code)
		}
		seen[code] = true
	}
	if len(seen) != 10 {
		t.Errorf("%d different codes, want 10", len(seen))
	}
}
