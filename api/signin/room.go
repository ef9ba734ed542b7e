// Package signin finds out who makes a request, and gives out what people prove it with.
package signin

import (
	"time"

	"postroom/api/rest"
)

// Room answers requests about access tokens and knows who makes any request.
type Room struct {
	*rest.House
	logins  *logins
	callers *callerCache
}

// New returns a Room of a house, and makes the house forget callers where they change.
func New(house *rest.House) *Room {
	s := &Room{House: house, logins: newLogins(), callers: newCallerCache()}
	house.ForgetCallers = s.callers.forget
	return s
}

// AtTime lets the room believe in another time where tokens end.
func (s *Room) AtTime(now func() time.Time) { s.callers.now = now }
