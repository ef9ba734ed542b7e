// Package tickets answers what is asked about a ticket and its articles, and changes them.
package tickets

import (
	"postroom/api/people"
	"postroom/api/rest"
	"postroom/api/shown"
)

// Room answers requests about tickets.
type Room struct {
	*rest.House
	people *people.Room
	shown  *shown.Tickets
}

// New returns a Room of a house. Tickets and their people are shown as others show them.
func New(house *rest.House, people *people.Room, shown *shown.Tickets) *Room {
	return &Room{house, people, shown}
}
