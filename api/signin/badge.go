package signin

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"net/http"
	"regexp"
	"time"

	"postroom/internal/credential"
	"postroom/internal/desk"
)

// badges are what browsers show. Everything about them follows from the installation's secret, so
// that every process makes and knows the same ones, and a visitor who is nobody costs no memory.
type badges struct {
	secret []byte
	secure bool // browsers must show them on encrypted connections only
}

// badges of this moment. An installation without a secret makes do with one of this process.
func (s *Room) badges(c *desk.Catalog) badges {
	b := badges{secret: []byte(c.Settings.String("application_secret")), secure: c.Settings.String("http_type") == "https"}
	if len(b.secret) == 0 {
		b.secret = s.logins.key
	}
	return b
}

func (b badges) mac(purpose string, parts ...[]byte) []byte {
	mac := hmac.New(sha256.New, b.secret)
	_, _ = mac.Write([]byte(purpose))
	for _, part := range parts {
		_, _ = mac.Write([]byte{0})
		_, _ = mac.Write(part)
	}
	return mac.Sum(nil)
}

// cookieName is different for every installation: two on one host don't get in each other's way.
func (b badges) cookieName() string {
	const digits = 11 // as clients look for it
	return "_zammad_session_" + hex.EncodeToString(b.mac("name of the cookie"))[:digits]
}

// badgeForm is what a cookie of ours can hold.
var badgeForm = regexp.MustCompile(`^[A-Za-z0-9_-]{64}$`)

// shown is what the cookie of a request holds; empty: there is none.
func (b badges) shown(r *http.Request) string {
	cookie, err := r.Cookie(b.cookieName())
	if err != nil || !badgeForm.MatchString(cookie.Value) {
		return ""
	}
	return cookie.Value
}

// rememberFor is how long a browser keeps the cookie of somebody who wants to be remembered.
const rememberFor = 365 * 24 * time.Hour

// hand gives a browser a new badge, in place of any other, and returns it.
func (b badges) hand(w http.ResponseWriter, remember bool, now time.Time) string {
	value := credential.NewToken()
	cookie := &http.Cookie{
		Name: b.cookieName(), Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: b.secure,
	}
	if remember {
		cookie.Expires, cookie.MaxAge = now.Add(rememberFor), int(rememberFor/time.Second)
	}
	w.Header().Set("Set-Cookie", cookie.String())
	b.prove(w, value, now)
	return value
}

// CSRF tokens: a nonce, so that no two are alike, when it was made, and a MAC of both and the badge.
const (
	nonceBytes = 16
	timeBytes  = 8
	tokenBytes = nonceBytes + timeBytes + sha256.Size
	// strangerFor is how long the token of a visitor who is nobody works; sessions have an end of
	// their own.
	strangerFor = 2 * time.Hour
)

const csrfHeader = "CSRF-TOKEN"

// prove tells the page that may read this answer what to send along when it changes something.
func (b badges) prove(w http.ResponseWriter, badge string, now time.Time) {
	w.Header().Set(csrfHeader, b.token(badge, now))
}

func (b badges) token(badge string, now time.Time) string {
	token := make([]byte, nonceBytes, tokenBytes)
	_, _ = rand.Read(token) // crypto/rand never fails
	token = binary.BigEndian.AppendUint64(token, uint64(now.Unix()))
	return base64.RawURLEncoding.EncodeToString(append(token, b.mac("CSRF", token, []byte(badge))...))
}

// proven reports whether a token was made for a badge, and for that of a visitor who is nobody
// lately.
func (b badges) proven(badge, token string, signedIn bool, now time.Time) bool {
	made, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(made) != tokenBytes || badge == "" {
		return false
	}
	const signed = nonceBytes + timeBytes
	if subtle.ConstantTimeCompare(made[signed:], b.mac("CSRF", made[:signed], []byte(badge))) != 1 {
		return false
	}
	at := time.Unix(int64(binary.BigEndian.Uint64(made[nonceBytes:signed])), 0)
	return signedIn || now.Sub(at) < strangerFor
}
