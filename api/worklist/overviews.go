package worklist

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/desk/workspace"
	"postroom/internal/rules"
	"postroom/internal/store/lookup"
	"postroom/internal/store/table"
)

// showOverviews lists the overviews of the caller with the number of tickets in each or, asked for
// one by its link, the tickets in it.
func (s *Room) showOverviews(w http.ResponseWriter, r *http.Request) error {
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	overviews, err := s.offeredOverviews(r.Context(), in.Who)
	if err != nil {
		return err
	}
	if !in.Params.Blank("view") {
		return s.showOverview(w, r, in, overviews)
	}
	searches := make([]lookup.Search, len(overviews))
	for i, o := range overviews {
		if searches[i], err = s.searchOf(in, o); err != nil {
			return err
		}
	}
	counts, err := s.Store.CountEach(r.Context(), searches)
	if err != nil {
		return err
	}
	records := make([]rest.Record, len(overviews))
	for i, o := range overviews {
		records[i] = rest.Record{{"id", o.ID}, {"name", o.Name}, {"prio", o.Prio}, {"link", o.Link}, {"count", counts[i]}}
	}
	return rest.Reply(w, r, records)
}

// offeredOverviews are those of the caller, who needs something to do with tickets.
func (s *Room) offeredOverviews(ctx context.Context, who *desk.Caller) ([]workspace.Overview, error) {
	if !who.Can("ticket.agent", "ticket.customer") {
		return nil, nil
	}
	return s.Store.OverviewsOf(ctx, who)
}

func (s *Room) showOverview(w http.ResponseWriter, r *http.Request, in *rest.Input, overviews []workspace.Overview) error {
	link := in.Params.Text("view")
	i := slices.IndexFunc(overviews, func(o workspace.Overview) bool { return o.Link == link })
	if i < 0 {
		return rest.Reply(w, r, rest.Record{{"assets", rest.Record{}}, {"index", rest.Record{}}})
	}
	o := overviews[i]
	search, err := s.searchOf(in, o)
	if err != nil {
		return err
	}
	search.Limit = max(1, in.Catalog.Settings.Int("ui_ticket_overview_ticket_limit"))
	tickets, err := s.Store.SearchTickets(r.Context(), search)
	if err != nil {
		return err
	}
	count, err := s.Store.CountTickets(r.Context(), search)
	if err != nil {
		return err
	}
	assets, err := s.shown.Assets(r.Context(), in.Who, tickets)
	if err != nil {
		return err
	}
	listed := make([]rest.Record, len(tickets))
	for i, t := range tickets {
		listed[i] = rest.Record{{"id", t.ID}, {"updated_at", t.UpdatedAt}}
	}
	return rest.Reply(w, r, rest.Record{{"assets", assets}, {"index", rest.Record{
		{"overview", rest.Record{{"id", o.ID}, {"name", o.Name}, {"view", o.Link}, {"updated_at", o.UpdatedAt}}},
		{"tickets", listed}, {"count", count},
	}}})
}

// mentioned is the attribute by which an overview is about what agents follow: for it, reading is enough.
const mentioned = "ticket.mention_user_ids"

// searchOf is what an overview shows to the caller.
func (s *Room) searchOf(in *rest.Input, o workspace.Overview) (lookup.Search, error) {
	search := lookup.Search{Scope: in.Who.TicketAccess().Lists(), Order: orderOf(o)}
	_, follows := o.Condition[mentioned]
	if in.Who.TicketAccess().Agent && !follows {
		search.Scope.Groups = in.Who.GroupsWith(desk.AccessOverview)
	}
	context := rest.RulesContext(in.Who, in.Catalog)
	bound, err := rest.BindCondition(o.Condition, rules.TicketAttributes(in.Catalog), context)
	search.Search = table.Search{Condition: bound, Context: context}
	return search, err
}

// orderOf is the order of an overview's tickets. What can't be sorted by is left out: the column may
// be one that was deleted.
func orderOf(o workspace.Overview) []table.Order {
	column, _ := o.Order["by"].(string)
	direction, _ := o.Order["direction"].(string)
	if !slices.Contains(lookup.SortColumns(), column) {
		column += "_id"
	}
	if !slices.Contains(lookup.SortColumns(), column) {
		return nil
	}
	return []table.Order{{Column: column, Descending: strings.EqualFold(direction, "DESC")}}
}
