package catalog

import (
	"context"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
	"postroom/internal/store/table"
)

// Roles are what people may do here.
var Roles = &table.Of[desk.Role, desk.RoleID]{
	Class:  "Role",
	Name:   "roles",
	Search: "name, note",
	Select: `
		SELECT id, name, preferences, default_at_signup, active, note, updated_by_id, created_by_id, created_at, updated_at
		FROM roles`,
	Create: `
		INSERT INTO roles (name, preferences, default_at_signup, active, note, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $5, $6, $6)
		RETURNING id`,
	Update: `
		UPDATE roles
		SET name = $1, preferences = $2, default_at_signup = $3, active = $4, note = $5, updated_by_id = $6, updated_at = now()
		WHERE id = $7`,
	Values: func(v desk.Role) []any {
		return []any{v.Name, pg.Object(v.Preferences), v.DefaultAtSignup, v.Active, v.Note, v.UpdatedByID}
	},
	Parts: func(v *desk.Role) (*desk.RoleID, *desk.Stamp) { return &v.ID, &v.Stamp },
}

const roleLinks = `
	SELECT r.id,
		ARRAY(SELECT permission_id FROM permissions_roles WHERE role_id = r.id ORDER BY permission_id),
		(SELECT json_object_agg(group_id, levels)
			FROM (SELECT group_id, json_agg(access ORDER BY access) AS levels FROM roles_groups WHERE role_id = r.id GROUP BY group_id) g),
		ARRAY(SELECT id FROM knowledge_base_permissions WHERE role_id = r.id ORDER BY id)
	FROM roles r
	WHERE r.id = ANY($1)`

// RoleLinks returns the ties of those of the roles that exist.
func (s Keeper) RoleLinks(ctx context.Context, ids []desk.RoleID) (map[desk.RoleID]desk.RoleLinks, error) {
	return pg.Keyed[desk.RoleID](ctx, s.DB, "links of roles", roleLinks,
		func(l *desk.RoleLinks) []any {
			return []any{&l.PermissionIDs, &l.Groups, &l.KnowledgeBasePermissionIDs}
		}, ids)
}

// Permissions returns every permission by id.
func (s Keeper) Permissions(ctx context.Context) (map[desk.PermissionID]desk.Permission, error) {
	return pg.ByID(ctx, s.DB, `
		SELECT id, name, label, description, preferences, allow_signup, active, created_at, updated_at
		FROM permissions`, func(p desk.Permission) desk.PermissionID { return p.ID })
}

// SetRolePermissions replaces what a role permits.
func (s Keeper) SetRolePermissions(ctx context.Context, id desk.RoleID, permissions []desk.PermissionID) error {
	return pg.ReplaceLinks(ctx, s.DB, "permissions_roles", "role_id", "permission_id", int64(id), pg.Plain(permissions))
}

// SetRoleGroups replaces a role's access to groups.
func (s Keeper) SetRoleGroups(ctx context.Context, id desk.RoleID, groups desk.GroupAccess) error {
	return pg.ReplaceAccess(ctx, s.DB, "roles_groups", "role_id", int64(id), groups)
}
