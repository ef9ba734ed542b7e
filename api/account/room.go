// Package account answers what people ask about their own account: how to get one, its password,
// pictures and preferences.
package account

import (
	"postroom/api/people"
	"postroom/api/rest"
)

// Room answers requests about the own account.
type Room struct {
	*rest.House
	people *people.Room
}

// New returns a Room of a house. What agents make of users stays with the other room.
func New(house *rest.House, people *people.Room) *Room { return &Room{house, people} }
