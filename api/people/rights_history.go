package people

import (
	"context"

	"postroom/internal/desk"
	"postroom/internal/desk/history"
	"postroom/internal/store"
	"postroom/internal/store/catalog"
)

// noteRights notes in a user's history which roles, organizations and groups somebody is about to give
// or take. Those of a new user are part of how it began.
func (f *userForm) noteRights(ctx context.Context, tx *store.Store, c *desk.Catalog) error {
	if f.before.ID == 0 || f.roles == nil && f.organizations == nil && f.groups == nil {
		return nil
	}
	links, err := tx.UserLinks(ctx, []desk.UserID{f.user.ID})
	if err != nil {
		return err
	}
	had := links[f.user.ID]
	has := had
	if f.roles != nil {
		has.RoleIDs = *f.roles
	}
	if f.organizations != nil {
		has.OrganizationIDs = *f.organizations
	}
	if f.groups != nil {
		has.Groups = *f.groups
	}
	roles, err := catalog.Roles.Names(ctx, tx.DB)
	if err != nil {
		return err
	}
	names, err := tx.NamesOf(ctx, nil, append(had.OrganizationIDs[:len(had.OrganizationIDs):len(had.OrganizationIDs)], has.OrganizationIDs...))
	if err != nil {
		return err
	}
	named := func(l desk.UserLinks) history.UserRights {
		groups := map[desk.GroupID]string{}
		for id, levels := range l.Groups {
			if len(levels) > 0 {
				groups[id] = history.AccessName(c.Groups[id].Name, levels)
			}
		}
		return history.UserRights{Roles: among(roles, l.RoleIDs), Organizations: among(names.Organizations, l.OrganizationIDs), Groups: groups}
	}
	return tx.AddHistory(ctx, history.RightsChanges(f.user.ID, named(had), named(has), f.user.UpdatedByID))
}

// among are the names of some ids.
func among[ID comparable](names map[ID]string, ids []ID) map[ID]string {
	some := map[ID]string{}
	for _, id := range ids {
		some[id] = names[id]
	}
	return some
}
