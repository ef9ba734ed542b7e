package shown

import (
	"context"
	"maps"
	"slices"

	"postroom/api/rest"
	"postroom/internal/desk"
)

// Assets are tickets with everything they refer to, by class and id, as full=true shows
// them. more are people who have to be among them.
func (s *Tickets) Assets(ctx context.Context, who *desk.Caller, tickets []desk.Ticket, more ...desk.UserID) (rest.Record, error) {
	records, err := s.Show(ctx, who, tickets, WithIDs)
	if err != nil {
		return nil, err
	}
	catalog, err := s.store.Catalog(ctx)
	if err != nil {
		return nil, err
	}
	byID := make(map[desk.TicketID]rest.Record, len(tickets))
	people, groups, organizations := rest.Set[desk.UserID]{}, rest.Set[desk.GroupID]{}, rest.Set[desk.OrganizationID]{}
	people.Add(more...)
	for i, t := range tickets {
		byID[t.ID] = records[i]
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

// ArticleAssets are articles with their tickets and everything else they refer to.
func (s *Tickets) ArticleAssets(ctx context.Context, who *desk.Caller, articles []desk.Article) (rest.Record, error) {
	ids := rest.Set[desk.TicketID]{}
	for _, a := range articles {
		ids.Add(a.TicketID)
	}
	tickets, err := s.store.TicketsByID(ctx, ids.Values())
	if err != nil {
		return nil, err
	}
	return s.AssetsBeside(ctx, who, articles, slices.Collect(maps.Values(tickets)))
}

// AssetsBeside are articles and tickets with everything they refer to. more are people who have to be
// among them.
func (s *Tickets) AssetsBeside(ctx context.Context, who *desk.Caller, articles []desk.Article, tickets []desk.Ticket, more ...desk.UserID) (rest.Record, error) {
	records, err := s.Articles(ctx, articles)
	if err != nil {
		return nil, err
	}
	byID := make(map[desk.ArticleID]rest.Record, len(articles))
	for i, a := range articles {
		byID[a.ID] = records[i]
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
