package search

import (
	"net/http"
	"strings"

	"postroom/api/rest"
	"postroom/internal/store/table"
)

// searchAll finds records of every kind that the caller may search, or of those that are named.
func (s *Room) searchAll(w http.ResponseWriter, r *http.Request) error {
	p, page, err := rest.ListParams(r, rest.GlobalPages)
	if err != nil {
		return err
	}
	page.Offset = 0 // each kind shows its best, and no more
	answer := &found{counted: p.Flag("by_object"), highlighted: rest.WantsHighlights(p), counts: rest.Record{}}
	for _, kind := range s.asked(r.PathValue("objects")) {
		if !kind.May(rest.Caller(r)) {
			continue
		}
		if err := answer.add(s, r, p, kind, page); err != nil {
			return err
		}
	}
	return rest.Reply(w, r, answer.record())
}

// asked are the kinds that an address names, ticket-user, or all of them.
func (s *Room) asked(objects string) []rest.Searchable {
	if objects == "" {
		return s.kinds
	}
	var named []rest.Searchable
	for _, kind := range s.kinds {
		for model := range strings.SplitSeq(objects, "-") {
			if strings.EqualFold(kind.Model, strings.ReplaceAll(model, "::", "")) {
				named = append(named, kind)
				break
			}
		}
	}
	return named
}

// found is what a search across kinds finds.
type found struct {
	counted     bool // how many there are of each kind is wanted
	highlighted bool // where it was found is wanted
	hits        []rest.Record
	counts      rest.Record
	assets      []rest.Record
}

func (f *found) add(s *Room, r *http.Request, p rest.Params, kind rest.Searchable, page table.Page) error {
	catalog, err := s.Catalog(r)
	if err != nil {
		return err
	}
	wanted := rest.Wanted{Page: page, Count: f.counted, Highlight: f.highlighted, Words: rest.WordsOf(p)}
	if kind.Attributes != nil {
		if wanted.Search, err = s.Search(r, p, kind.Attributes(catalog)); err != nil {
			return err
		}
	}
	got, err := kind.Find(r.Context(), rest.Caller(r), wanted)
	if err != nil {
		return err
	}
	f.assets = append(f.assets, got.Assets)
	hits, count := make([]rest.Record, len(got.IDs)), rest.Record{{"object_ids", got.IDs}, {"total_count", got.Total}}
	for i, id := range got.IDs {
		hits[i] = rest.Record{{"type", kind.Model}, {"id", id}}
	}
	if f.highlighted {
		rest.AddHighlights(hits, got.IDs, got.Highlights)
		count.Add("highlights", rest.HighlightsByID(got.IDs, got.Highlights))
	}
	f.hits = append(f.hits, hits...)
	f.counts.Add(kind.Model, count)
	return nil
}

func (f *found) record() rest.Record {
	assets := rest.MergeAssets(f.assets...)
	if f.counted {
		return rest.Record{{"assets", assets}, {"result", f.counts}}
	}
	return rest.Record{{"assets", assets}, {"result", f.hits}}
}
