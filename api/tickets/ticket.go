package tickets

import (
	"context"
	"net/http"

	"postroom/api/rest"
	"postroom/api/shown"
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
	answer, err := s.shown.As(ctx, who, tickets, p, shown.ColumnsOnly)
	if err != nil {
		return err
	}
	return rest.Reply(w, r, answer)
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
	answer, err := s.showTicketAs(r.Context(), rest.Caller(r), ticket, p, shown.ColumnsOnly)
	if err != nil {
		return err
	}
	return rest.Reply(w, r, answer)
}

// showTicketAs shows a ticket in the shape the parameters ask for; otherwise is how much of it is
// shown where they don't.
func (s *Room) showTicketAs(ctx context.Context, who *desk.Caller, ticket desk.Ticket, p rest.Params, otherwise shown.Detail) (any, error) {
	if rest.ShapeOf(p) == rest.ShapePlain && p.Flag("all") {
		return s.showWholeTicket(ctx, who, ticket)
	}
	return s.shown.OneAs(ctx, who, ticket, p, otherwise)
}

// deleteTicket answers with nothing at all: a client insists on it.
func (s *Room) deleteTicket(w http.ResponseWriter, r *http.Request) error {
	ctx, who := r.Context(), rest.Caller(r)
	id, err := rest.PathID[desk.TicketID](r, "id", "Ticket")
	if err != nil {
		return err
	}
	err = s.Store.InTx(ctx, func(tx *store.Store) error { return s.Destroy(ctx, tx, who, id) })
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(http.StatusOK)
	return nil
}

// Destroy deletes a ticket if somebody may, with everything that belongs to it.
func (s *Room) Destroy(ctx context.Context, tx *store.Store, who *desk.Caller, id desk.TicketID) error {
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
}
