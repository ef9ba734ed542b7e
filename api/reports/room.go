// Package reports answers how many tickets there were of what kind in which stretch of time.
package reports

import (
	"context"

	"postroom/api/rest"
	"postroom/internal/desk"
)

// Tickets shows tickets as the room does that answers for them.
type Tickets interface {
	// Assets are tickets with everything they refer to.
	Assets(ctx context.Context, who *desk.Caller, tickets []desk.Ticket, more ...desk.UserID) (rest.Record, error)
}

// Room answers requests about reports.
type Room struct {
	*rest.House
	tickets Tickets
}

// New returns a Room of a house.
func New(house *rest.House, tickets Tickets) *Room { return &Room{house, tickets} }

// Routes are the addresses of reports. Who may see reports sees those of all tickets.
func (s *Room) Routes(t *rest.Table) {
	readers := rest.Needs("report")
	question := rest.Record{
		{"metric", ""}, {"timeRange", ""}, {"year", 0}, {"month", 0}, {"week", 0}, {"day", 0}, {"timezone", ""},
		{"profiles", map[string]any{}}, {"profile_id", 0}, {"backends", map[string]any{}},
	}
	download := question.With("downloadBackendSelected", "").With("sheet", false)
	tickets := rest.Record{{"count", 0}, {"ticket_ids", []int64{}}, {"assets", rest.Record{}}}
	const sets = "/api/v1/reports/sets"
	t.Handle("GET /api/v1/reports/config", readers, s.showConfig).
		Gives(rest.Record{{"config", rest.Record{}}, {"profiles", []any{rest.Record{}}}})
	t.Handle("POST /api/v1/reports/generate", readers, s.generate).Takes(question).
		Gives(rest.Record{{"data", rest.Record{}}})
	t.Handle("POST "+sets, readers, s.showSet).Takes(download).Gives(tickets)
	t.Handle("GET "+sets, readers, s.showSet).Gives(tickets).
		Asks("metric", "timeRange", "year", "month", "week", "day", "timezone", "profile_id", "downloadBackendSelected", "sheet")
}
