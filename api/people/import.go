package people

import (
	"context"

	"postroom/api/rest"
	"postroom/internal/csvimport"
	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/internal/store/directory"
	"postroom/internal/store/table"
)

func (s *Room) organizationImport() *rest.Import {
	columns := func(c *desk.Catalog, o desk.Organization) rest.Record {
		alone := organizationRecord(o, desk.OrganizationLinks{}).Without("member_ids", "secondary_member_ids")
		return alone.WithCustom(c.CustomAttributes("Organization"), o.Custom)
	}
	lines := rest.ImportOf(s.organizations(), columns)
	lines.Kind = csvimport.Kind{
		Class:  directory.Organizations.Class,
		Lookup: []string{"id", "name"},
		Columns: rest.WithStamps("id", "name", "shared", "domain", "domain_assignment", "active", "vip", "note",
			"members", "member_ids", "secondary_members", "secondary_member_ids"),
		Several: []string{"members", "member_ids", "secondary_members", "secondary_member_ids"},
	}
	lines.Shown = []string{"id", "name", "shared", "domain", "domain_assignment", "active", "vip", "note", "members", "secondary_members"}
	lines.File = "organization-example.csv"
	return lines
}

// userColumns are what the example of a file of users has.
var userColumns = []string{
	"id", "login", "firstname", "lastname", "email", "organization", "organizations", "roles", "web", "phone", "fax", "mobile", "department",
	"street", "zip", "city", "country", "address", "vip", "verified", "active", "note", "out_of_office", "out_of_office_start_at",
	"out_of_office_end_at", "out_of_office_replacement",
}

func (s *Room) userImport() *rest.Import {
	also := []string{"organization_id", "organization_ids", "role_ids", "preferences", "out_of_office_replacement_id", "last_login"}
	return &rest.Import{
		House:  s.House,
		Object: "User",
		Kind: csvimport.Kind{
			Class:   "User",
			Lookup:  []string{"id", "login", "email"},
			Columns: rest.WithStamps(append(also, userColumns...)...),
			Ignored: []string{
				"password", "login_failed", "source", "image_source", "image", "authorizations", "groups", "two_factor_preferences", "overview_sortings",
			},
			Several: []string{"organizations", "organization_ids", "roles", "role_ids"},
			Locked:  []int64{int64(desk.SystemUser)},
		},
		Shown: userColumns,
		File:  "user-example.csv",
		Find: func(ctx context.Context, tx *store.Store, column string, values []string) (map[string]int64, error) {
			return tx.RecogniseUsers(ctx, column, values)
		},
		Make: func(ctx context.Context, tx *store.Store, in *rest.Input) (int64, error) {
			user, err := NewUser(ctx, tx, in)
			return int64(user.ID), err
		},
		Change: func(ctx context.Context, tx *store.Store, in *rest.Input, id int64) error {
			return changeUser(ctx, tx, in, desk.UserID(id))
		},
		Columns: func(ctx context.Context, tx *store.Store, c *desk.Catalog, ids []int64) (map[int64]rest.Record, error) {
			wanted := make([]desk.UserID, len(ids))
			for i, id := range ids {
				wanted[i] = desk.UserID(id)
			}
			users, err := tx.Users(ctx, wanted)
			shown := make(map[int64]rest.Record, len(users))
			for id, user := range users {
				shown[int64(id)] = userRecord(user).WithCustom(c.CustomAttributes("User"), user.Custom)
			}
			return shown, err
		},
		Examples: func(ctx context.Context, who *desk.Caller, page table.Page) ([]rest.Record, error) {
			users, err := s.Store.ListUsers(ctx, directory.Filter{NotSystem: true}, nil, page)
			if err != nil {
				return nil, err
			}
			return s.UserView(who).Show(ctx, users, rest.ShapeExpand)
		},
	}
}
