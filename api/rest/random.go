package rest

import (
	"crypto/rand"
	"encoding/base64"
	"net/http"
)

// Handler answers a request or returns why it can't.
type Handler func(w http.ResponseWriter, r *http.Request) error

// RandomText is n random bytes as URL-safe text.
func RandomText(n int) string {
	random := make([]byte, n)
	_, _ = rand.Read(random) // crypto/rand never fails
	return base64.RawURLEncoding.EncodeToString(random)
}
