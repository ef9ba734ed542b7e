// Package library answers what is asked about things that administrators lay ready for others: texts
// to insert, forms to start from, changes at one click, lists of tickets, links and report profiles.
package library

import "postroom/api/rest"

// Room answers requests about what is laid ready.
type Room struct{ *rest.House }

// New returns a Room of a house.
func New(house *rest.House) *Room { return &Room{house} }
