package tickets

import (
	"context"
	"net/http"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/store"
)

func (s *Room) searchTickets(w http.ResponseWriter, r *http.Request) error {
	ctx, who := r.Context(), rest.Caller(r)
	p, page, err := rest.ListParams(r, rest.SearchPages)
	if err != nil {
		return err
	}
	search, err := ticketSearch(p, who.TicketAccess().Lists(), page)
	if err != nil {
		return err
	}
	if p.Flag("only_total_count") {
		count, err := s.Store.CountTickets(ctx, search)
		if err != nil {
			return err
		}
		return rest.Reply(w, r, rest.Record{{"total_count", count}})
	}
	tickets, err := s.Store.SearchTickets(ctx, search)
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
func ticketSearch(p rest.Params, scope desk.TicketScope, page store.Page) (store.TicketSearch, error) {
	search := store.TicketSearch{Scope: scope, Page: page}
	if !p.Blank("condition") { // leaving it out would find what nobody asked for
		return search, rest.Invalid("condition", "Searching by 'condition' is not supported yet, use 'query'.")
	}
	search.Words = rest.WordsOf(p)
	if !p.Blank("ids") {
		ids, err := rest.IDsIn[desk.TicketID](p, "ids")
		if err != nil {
			return search, err
		}
		search.IDs = ids
	}
	var err error
	search.Order, err = rest.Ordering(p, store.TicketColumns(), true)
	return search, err
}

func (s *Room) showFound(ctx context.Context, who *desk.Caller, tickets []desk.Ticket, p rest.Params, search store.TicketSearch) (any, error) {
	if rest.ShapeOf(p) == rest.ShapePlain && (rest.WantsChoices(p)) {
		return ticketLabels(tickets), nil
	}
	shown, err := s.showTicketsAs(ctx, who, tickets, p, withIDs)
	full, isFull := shown.(rest.Record)
	if err != nil || !isFull {
		return shown, err
	}
	count, err := s.Store.CountTickets(ctx, search)
	full.Add("total_count", count)
	return full, err
}

// ticketLabels shows tickets as what a field for choosing one needs.
func ticketLabels(tickets []desk.Ticket) []rest.Record {
	labels := make([]rest.Record, len(tickets))
	for i, t := range tickets {
		labels[i] = rest.Record{{"id", t.ID}, {"label", t.Title}, {"value", t.Title}}
	}
	return labels
}
