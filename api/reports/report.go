package reports

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/store/library"
	"postroom/internal/store/reports"
	"postroom/internal/store/table"
)

// Bounds on what one answer holds.
const (
	mostProfiles = 500
	mostShown    = 100  // tickets
	mostSaved    = 6000 // tickets in a sheet
)

// showConfig answers with what can be asked for.
func (s *Room) showConfig(w http.ResponseWriter, r *http.Request) error {
	found, err := library.ReportProfiles.List(r.Context(), s.Store.DB,
		table.Filter[desk.ReportProfileID]{OnlyActive: true}, nil, table.Page{Limit: mostProfiles})
	if err != nil {
		return err
	}
	profiles := make([]rest.Record, len(found))
	for i, v := range found {
		profiles[i] = rest.Record{{"id", v.ID}, {"name", v.Name}, {"condition", v.Condition}, {"active", v.Active}}.Stamped(v.Stamp)
	}
	shown := rest.Record{}
	for _, m := range metrics() {
		shown = shown.With(m.name, m.record())
	}
	return rest.Reply(w, r, rest.Record{{"config", rest.Record{{"metric", shown}}}, {"profiles", profiles}})
}

// generate answers with the numbers of all lines of a metric. Clients say which they show, and ask once for all.
func (s *Room) generate(w http.ResponseWriter, r *http.Request) error {
	q, err := s.question(r)
	if err != nil {
		return err
	}
	counted, err := s.count(r.Context(), q)
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, rest.Record{{"data", counted}})
}

// count returns the numbers of all lines.
func (s *Room) count(ctx context.Context, q *question) (rest.Record, error) {
	var names []string
	var asked []reports.Events
	for _, l := range q.metric.lines {
		if events, some := q.events(l); some && !l.less {
			names, asked = append(names, l.name), append(asked, events)
		}
	}
	counts, err := s.Finder.CountEvents(ctx, asked, q.moments)
	if err != nil {
		return nil, err
	}
	counted := make(map[string][]int, len(names))
	for i, name := range names {
		counted[name] = counts[i]
	}
	shown := rest.Record{}
	for _, l := range q.metric.lines {
		numbers, some := counted[l.name]
		switch {
		case l.less:
			numbers = left(counted["created"], counted["closed"])
		case !some:
			numbers = make([]int, len(q.moments)-1)
		}
		shown = shown.With(l.name, numbers)
	}
	return shown, nil
}

// left is what is open at the end of each slot of all that was made since the first.
func left(made, closed []int) []int {
	all, open := make([]int, len(made)), 0
	for i := range made {
		open += made[i] - closed[i]
		all[i] = open
	}
	return all
}

// showSet answers with the tickets that a line counted, as JSON or as a file for a spreadsheet.
func (s *Room) showSet(w http.ResponseWriter, r *http.Request) error {
	// Links of older clients have semicolons between the parameters.
	r.URL.RawQuery = strings.ReplaceAll(r.URL.RawQuery, ";", "&")
	q, err := s.question(r)
	if err != nil {
		return err
	}
	l, err := q.metric.lineIn(q.asked.Params)
	if err != nil {
		return err
	}
	limit, sheet := mostShown, q.asked.Params.Flag("sheet")
	if sheet {
		limit = mostSaved
	}
	var listed reports.Listed
	if events, some := q.events(l); some && l.listed() {
		listed, err = s.Finder.TicketsOfEvents(r.Context(), events, q.moments[0], q.moments[len(q.moments)-1], limit)
		if err != nil {
			return err
		}
	}
	tickets, err := s.ticketsOf(r.Context(), listed.IDs)
	if err != nil {
		return err
	}
	if sheet {
		return s.writeSheet(w, r, q, l, tickets)
	}
	assets, err := s.tickets.Assets(r.Context(), q.asked.Who, tickets)
	if err != nil {
		return err
	}
	ids := make([]desk.TicketID, len(tickets)) // an engine may not have heard yet that one is gone
	for i, t := range tickets {
		ids[i] = t.ID
	}
	return rest.WriteJSON(w, http.StatusOK, rest.Record{{"count", listed.Total}, {"ticket_ids", ids}, {"assets", assets}})
}

// ticketsOf returns tickets in the order of their ids, the newest first.
func (s *Room) ticketsOf(ctx context.Context, ids []desk.TicketID) ([]desk.Ticket, error) {
	found, err := s.Store.TicketsByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	return slices.SortedFunc(maps.Values(found), func(a, b desk.Ticket) int { return int(b.ID - a.ID) }), nil
}
