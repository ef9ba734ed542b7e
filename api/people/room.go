// Package people answers what is asked about users, organizations, groups and roles.
package people

import "postroom/api/rest"

// Room answers requests about people.
type Room struct{ *rest.House }

// New returns a Room of a house.
func New(house *rest.House) *Room { return &Room{house} }
