package people

import (
	"context"
	"maps"
	"slices"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/store/catalog"
	"postroom/internal/store/directory"
	"postroom/internal/store/table"
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

// AddPeople brings their roles along, and what is seen of their organizations into the set of those to add.
func (s *Room) AddPeople(ctx context.Context, who *desk.Caller, assets *rest.Record, ids rest.Set[desk.UserID], organizations rest.Set[desk.OrganizationID]) error {
	found, err := s.Store.Users(ctx, slices.Collect(maps.Keys(ids)))
	if err != nil {
		return err
	}
	var users []desk.User
	for _, id := range slices.Sorted(maps.Keys(found)) {
		users = append(users, found[id])
	}
	if len(users) == 0 {
		return nil
	}
	view := s.UserView(who)
	shown, err := view.Show(ctx, users, rest.ShapeFull)
	if err != nil {
		return err
	}
	*assets = append(*assets, view.Assets(users, shown)...)
	maps.Copy(organizations, organizationsOf(users, shown))
	roles := rest.Set[desk.RoleID]{}
	for _, r := range shown {
		ids, _ := r.Get("role_ids").([]desk.RoleID) // customers see only their own
		roles.Add(ids...)
	}
	return s.addRoles(ctx, who, assets, roles)
}

func (s *Room) addRoles(ctx context.Context, who *desk.Caller, assets *rest.Record, ids rest.Set[desk.RoleID]) error {
	if len(ids) == 0 {
		return nil
	}
	of := table.Filter[desk.RoleID]{IDs: slices.Collect(maps.Keys(ids))}
	found, err := catalog.Roles.List(ctx, s.Store.DB, of, nil, table.Page{Limit: len(ids)})
	if err != nil {
		return err
	}
	return rest.AddAssets(ctx, assets, s.roleView(who), found)
}

func (s *Room) AddOrganizations(ctx context.Context, who *desk.Caller, assets *rest.Record, ids rest.Set[desk.OrganizationID]) error {
	if len(ids) == 0 {
		return nil
	}
	of := table.Filter[desk.OrganizationID]{IDs: slices.Collect(maps.Keys(ids))}
	found, err := directory.Organizations.List(ctx, s.Store.DB, of, nil, table.Page{Limit: len(ids)})
	if err != nil {
		return err
	}
	return rest.AddAssets(ctx, assets, s.organizationView(who), found)
}

// MaySeeOrganization lets those see all organizations who work with them, others their own.
func MaySeeOrganization(who *desk.Caller, id desk.OrganizationID) bool {
	return seesOrganizations(who) || slices.Contains(who.Organizations(), id)
}
