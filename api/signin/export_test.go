package signin

import "time"

// Proves reports whether the CSRF token that an installation made for a badge proves another, at
// another time.
func Proves(secret, badge string, made time.Time, other string, now time.Time, signedIn bool) bool {
	token := badges{secret: []byte(secret)}.token(badge, made)
	return badges{secret: []byte("s")}.proven(other, token, signedIn, now)
}
