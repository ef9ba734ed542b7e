package api

import (
	"context"
	"strings"

	"postroom/internal/desk"
	"postroom/internal/store"
)

func (s *Server) roles() *resource[desk.Role, desk.RoleID] {
	return &resource[desk.Role, desk.RoleID]{
		server:   s,
		table:    store.Roles,
		view:     s.roleView,
		sortable: []string{"name", "default_at_signup", "active", "note"},
		choice:   func(role desk.Role) (string, bool) { return role.Name, role.Active },
		found:    newestFirst,
		fresh:    func() desk.Role { return desk.Role{Active: true, Preferences: map[string]any{}} },
		read:     readRole,
		link:     setRoleLinks,
		around: func(ctx context.Context, tx *store.Store, change func() error) error {
			return tx.KeepAdmin(ctx, change)
		},
		stays: true,
	}
}

// roleView shows roles to whoever makes the request.
func (s *Server) roleView(who *desk.Caller) view[desk.Role] {
	shown := viewOf(s, store.Roles)
	shown.records = linked(store.Roles.ID, s.Store.RoleLinks, func(role desk.Role, links desk.RoleLinks) record {
		return record{
			{"id", role.ID}, {"name", role.Name}, {"preferences", role.Preferences}, {"default_at_signup", role.DefaultAtSignup},
			{"active", role.Active}, {"note", role.Note},
		}.stamped(role.Stamp).with("permission_ids", links.PermissionIDs).
			with("knowledge_base_permission_ids", []int64{}).with("group_ids", links.Groups)
	})
	shown.expand = s.expandRoles
	if !who.Sees() {
		shown.cut = func(role desk.Role, r record) record {
			cut := record{{"id", role.ID}, {"name", "Role_" + idText(role.ID)}}
			return append(cut, r.only("group_ids", "permission_ids", "active")...)
		}
	}
	return shown
}

func (s *Server) expandRoles(ctx context.Context, roles []desk.Role, records []record) error {
	permissions, err := s.Store.Permissions(ctx)
	if err != nil {
		return err
	}
	called := make(map[desk.PermissionID]string, len(permissions))
	for id, permission := range permissions {
		called[id] = permission.Name
	}
	catalog, err := s.Store.Catalog(ctx)
	if err != nil {
		return err
	}
	for i := range roles {
		r := &records[i]
		r.add("permissions", namesIn(r.get("permission_ids").([]desk.PermissionID), called))
		r.add("knowledge_base_permissions", []string{})
		r.add("groups", groupNames(r.get("group_ids").(desk.GroupAccess), catalog))
	}
	return s.addStamps(ctx, stampsOf(roles, store.Roles.Stamp), records)
}

func readRole(ctx context.Context, tx *store.Store, in *input, role *desk.Role) error {
	in.name(&role.Name)
	in.html(&role.Note, "note", maxNote)
	in.flag(&role.Active, "active")
	in.flag(&role.DefaultAtSignup, "default_at_signup")
	in.object(&role.Preferences, "preferences")
	if in.err != nil {
		return in.err
	}
	return store.Roles.CheckName(ctx, tx, role.Name, role.ID)
}

// setRoleLinks stores what a role permits and to which groups it gives access.
func setRoleLinks(ctx context.Context, tx *store.Store, in *input, role desk.Role) error {
	all, err := tx.Permissions(ctx)
	if err != nil {
		return err
	}
	former, err := tx.RoleLinks(ctx, []desk.RoleID{role.ID})
	if err != nil {
		return err
	}
	links := former[role.ID]
	permissions, sent, err := idsNamed(ctx, in.p, "permission", "permissions", among(all, permissionName))
	if err != nil {
		return err
	}
	if sent {
		links.PermissionIDs = permissions
	}
	if err := checkPermissions(role, links.PermissionIDs, all); err != nil {
		return err
	}
	groups, sent, err := accessSent(in.p, in.catalog)
	if err != nil {
		return err
	}
	if sent {
		links.Groups = groups
	}
	if !holds(links.PermissionIDs, all, "ticket.agent") {
		links.Groups = nil // access to groups is for agents
	}
	if err := links.Groups.ValidAccess("Role"); err != nil {
		return err
	}
	if err := tx.SetRolePermissions(ctx, role.ID, links.PermissionIDs); err != nil {
		return err
	}
	return tx.SetRoleGroups(ctx, role.ID, links.Groups)
}

func permissionName(p desk.Permission) string { return p.Name }

// checkPermissions refuses permissions that can't be given, not together, or not to whoever comes.
func checkPermissions(role desk.Role, ids []desk.PermissionID, all map[desk.PermissionID]desk.Permission) error {
	var notForSignup []string
	for _, id := range ids {
		permission := all[id]
		if off, _ := permission.Preferences["disabled"].(bool); off {
			return invalid("permission_ids", "Permission %s is disabled", permission.Name)
		}
		for _, other := range list(permission.Preferences["not"]) {
			if holds(ids, all, other) {
				return invalid("permission_ids", "Permission %s conflicts with %s", permission.Name, other)
			}
		}
		if !permission.AllowSignup {
			notForSignup = append(notForSignup, permission.Name)
		}
	}
	if role.DefaultAtSignup && len(notForSignup) > 0 {
		return invalid("default_at_signup", "Cannot set default at signup when role has %s permissions.", strings.Join(notForSignup, ", "))
	}
	return nil
}

// list is a JSON list of texts.
func list(value any) []string {
	var all []string
	values, _ := value.([]any)
	for _, v := range values {
		if text, ok := v.(string); ok {
			all = append(all, text)
		}
	}
	return all
}

// holds reports whether permissions contain one, itself or through a parent.
func holds(ids []desk.PermissionID, all map[desk.PermissionID]desk.Permission, name string) bool {
	held := &desk.Caller{}
	for _, id := range ids {
		held.Permissions = append(held.Permissions, all[id].Name)
	}
	return held.UserCan(name)
}
