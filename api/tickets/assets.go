package tickets

import (
	"context"

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

// showWholeTicket is everything about a ticket in one answer.
func (s *Room) showWholeTicket(ctx context.Context, who *desk.Caller, ticket desk.Ticket) (rest.Record, error) {
	articles, err := s.visibleArticles(ctx, who, ticket)
	if err != nil {
		return nil, err
	}
	shown, err := s.showArticles(ctx, articles)
	if err != nil {
		return nil, err
	}
	var authors []desk.UserID
	ids := make([]desk.ArticleID, len(articles))
	byID := make(map[desk.ArticleID]rest.Record, len(articles))
	for i, a := range articles {
		ids[i], byID[a.ID] = a.ID, shown[i]
		authors = append(authors, a.CreatedByID, a.UpdatedByID)
	}
	attached, err := s.wholeAttached(ctx, who, ticket)
	if err != nil {
		return nil, err
	}
	assets, err := s.Assets(ctx, who, append(attached.linked, ticket), append(authors, attached.people...)...)
	if err != nil {
		return nil, err
	}
	assets.Add("TicketArticle", byID)
	catalog, err := s.Store.Catalog(ctx)
	if err != nil {
		return nil, err
	}
	return rest.Record{
		{"ticket_id", ticket.ID},
		{"ticket_article_ids", ids},
		{"assets", assets},
		{"links", attached.links},
		{"tags", attached.tags},
		{"mentions", attached.mentions},
		{"time_accountings", attached.times},
		{"form_meta", rest.Record{{"filter", rest.Record{{"type_id", waysToAnswer(ticket, catalog)}}}}},
	}, nil
}

// waysToAnswer are the types of article that agents are offered: by mail only where the group has an
// address to send from.
func waysToAnswer(ticket desk.Ticket, c *desk.Catalog) []desk.ArticleTypeID {
	ways := []desk.ArticleTypeID{desk.ArticleNote, desk.ArticlePhone}
	if c.Groups[ticket.GroupID].EmailAddressID != nil {
		ways = append(ways, desk.ArticleEmail)
	}
	return ways
}
