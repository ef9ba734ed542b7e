// Package longpoll tells pages what happens while they look on, if they can't keep a connection open:
// they ask, and are answered when there is something to say.
package longpoll

import (
	"postroom/api/rest"
	"postroom/internal/live"
)

// Room answers requests of such pages.
type Room struct {
	*rest.House
	version string // of the API
	take    live.Take
	turns   chan struct{}
}

// waiting is how many pages wait at once in one process, unless it answers fewer requests anyway.
const waiting = 200

// New returns a Room of a house that answers so many requests at once; 0: as many as there are. take is
// asked what events mean that are about more than the page.
func New(house *rest.House, version string, take live.Take, requests int) *Room {
	turns := waiting
	if requests > 0 {
		turns = min(waiting, requests/2) // others want to be answered, too
	}
	return &Room{house, version, take, make(chan struct{}, turns)}
}

// Routes are the addresses of pages. Whoever is signed in is told of more.
func (s *Room) Routes(t *rest.Table) {
	sent := rest.Record{{"client_id", ""}}
	events := rest.AnyOf{[]any{rest.Record{{"event", ""}, {"data", nil}}}, rest.Record{{"event", ""}}}
	t.Handle("GET /api/v1/message_send", rest.Known, s.send).Asks("client_id", "data").Gives(sent)
	t.Handle("POST /api/v1/message_send", rest.Known, s.send).Takes(rest.Record{{"client_id", ""}, {"data", rest.Record{{"event", ""}}}}).Gives(sent)
	t.Handle("GET /api/v1/message_receive", rest.Known, s.receive).Asks("client_id").Gives(events)
	t.Handle("POST /api/v1/message_receive", rest.Known, s.receive).Takes(rest.Record{{"client_id", ""}}).Gives(events)
}
