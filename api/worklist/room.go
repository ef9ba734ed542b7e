// Package worklist finds the tickets that somebody has to do with: by overviews, searches, and those
// beside a ticket.
package worklist

import (
	"postroom/api/rest"
	"postroom/api/shown"
	"postroom/internal/store/lookup"
)

// Room answers requests for tickets that are not named.
type Room struct {
	*rest.House
	shown *shown.Tickets
}

// New returns a Room of a house.
func New(house *rest.House, shown *shown.Tickets) *Room { return &Room{house, shown} }

// What answers look like to whoever reads the OpenAPI document.
var (
	foundSample = append(rest.AnyOf{
		[]any{rest.Record{{"id", int64(0)}, {"label", ""}, {"value", ""}}}, rest.Record{{"total_count", 0}},
	}, shown.TicketsSample...)

	ofOneSample      = rest.Record{{"closed_ids", []int64{}}, {"open_ids", []int64{}}, {"volume_by_year", []any{volumeRecords(make([]lookup.MonthVolume, 1))[0]}}}
	statisticsSample = rest.Record{{"user", ofOneSample}, {"organization", ofOneSample}, {"assets", rest.Record{}}}
)

// Routes are the addresses of lists of tickets. Which of them a caller sees is decided by the ticket.
func (s *Room) Routes(t *rest.Table) {
	agent := rest.Needs("ticket.agent")
	t.Handle("GET /api/v1/tickets/search", rest.Login, s.searchTickets).Asks(rest.SearchQuery...).Gives(foundSample)
	t.Handle("POST /api/v1/tickets/search", rest.Login, s.searchTickets).Takes(rest.SearchBody).Gives(foundSample)
	t.Handle("GET /api/v1/ticket_customer", agent, s.showCustomerTickets).Asks("customer_id").
		Gives(rest.Record{{"ticket_ids_open", []int64{}}, {"ticket_ids_closed", []int64{}}, {"assets", rest.Record{}}})
	t.Handle("GET /api/v1/ticket_related/{ticket_id}", agent, s.showRelatedTickets).
		Gives(rest.Record{{"assets", rest.Record{}}, {"ticket_ids_by_customer", []int64{}}, {"ticket_ids_recent_viewed", []int64{}}})
	t.Handle("GET /api/v1/ticket_recent", agent, s.showRecentTickets).Gives(rest.Record{{"assets", rest.Record{}}, {"ticket_ids_recent_viewed", []int64{}}})
	overview := rest.Record{{"id", int64(0)}, {"name", ""}, {"prio", 0}, {"link", ""}, {"count", 0}}
	t.Handle("GET /api/v1/ticket_overviews", rest.Login, s.showOverviews).Asks("view").
		Gives(rest.AnyOf{[]any{overview}, rest.Record{{"assets", rest.Record{}}, {"index", rest.Record{}}}})
	t.Handle("GET /api/v1/ticket_stats", rest.Login, s.showStatistics).Asks("user_id", "organization_id").Gives(statisticsSample)
	t.Handle("POST /api/v1/ticket_stats", rest.Login, s.showStatistics).
		Takes(rest.Record{{"user_id", int64(0)}, {"organization_id", int64(0)}}).Gives(statisticsSample)
}
