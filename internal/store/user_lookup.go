package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
)

// UserLogins returns the logins of those of the users that exist.
func (s *Store) UserLogins(ctx context.Context, ids []desk.UserID) (map[desk.UserID]string, error) {
	logins := make(map[desk.UserID]string, len(ids))
	if len(ids) == 0 {
		return logins, nil
	}
	rows, _ := s.db.Query(ctx, `SELECT id, login FROM users WHERE id = ANY($1)`, ids)
	var id desk.UserID
	var login string
	_, err := pgx.ForEachRow(rows, []any{&id, &login}, func() error { logins[id] = login; return nil })
	if err != nil {
		return nil, fmt.Errorf("logins: %w", translate(err))
	}
	return logins, nil
}

const userIDsByName = `
	SELECT DISTINCT ON (name) name, u.id
	FROM unnest($1::text[]) AS name
	JOIN users u ON u.login = lower(name) OR u.email = lower(name) AND u.email <> ''
	ORDER BY name, u.login = lower(name) DESC, u.id`

// UserIDsByName finds users by login or else mail address, whatever their case. Names of nobody
// are left out.
func (s *Store) UserIDsByName(ctx context.Context, names []string) (map[string]desk.UserID, error) {
	return idsByName[desk.UserID](ctx, s, userIDsByName, names)
}

// OrganizationIDsByName finds organizations by their exact name. Names of none are left out.
func (s *Store) OrganizationIDsByName(ctx context.Context, wanted []string) (map[string]desk.OrganizationID, error) {
	return idsByName[desk.OrganizationID](ctx, s, `SELECT name, id FROM organizations WHERE name = ANY($1)`, wanted)
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

// RoleNames returns the names of all roles: there are few.
func (s *Store) RoleNames(ctx context.Context) (map[desk.RoleID]string, error) {
	found, err := names[desk.RoleID](ctx, s, `SELECT id, name FROM roles`)
	if err != nil {
		return nil, fmt.Errorf("names of roles: %w", translate(err))
	}
	return found, nil
}

// PermissionNames returns the names of all permissions.
func (s *Store) PermissionNames(ctx context.Context) (map[desk.PermissionID]string, error) {
	found, err := names[desk.PermissionID](ctx, s, `SELECT id, name FROM permissions`)
	if err != nil {
		return nil, fmt.Errorf("names of permissions: %w", translate(err))
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
