package tickets

import (
	"net/http"

	"postroom/api/rest"
	"postroom/internal/desk"
)

func (s *Room) getTicketHistory(w http.ResponseWriter, r *http.Request) error {
	ctx, who := r.Context(), rest.Caller(r)
	id, err := rest.PathID[desk.TicketID](r, "id", "Ticket")
	if err != nil {
		return err
	}
	ticket, err := s.Store.Ticket(ctx, id)
	if err != nil {
		return err
	}
	if err := who.TicketAccess().MayReadAsAgent(ticket); err != nil {
		return err
	}
	entries, err := s.Store.HistoryOf(ctx, id)
	if err != nil {
		return err
	}
	history, authors := rest.History(entries)
	assets, err := s.shown.Assets(ctx, who, []desk.Ticket{ticket}, authors...)
	if err != nil {
		return err
	}
	return rest.Reply(w, r, rest.Record{{"history", history}, {"assets", assets}})
}
