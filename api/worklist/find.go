package worklist

import (
	"context"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/rules"
	"postroom/internal/store/lookup"
)

// Searchable says how tickets are found among other records.
func (s *Room) Searchable() rest.Searchable {
	return rest.Searchable{Model: "Ticket", Rank: 3000, Attributes: rules.TicketAttributes, Find: s.find}
}

func (s *Room) find(ctx context.Context, who *desk.Caller, what rest.Wanted) (found rest.Found, err error) {
	search := lookup.Search{Scope: who.TicketAccess().Lists(), Search: what.Search, Page: what.Page}
	search.Scope.All = search.Scope.All || what.Everywhere
	tickets, err := s.Finder.Tickets(ctx, search)
	if err != nil {
		return found, err
	}
	found.IDs = plainIDs(tickets)
	if what.Highlight {
		if found.Highlights, err = s.Finder.Highlights(ctx, search, tickets); err != nil {
			return found, err
		}
	}
	if found.Assets, err = s.shown.Assets(ctx, who, tickets); err != nil || !what.Count {
		return found, err
	}
	found.Total, err = s.Finder.CountTickets(ctx, search)
	return found, err
}
