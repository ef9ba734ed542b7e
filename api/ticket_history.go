package api

import (
	"net/http"

	"postroom/internal/desk"
	"postroom/internal/store"
)

func (s *Server) getTicketHistory(w http.ResponseWriter, r *http.Request) error {
	ctx, who := r.Context(), caller(r)
	id, err := pathID[desk.TicketID](r, "id", "Ticket")
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
	assets, err := s.ticketAssets(ctx, who, []desk.Ticket{ticket}, historyAuthors(entries)...)
	if err != nil {
		return err
	}
	history := make([]record, len(entries))
	for i, entry := range entries {
		history[i] = historyRecord(entry)
	}
	return reply(w, r, record{{"history", history}, {"assets", assets}})
}

func historyAuthors(entries []store.HistoryEntry) []desk.UserID {
	authors := make([]desk.UserID, len(entries))
	for i, entry := range entries {
		authors[i] = entry.By
	}
	return authors
}

// historyRecord shows one line of history. Which keys there are depends on the line.
func historyRecord(e store.HistoryEntry) record {
	r := record{
		{"id", e.ID}, {"o_id", e.OID}, {"object", e.Object}, {"type", e.Type},
		{"created_at", e.CreatedAt}, {"created_by_id", e.By},
		{"sourceable_type", nil}, {"sourceable_id", nil}, {"sourceable_name", nil},
	}
	if e.Attribute != "" {
		r.add("attribute", e.Attribute)
	} else {
		r.add("history_attribute_id", nil)
	}
	if e.RelatedObject != "" {
		r.add("related_object", e.RelatedObject)
	} else {
		r.add("related_history_object_id", nil)
	}
	if e.RelatedOID != 0 {
		r.add("related_o_id", e.RelatedOID)
	}
	if e.ValueFrom != "" || e.ValueTo != "" {
		r.add("value_from", e.ValueFrom)
		r.add("value_to", e.ValueTo)
	}
	if e.IDFrom != nil || e.IDTo != nil {
		r.add("id_from", e.IDFrom)
		r.add("id_to", e.IDTo)
	}
	return r
}
