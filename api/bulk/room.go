// Package bulk changes many tickets in one request.
package bulk

import (
	"context"

	"postroom/api/rest"
	"postroom/api/shown"
	"postroom/internal/desk"
	"postroom/internal/store"
)

// Tickets changes one ticket, as the room does that answers for tickets.
type Tickets interface {
	// Change makes what somebody wants of a ticket, with the article that came along.
	Change(ctx context.Context, tx *store.Store, in *rest.Input, id desk.TicketID) error
	// Destroy deletes a ticket if somebody may.
	Destroy(ctx context.Context, tx *store.Store, who *desk.Caller, id desk.TicketID) error
}

// Room answers requests about many tickets.
type Room struct {
	*rest.House
	tickets Tickets
	shown   *shown.Tickets
}

// New returns a Room of a house.
func New(house *rest.House, tickets Tickets, shown *shown.Tickets) *Room {
	return &Room{house, tickets, shown}
}

// Routes are the addresses for many tickets. Which of them a caller may change is decided by the ticket.
func (s *Room) Routes(t *rest.Table) {
	changed := rest.Record{{"ticket_ids", []int64{}}, {"assets", rest.Record{}}}
	t.Handle("POST /api/v1/tickets/mass_update", rest.Login, s.updateMany).
		Takes(rest.Record{{"ticket_ids", []int64{}}, {"attributes", rest.Record{}}, {"article", shown.ArticleBody}}).Gives(changed)
	t.Handle("POST /api/v1/tickets/mass_macro", rest.Login, s.runMacro).
		Takes(rest.Record{{"ticket_ids", []int64{}}, {"macro_id", int64(0)}}).Gives(changed)
}
