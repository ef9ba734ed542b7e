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
func (s Keeper) searchWords(ctx context.Context, search Search, order string, plan wordPlan) ([]desk.Ticket, error) {
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
	driven bool            // the index was asked
	among  []desk.TicketID // and found no others; nil: too many
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

// first selects the first tickets of the list, of the scope. It says twice in which order: PostgreSQL
// stops when the page is full only if it knows.
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
			ORDER BY ` + f.order + `
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

// few is how many tickets the index may find for them to be looked at one after the other.
const few = 10_000

// lookUp asks the index.
func (f finder) lookUp(ctx context.Context, scoped bool) (found []desk.TicketID, err error) {
	driver := f.plan.driver(f.search, scoped)
	if driver == "" {
		return f.sorted(ctx, everyTicket)
	}
	f.driven = true
	err = f.inTx(ctx, func(tx Keeper) error {
		inner := f
		inner.Keeper = tx
		among, err := tx.candidates(ctx, driver)
		if err != nil {
			return err
		}
		from := driven(driver)
		if len(among) <= few {
			inner.among, from = among, everyTicket
		}
		found, err = inner.sorted(ctx, from)
		return err
	})
	return found, err
}

const (
	// PostgreSQL takes a rare word for more frequent than it is, and would read all words of all
	// tickets rather than the index. It needs some memory for which of them the index finds.
	useIndex      = `SELECT set_config('enable_seqscan', 'off', true), set_config('work_mem', '16MB', true)`
	candidatesOf  = `SELECT ticket_id FROM ticket_words WHERE words @@ $1::tsquery LIMIT $2`
	seqscansAgain = `SELECT set_config('enable_seqscan', 'on', true)`
)

// candidates returns the tickets that the index finds, or one more than few of them.
func (s Keeper) candidates(ctx context.Context, driver string) ([]desk.TicketID, error) {
	if err := pg.Exec(ctx, s.DB, "use the index", useIndex); err != nil {
		return nil, err
	}
	ids, err := pg.Column[desk.TicketID](ctx, s.DB, "candidates", candidatesOf, pg.Planned, driver, few+1)
	if err != nil {
		return nil, err
	}
	return ids, pg.Exec(ctx, s.DB, "use any way", seqscansAgain)
}

// everyTicket and driven write where the tickets come from that the condition is asked of.
func everyTicket(*pg.Args) string {
	return `tickets t
		JOIN ticket_words w ON w.ticket_id = t.id`
}

func driven(driver string) func(args *pg.Args) string {
	return func(args *pg.Args) string {
		return `(
			SELECT *
			FROM ticket_words
			WHERE words @@ ` + args.Add(driver) + `::tsquery
			OFFSET 0
		) w
		JOIN tickets t ON t.id = w.ticket_id`
	}
}

// sorted returns the page of the search.
func (f finder) sorted(ctx context.Context, from func(args *pg.Args) string) ([]desk.TicketID, error) {
	var args pg.Args
	sql := `
		SELECT t.id
		FROM ` + from(&args) + `
		WHERE ` + f.condition(&args) + `
		ORDER BY ` + f.order + `
		LIMIT ` + args.Add(f.search.Limit) + `
		OFFSET ` + args.Add(f.search.Offset)
	return pg.Column[desk.TicketID](ctx, f.DB, "look up tickets", sql, args.Planned()...)
}

// condition is that of the search, for tickets whose words are in the index. What the index decided
// already is not asked again.
func (f finder) condition(args *pg.Args) string {
	var condition string
	if f.driven && f.plan.decided(f.search) {
		condition = visibleTickets(f.search.Scope, args)
	} else {
		condition = f.search.condition(args, f.plan.clause)
	}
	condition += f.indexable(args)
	if f.among != nil {
		condition += " AND t.id = ANY(" + args.Add(f.among) + ")"
	}
	return condition
}

// indexable leaves out tickets whose words the index does not have yet.
func (f finder) indexable(args *pg.Args) string {
	if len(f.plan.fresh) == 0 {
		return ""
	}
	return ` AND t.id <> ALL(` + args.Add(f.plan.fresh) + `)`
}

// countWords counts the tickets of a search for words.
func (s Keeper) countWords(ctx context.Context, search Search, plan wordPlan) (int, error) {
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
	driver := f.plan.driver(f.search, true)
	if driver != "" && f.plan.decided(f.search) { // without a look at tickets
		sql := `SELECT FROM ticket_words w WHERE w.words @@ ` + args.Add(driver) + `::tsquery`
		if len(f.plan.fresh) > 0 {
			sql += ` AND w.ticket_id <> ALL(` + args.Add(f.plan.fresh) + `)`
		}
		return pg.Count(ctx, f.DB, sql, args.Planned()...)
	}
	from := everyTicket
	if f.driven = driver != ""; f.driven {
		from = driven(driver)
	}
	sql := `SELECT FROM ` + from(&args) + ` WHERE ` + f.condition(&args)
	return pg.Count(ctx, f.DB, sql, args.Planned()...)
}
