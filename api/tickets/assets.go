package tickets

import (
	"context"
	"maps"
	"slices"

	"postroom/api/rest"
	"postroom/internal/desk"
)

// Assets are tickets with everything they refer to, by class and id, as full=true shows
// them. more are people who have to be among them.
func (s *Room) Assets(ctx context.Context, who *desk.Caller, tickets []desk.Ticket, more ...desk.UserID) (rest.Record, error) {
	shown, err := s.showTickets(ctx, who, tickets, withIDs)
	if err != nil {
		return nil, err
	}
	catalog, err := s.Store.Catalog(ctx)
	if err != nil {
		return nil, err
	}
	byID := make(map[desk.TicketID]rest.Record, len(tickets))
	people, groups, organizations := rest.Set[desk.UserID]{}, rest.Set[desk.GroupID]{}, rest.Set[desk.OrganizationID]{}
	people.Add(more...)
	for i, t := range tickets {
		byID[t.ID] = shown[i]
		groups.Add(t.GroupID)
		people.Add(t.OwnerID, t.CustomerID, t.CreatedByID, t.UpdatedByID)
		if t.OrganizationID != nil {
			organizations.Add(*t.OrganizationID)
		}
	}
	assets := rest.Record{{"Ticket", byID}}
	if err := s.people.AddGroups(ctx, who, &assets, groups, catalog); err != nil {
		return nil, err
	}
	if err := s.people.AddPeople(ctx, who, &assets, people, organizations); err != nil {
		return nil, err
	}
	return assets, s.people.AddOrganizations(ctx, who, &assets, organizations)
}

// articleAssets are articles with their tickets and everything else they refer to.
func (s *Room) articleAssets(ctx context.Context, who *desk.Caller, articles []desk.Article) (rest.Record, error) {
	ids := rest.Set[desk.TicketID]{}
	for _, a := range articles {
		ids.Add(a.TicketID)
	}
	tickets, err := s.Store.TicketsByID(ctx, ids.Values())
	if err != nil {
		return nil, err
	}
	return s.assetsBeside(ctx, who, articles, slices.Collect(maps.Values(tickets)))
}

// assetsBeside are articles and tickets with everything they refer to. more are people who have to be
// among them.
func (s *Room) assetsBeside(ctx context.Context, who *desk.Caller, articles []desk.Article, tickets []desk.Ticket, more ...desk.UserID) (rest.Record, error) {
	shown, err := s.showArticles(ctx, articles)
	if err != nil {
		return nil, err
	}
	byID := make(map[desk.ArticleID]rest.Record, len(articles))
	for i, a := range articles {
		byID[a.ID] = shown[i]
		more = append(more, a.CreatedByID, a.UpdatedByID)
		if a.OriginByID != nil {
			more = append(more, *a.OriginByID)
		}
	}
	assets, err := s.Assets(ctx, who, tickets, more...)
	if err != nil {
		return nil, err
	}
	assets.Add("TicketArticle", byID)
	return assets, nil
}

// showWholeTicket is everything about a ticket in one answer.
func (s *Room) showWholeTicket(ctx context.Context, who *desk.Caller, ticket desk.Ticket) (rest.Record, error) {
	articles, err := s.visibleArticles(ctx, who, ticket)
	if err != nil {
		return nil, err
	}
	attached, err := s.wholeAttached(ctx, who, ticket)
	if err != nil {
		return nil, err
	}
	assets, err := s.assetsBeside(ctx, who, articles, append(attached.linked, ticket), attached.people...)
	if err != nil {
		return nil, err
	}
	meta, err := s.ticketFormMeta(ctx, who, ticket)
	if err != nil {
		return nil, err
	}
	return rest.Record{
		{"ticket_id", ticket.ID},
		{"ticket_article_ids", idsOfArticles(articles)},
		{"assets", assets},
		{"links", attached.links},
		{"tags", attached.tags},
		{"mentions", attached.mentions},
		{"time_accountings", attached.times},
		{"form_meta", meta},
	}, nil
}
