package search

import (
	"net/http"
	"strings"

	"postroom/api/rest"
	"postroom/internal/store/table"
)

// previewed is how many records the preview of a condition shows.
const previewed = 6

// preview shows administrators what a condition finds, among all records there are.
func (s *Room) preview(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	kind, known := s.named(strings.TrimSuffix(r.PathValue("object"), "s"))
	if !known || kind.Attributes == nil {
		return rest.Invalid("object", "Given object does not support selector")
	}
	catalog, err := s.Catalog(r)
	if err != nil {
		return err
	}
	search := table.Search{Context: rest.RulesContext(rest.Caller(r), catalog)}
	search.Context.Articles.Limited = false
	if search.Context.Working, err = s.Store.WorkingTimes(r.Context()); err != nil {
		return err
	}
	search.Condition, err = rest.BindCondition(p["condition"], kind.Attributes(catalog).WithWorkingTime(), search.Context)
	if err != nil {
		return err
	}
	got, err := kind.Find(r.Context(), rest.Caller(r), rest.Wanted{
		Search: search, Page: table.Page{Limit: previewed}, Count: true, Everywhere: true,
	})
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, rest.Record{{"object_ids", got.IDs}, {"object_count", got.Total}, {"assets", got.Assets}})
}
