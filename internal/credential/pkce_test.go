package credential_test

import (
	"strings"
	"testing"

	"postroom/internal/credential"
)

func TestProofsOfAProgram(t *testing.T) {
	t.Parallel()
	const ( // RFC 7636, appendix B
		verifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
		challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
	)
	long := strings.Repeat("x", 128)
	for _, tc := range []struct {
		name, method, challenge, verifier string
		right                             bool
	}{
		{"the standard's example", "S256", challenge, verifier, true},
		{"as it is", "plain", verifier, verifier, true},
		{"the longest", "plain", long, long, true},
		{"too long", "plain", long + "x", long + "x", false},
		{"too short", "plain", "short", "short", false},
		{"another verifier", "S256", challenge, verifier[1:] + "x", false},
		{"the challenge itself", "S256", challenge, challenge, false},
		{"no verifier", "S256", challenge, "", false},
		{"an unknown method", "S512", verifier, verifier, false},
		{"no method", "", verifier, verifier, false},
	} {
		if got := credential.VerifyChallenge(tc.method, tc.challenge, tc.verifier); got != tc.right {
			t.Errorf("%s: right = %v, want %v", tc.name, got, tc.right)
		}
	}
}
