package finder

import (
	"context"

	"postroom/internal/desk"
	"postroom/internal/elastic"
	"postroom/internal/store/directory"
	"postroom/internal/store/table"
)

// FieldsOfUser are where words without a name are looked for, as PostgreSQL does.
func FieldsOfUser() []string {
	return []string{
		"login", "firstname", "lastname", "email", "phone", "mobile", "fax", "web", "department", "street", "zip", "city", "country",
		"address", "note",
	}
}

// FieldsOfOrganization are the same of organizations.
func FieldsOfOrganization() []string { return []string{"name", "domain", "note"} }

func byIDLast(orders []table.Order) []table.Order {
	return append(append([]table.Order{}, orders...), table.Order{Column: "id"})
}

func aboutUsers(filter directory.Filter, orders []table.Order, page table.Page) question {
	q := question{
		object: elastic.User, text: filter.Engine, fields: FieldsOfUser(), orders: byIDLast(orders), page: page,
		plain: filter.Condition == nil && len(filter.RoleIDs) == 0 && len(filter.Permissions) == 0 && len(filter.Groups) == 0,
	}
	if filter.IDs != nil {
		q.filter = append(q.filter, oneOf("id", filter.IDs))
	}
	if filter.NotSystem {
		q.filter = append(q.filter, map[string]any{"range": map[string]any{"id": map[string]any{"gt": 1}}})
	}
	return q
}

// Users returns the users that a filter finds.
func (f *Finder) Users(ctx context.Context, filter directory.Filter, orders []table.Order, page table.Page) ([]desk.User, error) {
	found, ok := f.ask(ctx, aboutUsers(filter, orders, page))
	if !ok {
		return f.store.ListUsers(ctx, filter, orders, page)
	}
	ids := make([]desk.UserID, len(found.Hits))
	for i, hit := range found.Hits {
		ids[i] = desk.UserID(hit.ID)
	}
	users, err := f.store.ListUsers(ctx, directory.Filter{IDs: ids, NotSystem: filter.NotSystem}, nil, table.Page{Limit: len(ids)})
	return inOrder(idsOf(found), users, func(u desk.User) int64 { return int64(u.ID) }), err
}

// CountUsers returns how many users a filter finds.
func (f *Finder) CountUsers(ctx context.Context, filter directory.Filter) (int, error) {
	q := aboutUsers(filter, nil, table.Page{})
	q.count = true
	if found, ok := f.ask(ctx, q); ok {
		return int(found.Total), nil
	}
	return f.store.CountUsers(ctx, filter)
}

func aboutOrganizations(filter table.Filter[desk.OrganizationID], orders []table.Order, page table.Page) question {
	q := question{
		object: elastic.Organization, text: filter.Engine, fields: FieldsOfOrganization(), orders: byIDLast(orders), page: page,
		plain: filter.Condition == nil && len(filter.Words) == 0 && !filter.OnlyActive && filter.InGroups == nil,
	}
	if filter.IDs != nil {
		q.filter = append(q.filter, oneOf("id", filter.IDs))
	}
	return q
}

// Organizations returns the organizations that a filter finds.
func (f *Finder) Organizations(ctx context.Context, filter table.Filter[desk.OrganizationID], orders []table.Order, page table.Page) ([]desk.Organization, error) {
	found, ok := f.ask(ctx, aboutOrganizations(filter, orders, page))
	if !ok {
		return directory.Organizations.List(ctx, f.store.DB, filter, orders, page)
	}
	ids := make([]desk.OrganizationID, len(found.Hits))
	for i, hit := range found.Hits {
		ids[i] = desk.OrganizationID(hit.ID)
	}
	of := table.Filter[desk.OrganizationID]{IDs: ids}
	organizations, err := directory.Organizations.List(ctx, f.store.DB, of, nil, table.Page{Limit: len(ids)})
	return inOrder(idsOf(found), organizations, func(o desk.Organization) int64 { return int64(o.ID) }), err
}

// CountOrganizations returns how many organizations a filter finds.
func (f *Finder) CountOrganizations(ctx context.Context, filter table.Filter[desk.OrganizationID]) (int, error) {
	q := aboutOrganizations(filter, nil, table.Page{})
	q.count = true
	if found, ok := f.ask(ctx, q); ok {
		return int(found.Total), nil
	}
	return directory.Organizations.Count(ctx, f.store.DB, filter)
}
