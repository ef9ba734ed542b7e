package store

import (
	"context"

	"postroom/internal/desk"
)

// Roles are what people may do here.
var Roles = &Table[desk.Role, desk.RoleID]{
	Class:  "Role",
	name:   "roles",
	search: "name, note",
	all: `
		SELECT id, name, preferences, default_at_signup, active, note, updated_by_id, created_by_id, created_at, updated_at
		FROM roles`,
	insert: `
		INSERT INTO roles (name, preferences, default_at_signup, active, note, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $5, $6, $6)
		RETURNING id`,
	save: `
		UPDATE roles
		SET name = $1, preferences = $2, default_at_signup = $3, active = $4, note = $5, updated_by_id = $6, updated_at = now()
		WHERE id = $7`,
	values: func(v desk.Role) []any {
		return []any{v.Name, object(v.Preferences), v.DefaultAtSignup, v.Active, v.Note, v.UpdatedByID}
	},
	parts: func(v *desk.Role) (*desk.RoleID, *desk.Stamp) { return &v.ID, &v.Stamp },
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
	return keyed[desk.RoleID](ctx, s, "links of roles", roleLinks,
		func(l *desk.RoleLinks) []any { return []any{&l.PermissionIDs, &l.Groups} }, ids)
}

// Permissions returns every permission by id.
func (s *Store) Permissions(ctx context.Context) (map[desk.PermissionID]desk.Permission, error) {
	return byID(ctx, s, `
		SELECT id, name, label, description, preferences, allow_signup, active, created_at, updated_at
		FROM permissions`, func(p desk.Permission) desk.PermissionID { return p.ID })
}

// SetRolePermissions replaces what a role permits.
func (s *Store) SetRolePermissions(ctx context.Context, id desk.RoleID, permissions []desk.PermissionID) error {
	return s.replaceLinks(ctx, "permissions_roles", "role_id", "permission_id", int64(id), plain(permissions))
}

// SetRoleGroups replaces a role's access to groups.
func (s *Store) SetRoleGroups(ctx context.Context, id desk.RoleID, groups desk.GroupAccess) error {
	return s.replaceAccess(ctx, "roles_groups", "role_id", int64(id), groups)
}
