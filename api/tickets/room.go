// Package tickets answers what is asked about tickets, their articles and files.
package tickets

import (
	"postroom/api/people"
	"postroom/api/rest"
)

// Room answers requests about tickets.
type Room struct {
	*rest.House
	people *people.Room
}

// New returns a Room of a house. The people of tickets are shown as another room shows them.
func New(house *rest.House, people *people.Room) *Room { return &Room{house, people} }
