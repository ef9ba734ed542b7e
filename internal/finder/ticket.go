package finder

import (
	"context"

	"postroom/internal/desk"
	"postroom/internal/elastic"
	"postroom/internal/store/lookup"
	"postroom/internal/store/table"
)

// fieldsOfTicket are where words without a name are looked for in tickets.
var fieldsOfTicket = []string{
	"title", "number", "article.subject", "article.body", "article.from", "article.to", "article.attachment._name", "article.attachment.content",
}

// newest is the order of tickets where none is asked for.
var newest = []table.Order{{Column: "updated_at", Descending: true}, {Column: "id", Descending: true}}

// aboutTickets is a search for tickets as a question. Who may not read every internal article of what
// the scope holds must not learn of them by a search: the engine can't tell them apart.
func aboutTickets(search lookup.Search) question {
	q := question{
		object: elastic.Ticket, text: search.Engine, fields: fieldsOfTicket, orders: newest, page: search.Page,
		plain: search.Condition == nil && !search.Context.Articles.Limited &&
			(search.Scope.All || search.Scope.Customer == 0 && len(search.Scope.Organizations) == 0),
	}
	if !search.Scope.All {
		q.filter = append(q.filter, oneOf("group_id", search.Scope.Groups))
	}
	if search.IDs != nil {
		q.filter = append(q.filter, oneOf("id", search.IDs))
	}
	if len(search.Order) > 0 {
		last := search.Order[len(search.Order)-1]
		q.orders = append(append([]table.Order{}, search.Order...), table.Order{Column: "id", Descending: last.Descending})
	}
	return q
}

func oneOf[ID ~int64](field string, ids []ID) map[string]any {
	if ids == nil {
		ids = []ID{}
	}
	return map[string]any{"terms": map[string]any{field: ids}}
}

// Tickets returns the tickets that were searched for.
func (f *Finder) Tickets(ctx context.Context, search lookup.Search) ([]desk.Ticket, error) {
	found, ok := f.ask(ctx, aboutTickets(search))
	if !ok {
		return f.store.SearchTickets(ctx, search)
	}
	ids := make([]desk.TicketID, len(found.Hits))
	for i, hit := range found.Hits {
		ids[i] = desk.TicketID(hit.ID)
	}
	// The engine may not know yet that a ticket moved to where it must not be seen.
	tickets, err := f.store.SearchTickets(ctx, lookup.Search{Scope: search.Scope, IDs: ids, Page: table.Page{Limit: len(ids)}})
	return inOrder(idsOf(found), tickets, func(t desk.Ticket) int64 { return int64(t.ID) }), err
}

// CountTickets returns how many tickets there are to be found, on all pages.
func (f *Finder) CountTickets(ctx context.Context, search lookup.Search) (int, error) {
	q := aboutTickets(search)
	q.count, q.page = true, table.Page{}
	if found, ok := f.ask(ctx, q); ok {
		return int(found.Total), nil
	}
	return f.store.CountTickets(ctx, search)
}

func idsOf(found *elastic.Found) []int64 {
	ids := make([]int64, len(found.Hits))
	for i, hit := range found.Hits {
		ids[i] = hit.ID
	}
	return ids
}
