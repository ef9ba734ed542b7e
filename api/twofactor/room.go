// Package twofactor lets people set up what they prove beside a password, and administrators take it
// away from those who lost it.
//
// It only sets up: whether a second factor is asked for, and was proven, is decided where people
// sign in.
package twofactor

import (
	"time"

	"postroom/api/rest"
)

// Room answers requests about second factors.
type Room struct {
	*rest.House
	now func() time.Time
}

// New returns a Room of a house.
func New(house *rest.House) *Room { return &Room{House: house, now: time.Now} }
