package people

import (
	"context"
	"maps"
	"slices"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/store"
)

func (s *Room) AddGroups(ctx context.Context, who *desk.Caller, assets *rest.Record, ids rest.Set[desk.GroupID], c *desk.Catalog) error {
	var groups []desk.Group
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		if group, known := c.Groups[id]; known {
			groups = append(groups, group)
		}
	}
	return rest.AddAssets(ctx, assets, s.groupView(who), groups)
}

// AddPeople brings their primary organizations along.
func (s *Room) AddPeople(ctx context.Context, who *desk.Caller, assets *rest.Record, ids rest.Set[desk.UserID], organizations rest.Set[desk.OrganizationID]) error {
	found, err := s.Store.Users(ctx, slices.Collect(maps.Keys(ids)))
	if err != nil {
		return err
	}
	var users []desk.User
	for _, id := range slices.Sorted(maps.Keys(found)) {
		users = append(users, found[id])
		if organization := found[id].OrganizationID; organization != nil {
			organizations.Add(*organization)
		}
	}
	return rest.AddAssets(ctx, assets, s.userView(who), users)
}

func (s *Room) AddOrganizations(ctx context.Context, who *desk.Caller, assets *rest.Record, ids rest.Set[desk.OrganizationID]) error {
	if len(ids) == 0 {
		return nil
	}
	of := store.Filter[desk.OrganizationID]{IDs: slices.Collect(maps.Keys(ids))}
	found, err := store.Organizations.List(ctx, s.Store, of, nil, store.Page{Limit: len(ids)})
	if err != nil {
		return err
	}
	return rest.AddAssets(ctx, assets, s.organizationView(who), found)
}
