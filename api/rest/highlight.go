package rest

import (
	"postroom/internal/finder"
	"postroom/internal/wording"
)

// WantsHighlights reads whether a search shall say where it found what.
func WantsHighlights(p Params) bool { return p.Flag("highlight") }

// AddHighlights adds to each record of a list where it was found.
func AddHighlights(records []Record, ids []int64, found map[int64]finder.Highlight) {
	for i := range records {
		records[i].Add("highlight", highlightOf(ids[i], found))
	}
}

// HighlightsByID are those of some records, as clients look them up.
func HighlightsByID(ids []int64, found map[int64]finder.Highlight) Record {
	byID := Record{}
	for _, id := range ids {
		byID.Add(IDText(id), highlightOf(id, found))
	}
	return byID
}

// highlightOf is never null: clients look into it.
func highlightOf(id int64, found map[int64]finder.Highlight) finder.Highlight {
	if h := found[id]; h != nil {
		return h
	}
	return finder.Highlight{}
}

// highlights looks for the view's marks in what the caller is shown of records.
func (v View[T]) highlights(items []T, records []Record) map[int64]finder.Highlight {
	marker, found := wording.NewMarker(v.Marks), make(map[int64]finder.Highlight, len(items))
	for i, item := range items {
		all := finder.Highlight{}
		for _, field := range v.Texts {
			text, _ := records[i].Get(field).(string)
			if known, ok := records[i].Get(field).(*string); ok && known != nil {
				text = *known
			}
			if passages := marker.Passages(field, text); len(passages) > 0 {
				all[field] = passages
			}
		}
		found[v.ID(item)] = all
	}
	return found
}
