package lookup

import (
	"context"
	"slices"
	"strings"

	"postroom/internal/desk"
	"postroom/internal/rules"
	"postroom/internal/store/pg"
	"postroom/internal/store/table"
	"postroom/internal/store/tickets"
)

// Search says which tickets to find. Zero fields restrict nothing, except the scope.
type Search struct {
	Scope desk.TicketScope
	table.Search
	IDs   []desk.TicketID
	Order []table.Order // nothing: last changed first
	table.Page
}

const sortColumns = `id group_id priority_id state_id organization_id number title owner_id customer_id note first_response_at
	first_response_escalation_at first_response_in_min first_response_diff_in_min close_at close_escalation_at close_in_min
	close_diff_in_min update_escalation_at update_in_min update_diff_in_min last_close_at last_contact_at
	last_contact_agent_at last_contact_customer_at last_owner_update_at create_article_type_id create_article_sender_id
	article_count escalation_at pending_time type time_unit updated_by_id created_by_id created_at updated_at`

// SortColumns are the columns that tickets can be sorted by.
func SortColumns() []string { return strings.Fields(sortColumns) }

// SearchTickets returns the tickets that were searched for.
func (s Keeper) SearchTickets(ctx context.Context, search Search) ([]desk.Ticket, error) {
	if search.Scope.Empty() {
		return nil, nil
	}
	order, err := search.order()
	if err != nil {
		return nil, err
	}
	plan, err := s.planWords(ctx, search)
	if err != nil {
		return nil, err
	}
	if plan.useful(search) {
		return s.searchWords(ctx, search, order, plan)
	}
	if made, ok := search.made(); ok {
		return s.searchMonths(ctx, search, made)
	}
	var args pg.Args
	// The ids of the page first: most conditions are decided in an index, without a look at the rows.
	return s.tickets(ctx, tickets.Select+` t
		WHERE t.id IN (
			SELECT t.id
			FROM tickets t
			WHERE `+search.condition(&args, nil)+`
			ORDER BY `+order+`
			LIMIT `+args.Add(search.Limit)+`
			OFFSET `+args.Add(search.Offset)+`)
		ORDER BY `+order, args)
}

// CountTickets returns how many tickets there are to be found, on all pages.
func (s Keeper) CountTickets(ctx context.Context, search Search) (int, error) {
	if search.Scope.Empty() {
		return 0, nil
	}
	plan, err := s.planWords(ctx, search)
	if err != nil {
		return 0, err
	}
	if plan.useful(search) {
		return s.countWords(ctx, search, plan)
	}
	var args pg.Args
	sql := `SELECT FROM tickets t WHERE ` + search.condition(&args, nil)
	return pg.Count(ctx, s.DB, sql, args.Planned()...)
}

// query is what the search has of one.
func (q Search) query() *rules.Query {
	if q.Query == nil {
		return rules.AllOf()
	}
	return q.Query
}

// texts lists what the condition of the search looks for in texts.
func (q Search) texts() [][]string {
	if q.Condition == nil {
		return nil
	}
	return q.Condition.Texts()
}

// CountEach is CountTickets for several searches at once.
func (s Keeper) CountEach(ctx context.Context, searches []Search) ([]int, error) {
	var args pg.Args
	counts := make([]string, len(searches))
	for i, search := range searches {
		counts[i] = "(SELECT count(*) FROM tickets t WHERE " + search.condition(&args, nil) + ")"
	}
	return pg.Value[[]int](ctx, s.DB, "count tickets", "SELECT ARRAY["+strings.Join(counts, ", ")+"]::bigint[]", args.Planned()...)
}

// wordClause writes that a ticket has one of some patterns.
type wordClause func(patterns []string, articles rules.ArticleScope, args *pg.Args) string

// condition writes the condition of a search. words writes how it looks for words; nil: in the texts of
// one ticket after the other.
func (q Search) condition(args *pg.Args, words wordClause) string {
	if words == nil {
		words = ticketHas
	}
	clauses := []string{visibleTickets(q.Scope, args)}
	clauses = append(clauses, q.Search.Where(args, func(patterns []string) string { return words(patterns, q.Context.Articles, args) })...)
	if q.IDs != nil {
		clauses = append(clauses, "t.id = ANY("+args.Add(q.IDs)+")")
	}
	return strings.Join(clauses, `
			AND `)
}

// order ends with the id, so that pages neither overlap nor leave tickets out.
func (q Search) order() (string, error) {
	if len(q.Order) == 0 {
		return "t.updated_at DESC, t.id DESC", nil
	}
	var columns []string
	known := SortColumns()
	for _, by := range q.Order {
		if by.Custom == nil && !slices.Contains(known, by.Column) {
			return "", &desk.InvalidError{Field: "sort_by", Reason: "Found invalid column '" + by.Column + "' for sorting."}
		}
		columns = append(columns, by.By("t"))
	}
	last := "t.id"
	if q.Order[len(q.Order)-1].Descending {
		last += " DESC"
	}
	return strings.Join(append(columns, last), ", "), nil
}
