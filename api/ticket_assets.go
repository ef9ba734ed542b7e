package api

import (
	"context"
	"maps"
	"slices"

	"postroom/internal/desk"
	"postroom/internal/store"
)

// ticketAssets are tickets with everything they refer to, by class and id, as full=true shows
// them. more are people who have to be among them.
func (s *Server) ticketAssets(ctx context.Context, who *desk.Caller, tickets []desk.Ticket, more ...desk.UserID) (record, error) {
	shown, err := s.showTickets(ctx, who, tickets, withIDs)
	if err != nil {
		return nil, err
	}
	catalog, err := s.Store.Catalog(ctx)
	if err != nil {
		return nil, err
	}
	byID := make(map[desk.TicketID]record, len(tickets))
	people, groups, organizations := set[desk.UserID]{}, set[desk.GroupID]{}, set[desk.OrganizationID]{}
	people.add(more...)
	for i, t := range tickets {
		byID[t.ID] = shown[i]
		groups.add(t.GroupID)
		people.add(t.OwnerID, t.CustomerID, t.CreatedByID, t.UpdatedByID)
		if t.OrganizationID != nil {
			organizations.add(*t.OrganizationID)
		}
	}
	assets := record{{"Ticket", byID}}
	if err := s.addGroups(ctx, who, &assets, groups, catalog); err != nil {
		return nil, err
	}
	if err := s.addPeople(ctx, who, &assets, people, organizations); err != nil {
		return nil, err
	}
	return assets, s.addOrganizations(ctx, who, &assets, organizations)
}

// set holds each value once.
type set[T comparable] map[T]bool

func (s set[T]) add(values ...T) {
	for _, value := range values {
		s[value] = true
	}
}

func (s *Server) addGroups(ctx context.Context, who *desk.Caller, assets *record, ids set[desk.GroupID], c *desk.Catalog) error {
	var groups []desk.Group
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		if group, known := c.Groups[id]; known {
			groups = append(groups, group)
		}
	}
	return addAssets(ctx, assets, s.groupView(who), groups)
}

// addPeople brings their primary organizations along.
func (s *Server) addPeople(ctx context.Context, who *desk.Caller, assets *record, ids set[desk.UserID], organizations set[desk.OrganizationID]) error {
	found, err := s.Store.Users(ctx, slices.Collect(maps.Keys(ids)))
	if err != nil {
		return err
	}
	var users []desk.User
	for _, id := range slices.Sorted(maps.Keys(found)) {
		users = append(users, found[id])
		if organization := found[id].OrganizationID; organization != nil {
			organizations.add(*organization)
		}
	}
	return addAssets(ctx, assets, s.userView(who), users)
}

func (s *Server) addOrganizations(ctx context.Context, who *desk.Caller, assets *record, ids set[desk.OrganizationID]) error {
	if len(ids) == 0 {
		return nil
	}
	of := store.Filter[desk.OrganizationID]{IDs: slices.Collect(maps.Keys(ids))}
	found, err := store.Organizations.List(ctx, s.Store, of, nil, store.Page{Limit: len(ids)})
	if err != nil {
		return err
	}
	return addAssets(ctx, assets, s.organizationView(who), found)
}

// addAssets adds the records of one class, cut to what the caller may see.
func addAssets[T any](ctx context.Context, assets *record, v view[T], items []T) error {
	if len(items) == 0 {
		return nil
	}
	shown, err := v.show(ctx, items, shapePlain)
	if err != nil {
		return err
	}
	*assets = append(*assets, v.assets(items, shown)...)
	return nil
}

// showWholeTicket is everything about a ticket in one answer.
func (s *Server) showWholeTicket(ctx context.Context, who *desk.Caller, ticket desk.Ticket) (record, error) {
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
	byID := make(map[desk.ArticleID]record, len(articles))
	for i, a := range articles {
		ids[i], byID[a.ID] = a.ID, shown[i]
		authors = append(authors, a.CreatedByID, a.UpdatedByID)
	}
	assets, err := s.ticketAssets(ctx, who, []desk.Ticket{ticket}, authors...)
	if err != nil {
		return nil, err
	}
	assets.add("TicketArticle", byID)
	none := []int64{}
	return record{
		{"ticket_id", ticket.ID},
		{"ticket_article_ids", ids},
		{"assets", assets},
		{"links", none},
		{"tags", none},
		{"mentions", none},
		{"time_accountings", none},
		{"form_meta", record{}},
	}, nil
}
