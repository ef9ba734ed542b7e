// Package mail answers what administrators ask about mail accounts, addresses and signatures.
package mail

import "postroom/api/rest"

// Room answers requests about mail accounts.
type Room struct {
	*rest.House
	Wizard    Wizard    // tries mail accounts before they are stored
	Providers Providers // where people sign in to let us into their mailbox
}

// New returns a Room of a house.
func New(house *rest.House, wizard Wizard, providers Providers) *Room {
	return &Room{house, wizard, providers}
}
