package rest

import (
	"postroom/internal/desk"
	"postroom/internal/store/tickets"
)

// HistorySample is what an answer with the history of a record looks like.
var HistorySample = Record{{"history", []any{Model{Name: "History", Value: historyRecord(tickets.HistoryEntry{})}}}, {"assets", Record{}}}

// History shows the history of a record, and tells who made it.
func History(entries []tickets.HistoryEntry) (shown []Record, authors []desk.UserID) {
	shown, authors = make([]Record, len(entries)), make([]desk.UserID, len(entries))
	for i, entry := range entries {
		shown[i], authors[i] = historyRecord(entry), entry.By
	}
	return shown, authors
}

// historyRecord shows one line of history. Which keys there are depends on the line.
func historyRecord(e tickets.HistoryEntry) Record {
	r := Record{
		{"id", e.ID}, {"o_id", e.OID}, {"object", e.Object}, {"type", e.Type},
		{"created_at", e.CreatedAt}, {"created_by_id", e.By},
	}
	if e.Source.Type != "" {
		r.Add("sourceable_type", e.Source.Type)
		r.Add("sourceable_id", e.Source.ID)
		r.Add("sourceable_name", e.Source.Name)
	} else {
		r.Add("sourceable_type", nil)
		r.Add("sourceable_id", nil)
		r.Add("sourceable_name", nil)
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
