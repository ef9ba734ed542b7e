package worklist

import (
	"context"
	"net/http"

	"postroom/api/rest"
	"postroom/api/shown"
	"postroom/internal/desk"
	"postroom/internal/rules"
	"postroom/internal/store/lookup"
	"postroom/internal/store/table"
)

func (s *Room) searchTickets(w http.ResponseWriter, r *http.Request) error {
	ctx, who := r.Context(), rest.Caller(r)
	p, page, err := rest.ListParams(r, rest.SearchPages)
	if err != nil {
		return err
	}
	catalog, err := s.Catalog(r)
	if err != nil {
		return err
	}
	search, err := s.ticketSearch(r, p, page, catalog)
	if err != nil {
		return err
	}
	if p.Flag("only_total_count") {
		count, err := s.Finder.CountTickets(ctx, search)
		if err != nil {
			return err
		}
		return rest.Reply(w, r, rest.Record{{"total_count", count}})
	}
	tickets, err := s.Finder.Tickets(ctx, search)
	if err != nil {
		return err
	}
	found, err := s.showFound(ctx, who, tickets, p, search)
	if err != nil {
		return err
	}
	return rest.Reply(w, r, found)
}

// ticketSearch reads what to search for.
func (s *Room) ticketSearch(r *http.Request, p rest.Params, page table.Page, c *desk.Catalog) (lookup.Search, error) {
	search := lookup.Search{Scope: rest.Caller(r).TicketAccess().Lists(), Page: page}
	var err error
	if search.Search, err = s.Search(r, p, rules.TicketAttributes(c)); err != nil {
		return search, err
	}
	if search.IDs, err = rest.OnlyIDs[desk.TicketID](p); err != nil {
		return search, err
	}
	search.Order, err = rest.OrderingBy(p, lookup.SortColumns(), c.CustomAttributes("Ticket"), true)
	return search, err
}

func (s *Room) showFound(ctx context.Context, who *desk.Caller, tickets []desk.Ticket, p rest.Params, search lookup.Search) (any, error) {
	if rest.ShapeOf(p) == rest.ShapePlain && (rest.WantsChoices(p)) {
		return ticketLabels(tickets), nil
	}
	answer, err := s.shown.As(ctx, who, tickets, p, shown.WithIDs)
	if err != nil {
		return nil, err
	}
	full, isFull := answer.(rest.Record)
	if isFull {
		count, err := s.Finder.CountTickets(ctx, search)
		if err != nil {
			return nil, err
		}
		full.Add("total_count", count)
		answer = full
	}
	if !rest.WantsHighlights(p) {
		return answer, nil
	}
	found, err := s.Finder.Highlights(ctx, search, tickets)
	if err != nil {
		return nil, err
	}
	if isFull {
		return full.With("highlights", rest.HighlightsByID(plainIDs(tickets), found)), nil
	}
	if records, listed := answer.([]rest.Record); listed {
		rest.AddHighlights(records, plainIDs(tickets), found)
	}
	return answer, nil
}

func plainIDs(tickets []desk.Ticket) []int64 {
	ids := make([]int64, len(tickets))
	for i, t := range tickets {
		ids[i] = int64(t.ID)
	}
	return ids
}

// ticketLabels shows tickets as what a field for choosing one needs.
func ticketLabels(tickets []desk.Ticket) []rest.Record {
	labels := make([]rest.Record, len(tickets))
	for i, t := range tickets {
		labels[i] = rest.Record{{"id", t.ID}, {"label", t.Title}, {"value", t.Title}}
	}
	return labels
}
