// Package mail answers what administrators ask about mail accounts, addresses and signatures.
package mail

import "postroom/api/rest"

// Room answers requests about mail accounts.
type Room struct {
	*rest.House
	Wizard Wizard // tries mail accounts before they are stored
}

// New returns a Room of a house.
func New(house *rest.House, wizard Wizard) *Room { return &Room{house, wizard} }
