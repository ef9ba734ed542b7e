package finder

import (
	"slices"
	"strings"

	"postroom/internal/store/table"
)

// question is what the engine is asked.
type question struct {
	object string
	text   string
	fields []string // that words without a name are looked for in
	filter []any    // what else has to hold: who may see it
	orders []table.Order
	page   table.Page
	plain  bool // nothing of it is PostgreSQL's alone to answer
	count  bool // how many there are is wanted, and nothing else
}

// deepest is how far down a list engines go.
const deepest = 10_000

// askable reports whether the question can be put to an engine.
func (q question) askable() bool {
	return q.plain && q.text != "" && q.text != "*:*" && q.page.Limit+q.page.Offset <= deepest &&
		!slices.ContainsFunc(q.orders, func(o table.Order) bool { return o.Custom != nil })
}

// body is the question as engines read it.
func (q question) body() map[string]any {
	body := map[string]any{
		"_source": false,
		"query": map[string]any{"bool": map[string]any{
			"must": []any{map[string]any{"query_string": map[string]any{
				"query": q.text, "fields": q.fields, "default_operator": "AND", "analyze_wildcard": true, "lenient": true,
			}}},
			"filter": q.filter,
		}},
	}
	if q.count {
		body["size"], body["track_total_hits"] = 0, true
		return body
	}
	body["size"], body["from"], body["track_total_hits"] = q.page.Limit, q.page.Offset, false
	var sort []any
	for _, order := range q.orders {
		sort = append(sort, sortedBy(order))
	}
	body["sort"] = sort
	return body
}

// texts are the columns that are sorted by as a whole.
const texts = ` number title note type login firstname lastname email phone mobile fax web department street zip city country
 address name domain `

// sortedBy sorts as PostgreSQL does: what is missing is last, or first in a descending order.
func sortedBy(o table.Order) map[string]any {
	name, direction, missing := o.Column, "asc", "_last"
	if strings.Contains(texts, " "+name+" ") {
		name += ".keyword"
	}
	if o.Descending {
		direction, missing = "desc", "_first"
	}
	return map[string]any{name: map[string]any{"order": direction, "missing": missing, "unmapped_type": "long"}}
}

// inOrder puts records into the order in which the engine found them. Those that it has not heard the
// latest of, and that are gone, are left out.
func inOrder[T any](found []int64, records []T, id func(T) int64) []T {
	places := make(map[int64]int, len(found))
	for i, v := range found {
		places[v] = i
	}
	slices.SortFunc(records, func(a, b T) int { return places[id(a)] - places[id(b)] })
	return records
}
