// Package search answers searches across kinds of records, and previews of conditions.
//
// It knows no kind of record itself: the rooms that answer for them say how theirs are found.
package search

import (
	"cmp"
	"slices"
	"strings"

	"postroom/api/rest"
)

// Room answers searches.
type Room struct {
	*rest.House
	kinds []rest.Searchable // the most important first
}

// New returns a Room of a house that searches these kinds of records.
func New(house *rest.House, kinds ...rest.Searchable) *Room {
	slices.SortStableFunc(kinds, func(a, b rest.Searchable) int { return cmp.Compare(b.Rank, a.Rank) })
	return &Room{House: house, kinds: kinds}
}

// named returns the kind with this name, in whatever case.
func (s *Room) named(model string) (rest.Searchable, bool) {
	for _, kind := range s.kinds {
		if strings.EqualFold(kind.Model, model) {
			return kind, true
		}
	}
	return rest.Searchable{}, false
}

// Routes are the addresses of searches.
func (s *Room) Routes(t *rest.Table) {
	found := rest.Record{{"assets", rest.Record{}}, {"result", []any{rest.Record{{"type", ""}, {"id", int64(0)}}}}}
	byObject := rest.Record{{"assets", rest.Record{}}, {"result", map[string]any{}}}
	sample := rest.AnyOf{found, byObject}
	query := []string{"query", "term", "limit", "by_object", "highlight"}
	body := rest.Record{{"query", ""}, {"limit", 0}, {"by_object", false}, {"highlight", false}}
	t.Handle("GET /api/v1/search", rest.Login, s.searchAll).Asks(query...).Gives(sample)
	t.Handle("POST /api/v1/search", rest.Login, s.searchAll).Takes(body).Gives(sample)
	t.Handle("GET /api/v1/search/{objects}", rest.Login, s.searchAll).Asks(query...).Gives(sample)
	t.Handle("POST /api/v1/search/{objects}", rest.Login, s.searchAll).Takes(body).Gives(sample)
	t.Handle("POST /api/v1/{object}/selector", rest.Needs("admin.*"), s.preview).Takes(rest.Record{{"condition", rest.Record{}}}).
		Gives(rest.Record{{"object_ids", []int64{}}, {"object_count", 0}, {"assets", rest.Record{}}}).First()
}
