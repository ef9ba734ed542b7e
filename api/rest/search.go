package rest

import (
	"context"
	"net/http"
	"time"

	"postroom/internal/desk"
	"postroom/internal/finder"
	"postroom/internal/rules"
	"postroom/internal/search"
	"postroom/internal/store/table"
)

// Search reads what somebody looks for: query, which older clients call term, and condition.
func (s *House) Search(r *http.Request, p Params, about *rules.Attributes) (table.Search, error) {
	catalog, err := s.Catalog(r)
	if err != nil {
		return table.Search{}, err
	}
	found := table.Search{Context: RulesContext(Caller(r), catalog)}
	text := p.Text("query")
	if p.Blank("query") {
		text = p.Text("term")
	}
	if text != "" {
		read := search.Parse(text, about, found.Context.Now)
		found.Query, found.Engine, found.Marks = read.Query, read.Engine, read.Marks
	}
	if p.Blank("condition") {
		return found, nil
	}
	found.Condition, err = BindCondition(p["condition"], about, found.Context)
	return found, err
}

// BindCondition reads a condition that is used at once. What can't be used is an *desk.InvalidError.
func BindCondition(sent any, about *rules.Attributes, context rules.Context) (*rules.Bound, error) {
	condition, err := rules.ReadCondition(sent, about)
	if err != nil {
		return nil, err
	}
	bound, err := condition.Bind(context)
	if err != nil { // it asks for what there is not here
		return nil, Invalid("condition", "Invalid object selector conditions")
	}
	return bound, nil
}

// RulesContext is what conditions are judged against that somebody uses now: who asks, and which
// articles this person may know of.
func RulesContext(who *desk.Caller, c *desk.Catalog) rules.Context {
	context := rules.Context{
		Now: time.Now(), Zone: c.Settings.Zone(),
		User: &rules.User{ID: who.User.ID, Organization: who.User.OrganizationID, Organizations: who.OrganizationIDs},
	}
	access := who.TicketAccess()
	context.Articles.Limited = true
	if access.Agent {
		context.Articles.Groups = access.Read
		context.Articles.Limited = access.Customer // agents alone find tickets of these groups only
	}
	return context
}

// Searchable is a kind of record that searches across kinds and previews of conditions find. The
// room that answers for the kind says how.
type Searchable struct {
	Model      string                                // Ticket
	Rank       int                                   // the higher the sooner it is shown
	Searchers  []string                              // who may search, by permissions; nil: everybody
	Attributes func(*desk.Catalog) *rules.Attributes // nil: the kind is found by words only
	Find       func(ctx context.Context, who *desk.Caller, what Wanted) (Found, error)
}

// May reports whether somebody may search for records of the kind.
func (k Searchable) May(who *desk.Caller) bool { return k.Searchers == nil || who.Can(k.Searchers...) }

// Wanted is what to find among records of one kind.
type Wanted struct {
	table.Search
	Words []string // instead, for a kind without attributes
	table.Page
	Count      bool // how many there are on all pages, too
	Highlight  bool // where in them it was found, too
	Everywhere bool // among all records, whatever the caller may see
}

// Found is what was found, as clients want it shown.
type Found struct {
	IDs    []int64
	Total  int // on all pages, if it was asked for
	Assets Record
	// Highlights are those of each record, if they were asked for.
	Highlights map[int64]finder.Highlight
}

// FoundIn makes Found of a page of records that are at hand.
func FoundIn[T any](ctx context.Context, v View[T], items []T, what Wanted, total func() (int, error)) (Found, error) {
	found := Found{IDs: make([]int64, len(items))}
	for i, item := range items {
		found.IDs[i] = v.ID(item)
	}
	records, err := v.Show(ctx, items, ShapeFull)
	if err != nil {
		return found, err
	}
	if what.Highlight {
		v.Marks = what.Marks
		found.Highlights = v.highlights(items, records)
	}
	if found.Assets, err = v.Family(ctx, items, records); err != nil {
		return found, err
	}
	if what.Count {
		found.Total, err = total()
	}
	return found, err
}
