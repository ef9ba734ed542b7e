package tickets

import (
	"net/http"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/store"
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
	assets, err := s.Assets(ctx, who, []desk.Ticket{ticket}, historyAuthors(entries)...)
	if err != nil {
		return err
	}
	history := make([]rest.Record, len(entries))
	for i, entry := range entries {
		history[i] = historyRecord(entry)
	}
	return rest.Reply(w, r, rest.Record{{"history", history}, {"assets", assets}})
}

func historyAuthors(entries []store.HistoryEntry) []desk.UserID {
	authors := make([]desk.UserID, len(entries))
	for i, entry := range entries {
		authors[i] = entry.By
	}
	return authors
}

// historyRecord shows one line of history. Which keys there are depends on the line.
func historyRecord(e store.HistoryEntry) rest.Record {
	r := rest.Record{
		{"id", e.ID}, {"o_id", e.OID}, {"object", e.Object}, {"type", e.Type},
		{"created_at", e.CreatedAt}, {"created_by_id", e.By},
		{"sourceable_type", nil}, {"sourceable_id", nil}, {"sourceable_name", nil},
	}
	if e.Attribute != "" {
		r.Add("attribute", e.Attribute)
	} else {
		r.Add("history_attribute_id", nil)
	}
	if e.RelatedObject != "" {
		r.Add("related_object", e.RelatedObject)
	} else {
		r.Add("related_history_object_id", nil)
	}
	if e.RelatedOID != 0 {
		r.Add("related_o_id", e.RelatedOID)
	}
	if e.ValueFrom != "" || e.ValueTo != "" {
		r.Add("value_from", e.ValueFrom)
		r.Add("value_to", e.ValueTo)
	}
	if e.IDFrom != nil || e.IDTo != nil {
		r.Add("id_from", e.IDFrom)
		r.Add("id_to", e.IDTo)
	}
	return r
}
