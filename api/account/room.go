// Package account answers what people ask about their own account: how to get one, its password,
// pictures and preferences.
package account

import (
	"context"

	"postroom/api/people"
	"postroom/api/rest"
	"postroom/internal/desk"
)

// Directory knows passwords of users who came from one.
type Directory interface {
	Knows(ctx context.Context, c *desk.Catalog, user desk.User, password string) (bool, error)
}

// Room answers requests about the own account.
type Room struct {
	*rest.House
	people *people.Room
	others Directory
}

// New returns a Room of a house. What agents make of users stays with the other room.
func New(house *rest.House, people *people.Room, others Directory) *Room {
	return &Room{house, people, others}
}
