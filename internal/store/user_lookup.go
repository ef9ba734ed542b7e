package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
)

const userIDsByName = `
	SELECT DISTINCT ON (name) name, u.id
	FROM unnest($1::text[]) AS name
	JOIN users u ON u.login = lower(name) OR u.email = lower(name) AND u.email <> ''
	ORDER BY name, u.login = lower(name) DESC, u.id`

// UserLogins returns the logins of those of the users that exist.
func (s *Store) UserLogins(ctx context.Context, ids []desk.UserID) (map[desk.UserID]string, error) {
	if len(ids) == 0 {
		return map[desk.UserID]string{}, nil
	}
	found, err := names[desk.UserID](ctx, s, `SELECT id, login FROM users WHERE id = ANY($1)`, ids)
	if err != nil {
		return nil, fmt.Errorf("logins: %w", translate(err))
	}
	return found, nil
}

// OrganizationNames returns the names of those of the organizations that exist.
func (s *Store) OrganizationNames(ctx context.Context, ids []desk.OrganizationID) (map[desk.OrganizationID]string, error) {
	if len(ids) == 0 {
		return map[desk.OrganizationID]string{}, nil
	}
	found, err := names[desk.OrganizationID](ctx, s, `SELECT id, name FROM organizations WHERE id = ANY($1)`, ids)
	if err != nil {
		return nil, fmt.Errorf("names of organizations: %w", translate(err))
	}
	return found, nil
}

// UserIDsByName finds users by login or else mail address, whatever their case. Names of nobody
// are left out.
func (s *Store) UserIDsByName(ctx context.Context, wanted []string) (map[string]desk.UserID, error) {
	return idsByName[desk.UserID](ctx, s, userIDsByName, wanted)
}

// OrganizationIDsByName finds organizations by their exact name. Names of none are left out.
func (s *Store) OrganizationIDsByName(ctx context.Context, wanted []string) (map[string]desk.OrganizationID, error) {
	return idsByName[desk.OrganizationID](ctx, s, `SELECT name, id FROM organizations WHERE name = ANY($1)`, wanted)
}

// RoleNames returns the names of all roles: there are few.
func (s *Store) RoleNames(ctx context.Context) (map[desk.RoleID]string, error) {
	found, err := names[desk.RoleID](ctx, s, `SELECT id, name FROM roles`)
	if err != nil {
		return nil, fmt.Errorf("names of roles: %w", translate(err))
	}
	return found, nil
}

func idsByName[T ~int64](ctx context.Context, s *Store, sql string, wanted []string) (map[string]T, error) {
	found := make(map[string]T, len(wanted))
	if len(wanted) == 0 {
		return found, nil
	}
	rows, _ := s.db.Query(ctx, sql, wanted)
	var name string
	var id T
	if _, err := pgx.ForEachRow(rows, []any{&name, &id}, func() error { found[name] = id; return nil }); err != nil {
		return nil, fmt.Errorf("ids by name: %w", translate(err))
	}
	return found, nil
}

// existing returns those of the ids that are in a table.
func existing[T ~int64](ctx context.Context, s *Store, table string, ids []T) (map[T]bool, error) {
	found := make(map[T]bool, len(ids))
	if len(ids) == 0 {
		return found, nil
	}
	rows, _ := s.db.Query(ctx, `SELECT id FROM `+pgx.Identifier{table}.Sanitize()+` WHERE id = ANY($1)`, ids)
	var id T
	if _, err := pgx.ForEachRow(rows, []any{&id}, func() error { found[id] = true; return nil }); err != nil {
		return nil, fmt.Errorf("ids in %s: %w", table, translate(err))
	}
	return found, nil
}

// ExistingUsers returns those of the ids that are users.
func (s *Store) ExistingUsers(ctx context.Context, ids []desk.UserID) (map[desk.UserID]bool, error) {
	return existing(ctx, s, "users", ids)
}

// ExistingOrganizations returns those of the ids that are organizations.
func (s *Store) ExistingOrganizations(ctx context.Context, ids []desk.OrganizationID) (map[desk.OrganizationID]bool, error) {
	return existing(ctx, s, "organizations", ids)
}
