package indexing

import (
	"context"

	"postroom/internal/desk"
	"postroom/internal/document"
	"postroom/internal/store/directory"
	"postroom/internal/store/pg"
)

// People are users with what they may, by id.
type People map[desk.UserID]document.Person

const rolesToIndex = `
	SELECT ru.user_id,
		array_agg(DISTINCT ru.role_id),
		array_remove(array_agg(DISTINCT p.name), NULL)
	FROM roles_users ru
	JOIN roles r ON r.id = ru.role_id
	LEFT JOIN permissions_roles pr ON pr.role_id = r.id AND r.active
	LEFT JOIN permissions p ON p.id = pr.permission_id AND p.active
	WHERE ru.user_id = ANY($1)
	GROUP BY ru.user_id`

// PeopleToIndex reads users with their roles and permissions.
func (s Keeper) PeopleToIndex(ctx context.Context, ids []desk.UserID) (People, error) {
	people := People{}
	if len(ids) == 0 {
		return people, nil
	}
	ids = pg.Distinct(ids)
	users, err := pg.Many[desk.User](ctx, s.DB, "users to index", directory.UsersByID, ids)
	if err != nil {
		return nil, err
	}
	roles, err := pg.Keyed[desk.UserID](ctx, s.DB, "roles to index", rolesToIndex, func(p *document.Person) []any {
		return []any{&p.RoleIDs, &p.Permissions}
	}, ids)
	if err != nil {
		return nil, err
	}
	for _, u := range users {
		person := roles[u.ID]
		person.User = u
		people[u.ID] = person
	}
	return people, nil
}

const organizationsToIndex = `
	SELECT id, name, shared, domain, domain_assignment, active, vip, note, custom, updated_by_id, created_by_id, created_at, updated_at
	FROM organizations
	WHERE id = ANY($1)`

func (s Keeper) organizations(ctx context.Context, ids []desk.OrganizationID) (map[desk.OrganizationID]desk.Organization, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return pg.ByID(ctx, s.DB, organizationsToIndex, func(o desk.Organization) desk.OrganizationID { return o.ID }, pg.Distinct(ids))
}

// OrganizationsOf reads the organizations of users.
func (s Keeper) OrganizationsOf(ctx context.Context, people People) (map[desk.OrganizationID]desk.Organization, error) {
	var ids []desk.OrganizationID
	for _, p := range people {
		if p.OrganizationID != nil {
			ids = append(ids, *p.OrganizationID)
		}
	}
	return s.organizations(ctx, ids)
}

const membersToIndex = `
	SELECT o.id, ARRAY(SELECT id FROM users WHERE organization_id = o.id ORDER BY id LIMIT $2)
	FROM organizations o
	WHERE o.id = ANY($1)`

// Companies are organizations with their people.
type Companies struct {
	Organizations map[desk.OrganizationID]desk.Organization
	Members       map[desk.OrganizationID][]desk.UserID
	People        People
}

// CompaniesToIndex reads organizations with their members, of each as many as a document holds.
func (s Keeper) CompaniesToIndex(ctx context.Context, ids []int64) (c Companies, err error) {
	organizations := make([]desk.OrganizationID, len(ids))
	for i, id := range ids {
		organizations[i] = desk.OrganizationID(id)
	}
	if c.Organizations, err = s.organizations(ctx, organizations); err != nil {
		return c, err
	}
	c.Members, err = pg.Keyed[desk.OrganizationID](ctx, s.DB, "members to index", membersToIndex, pg.Whole[[]desk.UserID], ids, document.MaxMembers)
	if err != nil {
		return c, err
	}
	var people []desk.UserID
	for _, members := range c.Members {
		people = append(people, members...)
	}
	for _, o := range c.Organizations {
		people = append(people, o.CreatedByID, o.UpdatedByID)
	}
	c.People, err = s.PeopleToIndex(ctx, people)
	return c, err
}
