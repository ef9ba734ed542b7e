// Package system answers what is asked about the installation itself: its set-up, settings and health.
package system

import "postroom/api/rest"

// Room answers requests about the installation.
type Room struct {
	*rest.House
	version    string     // of the API; clients look at the major number
	autoWizard AutoWizard // nil: there is none
}

// New returns a Room of a house.
func New(house *rest.House, version string, wizard AutoWizard) *Room {
	return &Room{house, version, wizard}
}
