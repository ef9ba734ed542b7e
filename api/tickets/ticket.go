package tickets

import (
	"context"
	"net/http"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/store"
)

func (s *Room) listTickets(w http.ResponseWriter, r *http.Request) error {
	ctx, who := r.Context(), rest.Caller(r)
	p, page, err := rest.ListParams(r, rest.TicketPages)
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
	return rest.Reply(w, r, shown)
}

// showTicketsAs shows a list of tickets in the shape the parameters ask for; otherwise is the one
// for those that don't.
func (s *Room) showTicketsAs(ctx context.Context, who *desk.Caller, tickets []desk.Ticket, p rest.Params, otherwise detail) (any, error) {
	switch rest.ShapeOf(p) {
	case rest.ShapeExpand:
		return s.showTickets(ctx, who, tickets, withNames)
	case rest.ShapeFull:
		assets, err := s.Assets(ctx, who, tickets)
		if err != nil {
			return nil, err
		}
		ids := make([]desk.TicketID, len(tickets))
		for i, t := range tickets {
			ids[i] = t.ID
		}
		return rest.Record{{"record_ids", ids}, {"assets", assets}}, nil
	}
	return s.showTickets(ctx, who, tickets, otherwise)
}

func (s *Room) getTicket(w http.ResponseWriter, r *http.Request) error {
	id, err := rest.PathID[desk.TicketID](r, "id", "Ticket")
	if err != nil {
		return err
	}
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	ticket, err := s.Store.Ticket(r.Context(), id)
	if err != nil {
		return err
	}
	if err := rest.Caller(r).TicketAccess().MayShow(ticket); err != nil {
		return err
	}
	if !p.Blank("auto_assign") {
		if ticket, err = s.autoAssign(r.Context(), rest.Caller(r), ticket); err != nil {
			return err
		}
	}
	shown, err := s.showTicketAs(r.Context(), rest.Caller(r), ticket, p, columnsOnly)
	if err != nil {
		return err
	}
	return rest.Reply(w, r, shown)
}

// showTicketAs is showTicketsAs for one ticket.
func (s *Room) showTicketAs(ctx context.Context, who *desk.Caller, ticket desk.Ticket, p rest.Params, otherwise detail) (any, error) {
	switch rest.ShapeOf(p) {
	case rest.ShapeExpand:
		return s.showTicket(ctx, who, ticket, withNames)
	case rest.ShapeFull:
		assets, err := s.Assets(ctx, who, []desk.Ticket{ticket})
		return rest.Record{{"id", ticket.ID}, {"assets", assets}}, err
	}
	if p.Flag("all") {
		return s.showWholeTicket(ctx, who, ticket)
	}
	return s.showTicket(ctx, who, ticket, otherwise)
}

// deleteTicket answers with nothing at all: a client insists on it.
func (s *Room) deleteTicket(w http.ResponseWriter, r *http.Request) error {
	ctx, who := r.Context(), rest.Caller(r)
	id, err := rest.PathID[desk.TicketID](r, "id", "Ticket")
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
