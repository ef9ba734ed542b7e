package lookup

import (
	"context"
	"fmt"
	"slices"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
	"postroom/internal/store/tickets"
)

// A word may be in three tickets or in half a million. Where the order of a list has an index, the
// first tickets of the list are looked at: if so many of them have what is looked for, the page is full
// after a short walk. Else the index of words finds few.
const (
	sampled = 500
	enough  = 3
	walked  = 20_000 // and no farther: what the sample promised is not there then
)

// searchWords returns the tickets of a search for words.
func (s Keeper) searchWords(ctx context.Context, search Search, order string) ([]desk.Ticket, error) {
	plan, err := s.planWords(ctx, search)
	if err != nil {
		return nil, err
	}
	f := finder{Keeper: s, search: search, plan: plan, order: order}
	page := search.Page
	if len(plan.fresh) > 0 { // which stand anywhere among the others
		f.search.Limit, f.search.Offset = page.Limit+page.Offset, 0
	}
	found, err := f.find(ctx)
	if err != nil {
		return nil, err
	}
	args := pg.Args{found}
	if len(plan.fresh) == 0 {
		return s.tickets(ctx, tickets.Select+` t WHERE t.id = ANY($1) ORDER BY `+order, args)
	}
	return s.tickets(ctx, tickets.Select+` t
		WHERE t.id = ANY($1) OR t.id = ANY(`+args.Add(plan.fresh)+`) AND `+search.condition(&args, nil)+`
		ORDER BY `+order+`
		LIMIT `+args.Add(page.Limit)+`
		OFFSET `+args.Add(page.Offset), args)
}

// finder finds the ids of tickets by the index of words.
type finder struct {
	Keeper
	search Search
	plan   wordPlan
	order  string
}

func (f finder) find(ctx context.Context) ([]desk.TicketID, error) {
	sparse := true // few of the list's tickets are in the scope
	if f.search.walkable() {
		seen, matching, err := f.sample(ctx)
		if err != nil {
			return nil, err
		}
		sparse = seen < sampled
		if !sparse && matching >= enough {
			ids, err := f.walk(ctx)
			if err != nil || len(ids) == f.search.Limit {
				return ids, err
			}
		}
	}
	return f.lookUp(ctx, sparse)
}

// walkable reports whether an index has the tickets in the order of the search.
func (q Search) walkable() bool {
	switch len(q.Order) {
	case 0:
		return true
	case 1:
		by := q.Order[0]
		return by.Custom == nil && slices.Contains([]string{"id", "number", "created_at", "updated_at"}, by.Column)
	}
	return false
}

// first selects the first tickets of the list, of the scope.
func (f finder) first(args *pg.Args, limit int) string {
	return `
			SELECT t.*
			FROM (
				SELECT t.*
				FROM tickets t
				ORDER BY ` + f.order + `
				LIMIT ` + args.Add(walked) + `
			) t
			WHERE ` + visibleTickets(f.search.Scope, args) + `
			LIMIT ` + args.Add(limit)
}

// withWords joins the words of a ticket, one ticket after the other.
const withWords = `
		CROSS JOIN LATERAL (
			SELECT words
			FROM ticket_words
			WHERE ticket_id = t.id
			OFFSET 0
		) w`

// sample looks at the first tickets of the list: how many there are, and how many are searched for.
func (f finder) sample(ctx context.Context) (seen, matching int, err error) {
	var args pg.Args
	among := f.first(&args, sampled)
	sql := `
		SELECT count(*), count(*) FILTER (WHERE ` + f.condition(&args) + `)
		FROM (` + among + `
		) t` + withWords
	if err := pg.Conn(f.DB).QueryRow(ctx, sql, args.Planned()...).Scan(&seen, &matching); err != nil {
		return 0, 0, fmt.Errorf("first tickets: %w", pg.Translate(err))
	}
	return seen, matching, nil
}

// walk looks at one ticket of the list after the other until the page is full.
func (f finder) walk(ctx context.Context) ([]desk.TicketID, error) {
	var args pg.Args
	among := f.first(&args, walked)
	sql := `
		SELECT t.id
		FROM (` + among + `
		) t` + withWords + `
		WHERE ` + f.condition(&args) + `
		ORDER BY ` + f.order + `
		LIMIT ` + args.Add(f.search.Limit) + `
		OFFSET ` + args.Add(f.search.Offset)
	return pg.Column[desk.TicketID](ctx, f.DB, "walk along tickets", sql, args.Planned()...)
}

// lookUp asks the index.
func (f finder) lookUp(ctx context.Context, scoped bool) ([]desk.TicketID, error) {
	var args pg.Args
	sql := `
		SELECT t.id
		FROM ` + f.indexed(&args, scoped) + `
		ORDER BY ` + f.order + `
		LIMIT ` + args.Add(f.search.Limit) + `
		OFFSET ` + args.Add(f.search.Offset)
	return pg.Column[desk.TicketID](ctx, f.DB, "look up tickets", sql, args.Planned()...)
}

// indexed writes what the index finds of the search.
func (f finder) indexed(args *pg.Args, scoped bool) string {
	driven := ""
	if driver := f.plan.driver(f.search, scoped); driver != "" {
		driven = "w.words @@ " + args.Add(driver) + "::tsquery AND "
	}
	return `tickets t
		JOIN ticket_words w ON w.ticket_id = t.id
		WHERE ` + driven + f.condition(args)
}

// condition is that of the search, for tickets whose words are in the index.
func (f finder) condition(args *pg.Args) string {
	condition := f.search.condition(args, f.plan.clause)
	if len(f.plan.fresh) > 0 {
		condition += ` AND t.id <> ALL(` + args.Add(f.plan.fresh) + `)`
	}
	return condition
}

// countWords counts the tickets of a search for words.
func (s Keeper) countWords(ctx context.Context, search Search) (int, error) {
	plan, err := s.planWords(ctx, search)
	if err != nil {
		return 0, err
	}
	f := finder{Keeper: s, search: search, plan: plan}
	count, err := f.count(ctx)
	if err != nil || len(plan.fresh) == 0 {
		return count, err
	}
	args := pg.Args{plan.fresh}
	fresh, err := pg.Count(ctx, s.DB, `SELECT FROM tickets t WHERE t.id = ANY($1) AND `+search.condition(&args, nil), args.Planned()...)
	return count + fresh, err
}

// count counts what the index finds.
func (f finder) count(ctx context.Context) (int, error) {
	var args pg.Args
	sql := `SELECT FROM ` + f.indexed(&args, true)
	if f.plan.decided(f.search) { // by the index alone, without a look at tickets
		args = pg.Args{f.plan.driver(f.search, true)}
		sql = `SELECT FROM ticket_words w WHERE w.words @@ $1::tsquery`
		if len(f.plan.fresh) > 0 {
			sql += ` AND w.ticket_id <> ALL(` + args.Add(f.plan.fresh) + `)`
		}
	}
	return pg.Count(ctx, f.DB, sql, args.Planned()...)
}
