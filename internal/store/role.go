package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
)

const allRoles = `
	SELECT id, name, preferences, default_at_signup, active, note, updated_by_id, created_by_id, created_at, updated_at
	FROM roles`

// ListRoles returns one page of roles whose name or note contains each of the words.
func (s *Store) ListRoles(ctx context.Context, words []string, orders []Order, page Page) ([]desk.Role, error) {
	var args arguments
	sql := allRoles + roleWords(words, &args)
	return listed[desk.Role](ctx, s, sql, orders, page, args...)
}

// CountRoles returns how many roles have name or note with each of the words.
func (s *Store) CountRoles(ctx context.Context, words []string) (int, error) {
	var args arguments
	sql := allRoles + roleWords(words, &args)
	return s.count(ctx, sql, args...)
}

func roleWords(words []string, args *arguments) string {
	conditions := []string{"true"}
	for _, word := range words {
		conditions = append(conditions, `concat_ws(E'\n', name, note) ILIKE `+args.add(containing(word)))
	}
	return " WHERE " + strings.Join(conditions, " AND ")
}

// Role returns one role, or a *desk.MissingError.
func (s *Store) Role(ctx context.Context, id desk.RoleID) (desk.Role, error) {
	return one[desk.Role](ctx, s, allRoles, "Role", int64(id))
}

const roleLinks = `
	SELECT r.id,
		ARRAY(SELECT permission_id FROM permissions_roles WHERE role_id = r.id ORDER BY permission_id),
		(SELECT json_object_agg(group_id, levels)
			FROM (SELECT group_id, json_agg(access ORDER BY access) AS levels FROM roles_groups WHERE role_id = r.id GROUP BY group_id) g)
	FROM roles r
	WHERE r.id = ANY($1)`

// RoleLinks returns the ties of those of the roles that exist.
func (s *Store) RoleLinks(ctx context.Context, ids []desk.RoleID) (map[desk.RoleID]desk.RoleLinks, error) {
	rows, _ := s.db.Query(ctx, roleLinks, ids)
	all := make(map[desk.RoleID]desk.RoleLinks, len(ids))
	_, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
		var id desk.RoleID
		var links desk.RoleLinks
		var groups []byte
		if err := row.Scan(&id, &links.PermissionIDs, &groups); err != nil {
			return struct{}{}, err
		}
		if len(groups) > 0 {
			if err := json.Unmarshal(groups, &links.Groups); err != nil {
				return struct{}{}, err
			}
		}
		all[id] = links
		return struct{}{}, nil
	})
	if err != nil {
		return nil, fmt.Errorf("links of roles: %w", translate(err))
	}
	return all, nil
}

// Permissions returns every permission by id.
func (s *Store) Permissions(ctx context.Context) (map[desk.PermissionID]desk.Permission, error) {
	return byID(ctx, s, `
		SELECT id, name, label, description, preferences, allow_signup, active, created_at, updated_at
		FROM permissions`, func(p desk.Permission) desk.PermissionID { return p.ID })
}

// CheckRoleName refuses a name that is blank or another role's.
func (s *Store) CheckRoleName(ctx context.Context, r desk.Role) error {
	return s.checkName(ctx, "roles", r.Name, int64(r.ID))
}

// InsertRole stores a new role and fills its id.
func (s *Store) InsertRole(ctx context.Context, r *desk.Role) error {
	err := s.db.QueryRow(ctx, `
		INSERT INTO roles (name, preferences, default_at_signup, active, note, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $5, $6, $6)
		RETURNING id`, r.Name, object(r.Preferences), r.DefaultAtSignup, r.Active, r.Note, r.UpdatedByID).Scan(&r.ID)
	if err != nil {
		return fmt.Errorf("insert role: %w", translate(err))
	}
	return nil
}

// SaveRole stores a changed role.
func (s *Store) SaveRole(ctx context.Context, r desk.Role) error {
	return s.exec(ctx, "save role", `
		UPDATE roles
		SET name = $1, preferences = $2, default_at_signup = $3, active = $4, note = $5, updated_by_id = $6, updated_at = now()
		WHERE id = $7`, r.Name, object(r.Preferences), r.DefaultAtSignup, r.Active, r.Note, r.UpdatedByID, r.ID)
}

// SetRolePermissions replaces what a role permits.
func (s *Store) SetRolePermissions(ctx context.Context, id desk.RoleID, permissions []desk.PermissionID) error {
	return s.replaceLinks(ctx, "permissions_roles", "role_id", "permission_id", int64(id), plain(permissions))
}

// SetRoleGroups replaces a role's access to groups.
func (s *Store) SetRoleGroups(ctx context.Context, id desk.RoleID, groups desk.GroupAccess) error {
	return s.replaceAccess(ctx, "roles_groups", "role_id", int64(id), groups)
}
