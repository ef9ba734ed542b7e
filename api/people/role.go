package people

import (
	"context"
	"strings"
	"time"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/forms"
	"postroom/internal/store"
	"postroom/internal/store/catalog"
)

func (s *Room) roles() *rest.Resource[desk.Role, desk.RoleID] {
	return &rest.Resource[desk.Role, desk.RoleID]{
		House:    s.House,
		Table:    catalog.Roles,
		View:     s.roleView,
		Sortable: []string{"name", "default_at_signup", "active", "note"},
		Choice:   func(role desk.Role) (string, bool) { return role.Name, role.Active },
		Found:    rest.NewestFirst,
		Fresh:    func() desk.Role { return desk.Role{Active: true, Preferences: map[string]any{}} },
		Read:     readRole,
		Link:     setRoleLinks,
		Around: func(ctx context.Context, tx *store.Store, change func() error) error {
			c, err := tx.Catalog(ctx)
			if err != nil {
				return err
			}
			return tx.KeepAdmin(ctx, func() error {
				return tx.KeepAgentLimit(ctx, c.Settings.Int("system_agent_limit"), change)
			})
		},
		Stays: true,
	}
}

// roleView shows roles to whoever makes the request.
func (s *Room) roleView(who *desk.Caller) rest.View[desk.Role] {
	shown := rest.ViewOf(s.House, catalog.Roles)
	shown.Records = rest.Linked(catalog.Roles.ID, s.Store.RoleLinks, func(role desk.Role, links desk.RoleLinks) rest.Record {
		return rest.Record{
			{"id", role.ID}, {"name", role.Name}, {"preferences", role.Preferences}, {"default_at_signup", role.DefaultAtSignup},
			{"active", role.Active}, {"note", role.Note},
		}.Stamped(role.Stamp).With("permission_ids", links.PermissionIDs).
			With("knowledge_base_permission_ids", links.KnowledgeBasePermissionIDs).With("group_ids", links.Groups)
	})
	shown.Expand = s.expandRoles
	if !who.Sees() {
		shown.Cut = func(role desk.Role, r rest.Record) rest.Record {
			cut := rest.Record{{"id", role.ID}, {"name", "Role_" + rest.IDText(role.ID)}}
			return append(cut, r.Only("group_ids", "permission_ids", "active")...)
		}
	}
	return shown
}

func (s *Room) expandRoles(ctx context.Context, roles []desk.Role, records []rest.Record) error {
	permissions, err := s.Store.Permissions(ctx)
	if err != nil {
		return err
	}
	called := make(map[desk.PermissionID]string, len(permissions))
	for id, permission := range permissions {
		called[id] = permission.Name
	}
	c, err := s.Store.Catalog(ctx)
	if err != nil {
		return err
	}
	for i := range roles {
		r := &records[i]
		r.Add("permissions", rest.NamesIn(r.Get("permission_ids").([]desk.PermissionID), called))
		if len(r.Get("knowledge_base_permission_ids").([]int64)) == 0 { // those that there are have no name
			r.Add("knowledge_base_permissions", []string{})
		}
		r.Add("groups", groupNames(r.Get("group_ids").(desk.GroupAccess), c))
	}
	return s.AddStamps(ctx, rest.StampsOf(roles, catalog.Roles.Stamp), records)
}

func readRole(ctx context.Context, tx *store.Store, in *rest.Input, role *desk.Role) error {
	before := *role
	in.Name(&role.Name)
	in.Html(&role.Note, "note", rest.MaxNote)
	in.Flag(&role.Active, "active")
	in.Flag(&role.DefaultAtSignup, "default_at_signup")
	in.Object(&role.Preferences, "preferences")
	if in.Err != nil {
		return in.Err
	}
	if err := catalog.Roles.CheckName(ctx, tx.DB, role.Name, role.ID); err != nil {
		return err
	}
	return forms.Role(in.Who, before, *role, in.Catalog, time.Now())
}

// setRoleLinks stores what a role permits and to which groups it gives access.
func setRoleLinks(ctx context.Context, tx *store.Store, in *rest.Input, role desk.Role) error {
	all, err := tx.Permissions(ctx)
	if err != nil {
		return err
	}
	former, err := tx.RoleLinks(ctx, []desk.RoleID{role.ID})
	if err != nil {
		return err
	}
	links := former[role.ID]
	permissions, sent, err := rest.IDsNamed(ctx, in.Params, "permission", "permissions", rest.Among(all, permissionName))
	if err != nil {
		return err
	}
	if sent {
		links.PermissionIDs = permissions
	}
	if err := checkPermissions(role, links.PermissionIDs, all); err != nil {
		return err
	}
	groups, sent, err := accessSent(in.Params, in.Catalog)
	if err != nil {
		return err
	}
	if sent {
		links.Groups = groups
	}
	ofAgents := holds(links.PermissionIDs, all, "ticket.agent")
	if !ofAgents {
		links.Groups = nil // access to groups is for agents
	}
	if err := links.Groups.ValidAccess("Role"); err != nil {
		return err
	}
	if err := tx.SetRolePermissions(ctx, role.ID, links.PermissionIDs); err != nil {
		return err
	}
	if err := tx.SetRoleGroups(ctx, role.ID, links.Groups); err != nil || !ofAgents {
		return err
	}
	return tx.WelcomeAgentsIn(ctx, role.ID)
}

func permissionName(p desk.Permission) string { return p.Name }

// checkPermissions refuses permissions that can't be given, not together, or not to whoever comes.
func checkPermissions(role desk.Role, ids []desk.PermissionID, all map[desk.PermissionID]desk.Permission) error {
	var notForSignup []string
	for _, id := range ids {
		permission := all[id]
		if off, _ := permission.Preferences["disabled"].(bool); off {
			return rest.Invalid("permission_ids", "Permission %s is disabled", permission.Name)
		}
		for _, other := range list(permission.Preferences["not"]) {
			if holds(ids, all, other) {
				return rest.Invalid("permission_ids", "Permission %s conflicts with %s", permission.Name, other)
			}
		}
		if !permission.AllowSignup {
			notForSignup = append(notForSignup, permission.Name)
		}
	}
	if role.DefaultAtSignup && len(notForSignup) > 0 {
		return rest.Invalid("default_at_signup", "Cannot set default at signup when role has %s permissions.", strings.Join(notForSignup, ", "))
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
