package credential

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"regexp"
)

// Methods by which a program proves that a code was made for it (RFC 7636).
const (
	ChallengePlain = "plain"
	ChallengeS256  = "S256"
)

// proof is what a verifier and a challenge are made of.
var proof = regexp.MustCompile(`^[A-Za-z0-9._~-]{43,128}$`)

// ValidChallenge reports whether a program can prove itself by this challenge.
func ValidChallenge(method, challenge string) bool {
	return (method == ChallengePlain || method == ChallengeS256) && proof.MatchString(challenge)
}

// VerifyChallenge reports whether a verifier belongs to a challenge.
func VerifyChallenge(method, challenge, verifier string) bool {
	if !proof.MatchString(verifier) {
		return false
	}
	if method == ChallengeS256 {
		sum := sha256.Sum256([]byte(verifier))
		verifier = base64.RawURLEncoding.EncodeToString(sum[:])
	}
	return ValidChallenge(method, challenge) && subtle.ConstantTimeCompare([]byte(challenge), []byte(verifier)) == 1
}
