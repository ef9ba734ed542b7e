// Package system answers what is asked about the installation itself: its set-up, settings and health.
package system

import (
	"net/http"

	"postroom/api/rest"
	"postroom/internal/desk"
)

// Room answers requests about the installation.
type Room struct {
	*rest.House
	version    string     // of the API; clients look at the major number
	autoWizard AutoWizard // nil: there is none
	signIn     signIn
}

// signIn opens a session for somebody and hands its cookie to who makes the request.
type signIn func(http.ResponseWriter, *http.Request, desk.UserID) error

// New returns a Room of a house. signIn opens a session for whom a wizard made.
func New(house *rest.House, version string, wizard AutoWizard, signIn signIn) *Room {
	return &Room{house, version, wizard, signIn}
}
