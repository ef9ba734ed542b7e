package api

import (
	"context"
	"net/http"

	"postroom/internal/desk"
	"postroom/internal/store"
)

func (s *Server) searchTickets(w http.ResponseWriter, r *http.Request) error {
	ctx, who := r.Context(), caller(r)
	p, page, err := listParams(r, searchPages)
	if err != nil {
		return err
	}
	search, err := ticketSearch(p, who.TicketAccess().Lists(), page)
	if err != nil {
		return err
	}
	if p.flag("only_total_count") {
		count, err := s.Store.CountTickets(ctx, search)
		if err != nil {
			return err
		}
		return reply(w, r, record{{"total_count", count}})
	}
	tickets, err := s.Store.SearchTickets(ctx, search)
	if err != nil {
		return err
	}
	found, err := s.showFound(ctx, who, tickets, p, search)
	if err != nil {
		return err
	}
	return reply(w, r, found)
}

// ticketSearch reads what to search for.
func ticketSearch(p params, scope desk.TicketScope, page store.Page) (store.TicketSearch, error) {
	search := store.TicketSearch{Scope: scope, Page: page}
	if !p.blank("condition") { // leaving it out would find what nobody asked for
		return search, invalid("condition", "Searching by 'condition' is not supported yet, use 'query'.")
	}
	search.Words = wordsOf(p)
	if !p.blank("ids") {
		ids, err := idsIn[desk.TicketID](p, "ids")
		if err != nil {
			return search, err
		}
		search.IDs = ids
	}
	var err error
	search.Order, err = ordering(p, store.TicketColumns(), true)
	return search, err
}

func (s *Server) showFound(ctx context.Context, who *desk.Caller, tickets []desk.Ticket, p params, search store.TicketSearch) (any, error) {
	if shapeOf(p) == shapePlain && (wantsChoices(p)) {
		return ticketLabels(tickets), nil
	}
	shown, err := s.showTicketsAs(ctx, who, tickets, p, withIDs)
	full, isFull := shown.(record)
	if err != nil || !isFull {
		return shown, err
	}
	count, err := s.Store.CountTickets(ctx, search)
	full.add("total_count", count)
	return full, err
}

// ticketLabels shows tickets as what a field for choosing one needs.
func ticketLabels(tickets []desk.Ticket) []record {
	labels := make([]record, len(tickets))
	for i, t := range tickets {
		labels[i] = record{{"id", t.ID}, {"label", t.Title}, {"value", t.Title}}
	}
	return labels
}
