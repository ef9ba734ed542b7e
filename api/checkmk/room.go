// Package checkmk takes in what Checkmk reports about hosts and services.
//
// A problem opens a ticket, or adds a note to the one that is open about the same service of the same
// host; a recovery closes it. Who reports shows that it may by the token in the path.
package checkmk

import (
	"context"

	"golang.org/x/time/rate"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/store"
)

// Describe writes the attributes of a ticket that somebody sent into a new one.
type Describe func(ctx context.Context, tx *store.Store, in *rest.Input, t *desk.Ticket) error

// Room answers Checkmk.
type Room struct {
	*rest.House
	describe Describe
	refused  *rate.Limiter // entries in the http log about strangers
}

// New returns a Room of a house.
func New(house *rest.House, describe Describe) *Room {
	return &Room{House: house, describe: describe, refused: rate.NewLimiter(1, 10)}
}

// Routes are the addresses of the room.
func (s *Room) Routes(t *rest.Table) {
	t.Handle("POST /api/v1/integration/check_mk/{token}", rest.Webhook, s.take).
		Takes(rest.Record{{"event_id", nil}, {"host", ""}, {"service", ""}, {"state", ""}, {"text", ""}, {"customer", ""}}).
		Gives(rest.AnyOf{
			rest.Record{{"result", ""}, {"ticket_id", desk.TicketID(0)}, {"ticket_number", ""}},
			rest.Record{{"result", ""}, {"ticket_ids", []desk.TicketID{}}},
			rest.Record{{"result", ""}},
		})
}
