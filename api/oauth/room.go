// Package oauth lets programs of others act for people who allowed it: OAuth 2 with authorization
// codes (RFC 6749, 7636), refreshing, revocation (7009) and introspection (7662).
//
// Administrators register programs, people consent on a page, programs fetch tokens. What a token
// opens is decided where callers are found out.
package oauth

import (
	"net/http"
	"time"

	"postroom/api/rest"
)

// Room answers requests about applications and what they are given.
type Room struct {
	*rest.House
	signIn signIn
	now    func() time.Time
}

// signIn opens a session for who filled in a page with username, password and code.
type signIn func(http.ResponseWriter, *http.Request, rest.Params) error

// New returns a Room of a house.
func New(house *rest.House, signIn signIn) *Room {
	return &Room{House: house, signIn: signIn, now: time.Now}
}
