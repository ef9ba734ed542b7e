// Package automation answers what administrators ask about what an installation does by itself: rules
// and the times they follow, filters of mails, forms, webhooks and orders to forget.
//
// It checks and keeps these records. What they do is done elsewhere.
package automation

import (
	"postroom/api/people"
	"postroom/api/rest"
)

// Room answers requests about automation.
type Room struct {
	*rest.House
	people *people.Room
}

// New returns a Room of a house. People are shown as another room shows them.
func New(house *rest.House, people *people.Room) *Room { return &Room{house, people} }

// Lengths of columns, in characters.
const (
	maxTitle     = 250 // of most names here
	maxLocale    = 20
	maxZone      = 60
	maxRuleBytes = 500 << 10 // of a condition or an action as JSON
)
