// Package firststeps shows whoever begins with a helpdesk what to do first, and lets them try it.
package firststeps

import (
	"context"

	"postroom/api/rest"
	"postroom/api/shown"
	"postroom/internal/desk"
)

// Tickets makes tickets as the room does that answers for them.
type Tickets interface {
	Make(ctx context.Context, in *rest.Input) (desk.Ticket, error)
}

// Room answers requests about first steps.
type Room struct {
	*rest.House
	tickets Tickets
	shown   *shown.Tickets
}

// New returns a Room of a house.
func New(house *rest.House, tickets Tickets, shown *shown.Tickets) *Room {
	return &Room{house, tickets, shown}
}

// Routes are the addresses of first steps. Customers have nothing to set up: their list is empty.
func (s *Room) Routes(t *rest.Table) {
	item := rest.Record{{"name", ""}, {"checked", false}, {"location", ""}, {"class", ""}}
	t.Handle("GET /api/v1/first_steps", rest.Login, s.list).Gives([]any{rest.Record{{"name", ""}, {"items", []any{item}}}})
	t.Handle("POST /api/v1/first_steps/test_ticket", rest.Needs("ticket.agent", "admin"), s.makeTestTicket).
		Gives(rest.Record{{"overview", rest.Record{}}, {"ticket_id", int64(0)}, {"assets", rest.Record{}}})
}
