// Package subscription gives calendar programs the tickets that somebody has to look after, as events.
package subscription

import (
	"net/http"

	"postroom/api/rest"
)

// Room answers requests of calendar programs.
type Room struct{ *rest.House }

// New returns a Room of a house.
func New(house *rest.House) *Room { return &Room{house} }

// Routes are the addresses to subscribe to. They are short ones beside the API's, for people type
// them in; programs ask for name and password when they are told to.
func (s *Room) Routes(t *rest.Table) {
	own := rest.Needs("user_preferences.calendar")
	own.Prompt = true
	for _, path := range []string{"/ical", "/calendar_subscriptions"} {
		for _, what := range []string{"", "/{object}", "/{object}/{method}"} {
			for _, method := range []string{http.MethodGet, "PROPFIND"} { // some programs begin with the latter
				t.Handle(method+" "+path+what, own, s.send).GivesFile(mediaType)
			}
		}
	}
}
