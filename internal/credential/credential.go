// Package credential makes and checks what people and programs prove themselves with: passwords,
// access tokens, one-time codes.
//
// It keeps nothing: the caller stores the hash and throws the secret away.
package credential

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
)

// NewToken returns a new access token: 64 characters that need no quoting in a URL.
func NewToken() string {
	secret := make([]byte, 48)
	_, _ = rand.Read(secret) // crypto/rand never fails
	return base64.RawURLEncoding.EncodeToString(secret)
}

// HashToken names a token so that it can be looked up without being kept. A plain SHA-256 is
// enough because a token, unlike a password, can't be guessed.
func HashToken(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}
