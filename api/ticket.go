package api

import (
	"context"
	"net/http"

	"postroom/internal/desk"
	"postroom/internal/store"
)

func (s *Server) listTickets(w http.ResponseWriter, r *http.Request) error {
	ctx, who := r.Context(), caller(r)
	p, page, err := listParams(r, ticketPages)
	if err != nil {
		return err
	}
	tickets, err := s.Store.ListTickets(ctx, who.TicketAccess().Lists(), page)
	if err != nil {
		return err
	}
	shown, err := s.showTicketsAs(ctx, who, tickets, p, columnsOnly)
	if err != nil {
		return err
	}
	return reply(w, r, shown)
}

// showTicketsAs shows a list of tickets in the shape the parameters ask for; otherwise is the one
// for those that don't.
func (s *Server) showTicketsAs(ctx context.Context, who *desk.Caller, tickets []desk.Ticket, p params, otherwise detail) (any, error) {
	switch shapeOf(p) {
	case shapeExpand:
		return s.showTickets(ctx, who, tickets, withNames)
	case shapeFull:
		assets, err := s.ticketAssets(ctx, who, tickets)
		if err != nil {
			return nil, err
		}
		ids := make([]desk.TicketID, len(tickets))
		for i, t := range tickets {
			ids[i] = t.ID
		}
		return record{{"record_ids", ids}, {"assets", assets}}, nil
	}
	return s.showTickets(ctx, who, tickets, otherwise)
}

func (s *Server) getTicket(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID[desk.TicketID](r, "id", "Ticket")
	if err != nil {
		return err
	}
	p, err := readParams(r)
	if err != nil {
		return err
	}
	ticket, err := s.Store.Ticket(r.Context(), id)
	if err != nil {
		return err
	}
	if err := caller(r).TicketAccess().MayShow(ticket); err != nil {
		return err
	}
	shown, err := s.showTicketAs(r.Context(), caller(r), ticket, p, columnsOnly)
	if err != nil {
		return err
	}
	return reply(w, r, shown)
}

// showTicketAs is showTicketsAs for one ticket.
func (s *Server) showTicketAs(ctx context.Context, who *desk.Caller, ticket desk.Ticket, p params, otherwise detail) (any, error) {
	switch shapeOf(p) {
	case shapeExpand:
		return s.showTicket(ctx, who, ticket, withNames)
	case shapeFull:
		assets, err := s.ticketAssets(ctx, who, []desk.Ticket{ticket})
		return record{{"id", ticket.ID}, {"assets", assets}}, err
	}
	if p.flag("all") {
		return s.showWholeTicket(ctx, who, ticket)
	}
	return s.showTicket(ctx, who, ticket, otherwise)
}

// deleteTicket answers with nothing at all: a client insists on it.
func (s *Server) deleteTicket(w http.ResponseWriter, r *http.Request) error {
	ctx, who := r.Context(), caller(r)
	id, err := pathID[desk.TicketID](r, "id", "Ticket")
	if err != nil {
		return err
	}
	err = s.Store.InTx(ctx, func(tx *store.Store) error {
		ticket, err := tx.LockTicket(ctx, id)
		if err != nil {
			return err
		}
		if err := who.TicketAccess().MayDestroy(ticket); err != nil {
			return err
		}
		blobs, err := tx.DeleteTicket(ctx, id)
		if err != nil {
			return err
		}
		return releaseBlobs(ctx, tx, blobs)
	})
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(http.StatusOK)
	return nil
}
