package lookup

import (
	"context"

	"postroom/internal/desk"
	"postroom/internal/rules"
	"postroom/internal/store/pg"
	"postroom/internal/store/tickets"
)

// made returns when the tickets of a search were made that asks for nothing but an end of that, and
// for one of the first pages. Lists begin with what was changed last, which few of those were: a walk
// along the list would pass over all that were made since.
func (q Search) made() (rules.Span, bool) {
	if len(q.Order) > 0 || q.Query != nil || q.IDs != nil || q.Condition == nil || q.Limit+q.Offset > farDown {
		return rules.Span{}, false
	}
	span, only := q.Condition.Span("created_at")
	return span, only && span.To != nil
}

// searchMonths returns the tickets that were made in a span of time: of each of its months those that
// were changed last, and of all these the page.
func (s Keeper) searchMonths(ctx context.Context, search Search, made rules.Span) ([]desk.Ticket, error) {
	var args pg.Args
	// There are months only between the first ticket and the last, whatever somebody asks for.
	months := `generate_series(
				date_trunc('month', greatest(` + args.Add(made.From) + `::timestamptz, (SELECT min(created_at) FROM tickets)) AT TIME ZONE 'UTC'),
				date_trunc('month', least(` + args.Add(made.To) + `::timestamptz, (SELECT max(created_at) FROM tickets)) AT TIME ZONE 'UTC'),
				interval '1 month') AS month`
	return s.tickets(ctx, tickets.Select+`
		WHERE id IN (
			SELECT last.id
			FROM `+months+`
			CROSS JOIN LATERAL (
				SELECT t.id, t.updated_at
				FROM tickets t
				WHERE date_trunc('month', t.created_at AT TIME ZONE 'UTC') = month AND `+search.condition(&args, nil)+`
				ORDER BY t.updated_at DESC, t.id DESC
				LIMIT `+args.Add(search.Limit+search.Offset)+`
			) last
			ORDER BY last.updated_at DESC, last.id DESC
			LIMIT `+args.Add(search.Limit)+`
			OFFSET `+args.Add(search.Offset)+`)
		ORDER BY updated_at DESC, id DESC`, args)
}
