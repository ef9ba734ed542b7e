// Package signin finds out who makes a request, and gives out what people prove it with.
//
// A request comes with the cookie of a session, with name and password, or with a token of its owner
// or of an application. What comes out is the caller that every other room decides by.
package signin

import (
	"context"
	"time"

	"postroom/api/people"
	"postroom/api/rest"
	"postroom/internal/desk"
)

// Directory knows passwords of users who came from one.
type Directory interface {
	// Knows reports whether a password is a user's. An error says that this can't be told now.
	Knows(ctx context.Context, c *desk.Catalog, user desk.User, password string) (bool, error)
}

// Room answers requests about signing in and knows who makes any request.
type Room struct {
	*rest.House
	people  *people.Room
	others  Directory
	version string // of the API
	logins  *logins
	callers *callerCache
	devices deviceNotes
}

// New returns a Room of a house, and makes the house forget callers where they change.
func New(house *rest.House, people *people.Room, others Directory, version string) *Room {
	s := &Room{House: house, people: people, others: others, version: version, logins: newLogins(house.WrongPasswordTakes), callers: newCallerCache()}
	house.ForgetCallers = s.callers.forget
	return s
}

// AtTime lets the room believe in another time where tokens and sessions end.
func (s *Room) AtTime(now func() time.Time) { s.callers.now = now }
