package finder

import (
	"context"
	"strings"

	"postroom/internal/desk"
	"postroom/internal/richtext"
	"postroom/internal/store/lookup"
	"postroom/internal/wording"
)

// Highlight is where in a record it was found what somebody looked for: by field, passages in HTML, with
// what was found in <em>.
type Highlight map[string][]string

// passagesOf is how many passages of a field are shown of a ticket.
const passagesOf = 3

// Highlights are those of tickets that a search found, by id, whoever found them. The texts are the database's: nobody is shown what an index still has of an article that
// has become internal.
func (f *Finder) Highlights(ctx context.Context, search lookup.Search, tickets []desk.Ticket) (map[int64]Highlight, error) {
	found := make(map[int64]Highlight, len(tickets))
	if len(search.Marks) == 0 {
		return found, nil
	}
	marker := wording.NewMarker(search.Marks)
	add := func(ticket desk.TicketID, field string, text *string) {
		if text == nil {
			return
		}
		of := found[int64(ticket)]
		if passages := append(of[field], marker.Passages(field, *text)...); len(passages) > 0 {
			of[field] = passages[:min(len(passages), passagesOf)]
		}
	}
	ids := make([]desk.TicketID, len(tickets))
	for i, t := range tickets {
		ids[i], found[int64(t.ID)] = t.ID, Highlight{}
		add(t.ID, "title", &t.Title)
		add(t.ID, "number", &t.Number)
	}
	articles, err := f.store.ArticlesWith(ctx, ids, search.Marks, search.Context.Articles)
	for _, a := range articles {
		if strings.HasPrefix(a.ContentType, "text/html") {
			a.Body = richtext.PlainText(a.Body)
		}
		add(a.TicketID, "article.subject", a.Subject)
		add(a.TicketID, "article.body", &a.Body)
		add(a.TicketID, "article.from", a.From)
		add(a.TicketID, "article.to", a.To)
	}
	return found, err
}
