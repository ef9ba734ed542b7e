package api

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"postroom/internal/desk"
	"postroom/internal/richtext"
	"postroom/internal/store"
)

// roleView shows roles to whoever makes the request.
func (s *Server) roleView(who *desk.Caller) view[desk.Role] {
	v := view[desk.Role]{
		model:   "Role",
		id:      func(role desk.Role) int64 { return int64(role.ID) },
		records: s.roleRecords,
		expand:  s.expandRoles,
	}
	if !who.Sees() {
		v.cut = func(role desk.Role, r record) record {
			cut := record{{"id", role.ID}, {"name", "Role_" + strconv.FormatInt(int64(role.ID), 10)}}
			return append(cut, r.only("group_ids", "permission_ids", "active")...)
		}
	}
	return v
}

func (s *Server) roleRecords(ctx context.Context, roles []desk.Role) ([]record, error) {
	ids := make([]desk.RoleID, len(roles))
	for i, role := range roles {
		ids[i] = role.ID
	}
	links, err := s.Store.RoleLinks(ctx, ids)
	if err != nil {
		return nil, err
	}
	records := make([]record, len(roles))
	for i, role := range roles {
		r := record{
			{"id", role.ID}, {"name", role.Name}, {"preferences", role.Preferences}, {"default_at_signup", role.DefaultAtSignup},
			{"active", role.Active}, {"note", role.Note},
		}
		r.stamped(role.Stamp)
		r.add("permission_ids", links[role.ID].PermissionIDs)
		r.add("knowledge_base_permission_ids", []int64{})
		r.add("group_ids", links[role.ID].Groups)
		records[i] = r
	}
	return records, nil
}

func (s *Server) expandRoles(ctx context.Context, roles []desk.Role, records []record) error {
	permissions, err := s.Store.Permissions(ctx)
	if err != nil {
		return err
	}
	names := map[desk.PermissionID]string{}
	for id, permission := range permissions {
		names[id] = permission.Name
	}
	catalog, err := s.Store.Catalog(ctx)
	if err != nil {
		return err
	}
	for i := range roles {
		r := &records[i]
		r.add("permissions", namesIn(r.get("permission_ids").([]desk.PermissionID), names))
		r.add("knowledge_base_permissions", []string{})
		r.add("groups", groupNames(r.get("group_ids").(desk.GroupAccess), catalog))
	}
	return s.addStamps(ctx, stampsOf(roles, func(role desk.Role) desk.Stamp { return role.Stamp }), records)
}

var sortableRoles = []string{"id", "name", "default_at_signup", "active", "note", "created_at", "updated_at", "created_by_id", "updated_by_id"}

func (s *Server) listRoles(w http.ResponseWriter, r *http.Request) error {
	p, page, err := listParams(r, indexPages)
	if err != nil {
		return err
	}
	orders, err := ordering(p, sortableRoles, false)
	if err != nil {
		return err
	}
	return s.showRoles(w, r, p, nil, orders, page)
}

func (s *Server) searchRoles(w http.ResponseWriter, r *http.Request) error {
	p, page, err := listParams(r, searchPages)
	if err != nil {
		return err
	}
	if err := noConditions(p); err != nil {
		return err
	}
	orders, err := ordering(p, sortableRoles, true)
	if err != nil {
		return err
	}
	if len(orders) == 0 {
		orders = []order{{Column: "updated_at", Descending: true}}
	}
	return s.showRoles(w, r, p, wordsOf(p), orders, page)
}

func (s *Server) showRoles(w http.ResponseWriter, r *http.Request, p params, words []string, orders []order, page store.Page) error {
	total := func() (int, error) { return s.Store.CountRoles(r.Context(), words) }
	if p.flag("only_total_count") {
		return onlyTotal(w, r, total)
	}
	roles, err := s.Store.ListRoles(r.Context(), words, orders, page)
	if err != nil {
		return err
	}
	shown := s.roleView(caller(r))
	if !wantsChoices(p) {
		return shown.list(w, r, p, roles, total)
	}
	name := func(role desk.Role) string { return role.Name }
	return shown.choices(w, r, p, roles, name, name, func(role desk.Role) bool { return role.Active })
}

func (s *Server) getRole(w http.ResponseWriter, r *http.Request) error {
	p, err := readParams(r)
	if err != nil {
		return err
	}
	id, err := pathID[desk.RoleID](r, "id", "Role")
	if err != nil {
		return err
	}
	role, err := s.Store.Role(r.Context(), id)
	if err != nil {
		return err
	}
	return s.roleView(caller(r)).one(w, r, p, http.StatusOK, role)
}

func (s *Server) createRole(w http.ResponseWriter, r *http.Request) error {
	p, err := readParams(r)
	if err != nil {
		return err
	}
	role := desk.Role{Active: true, Preferences: map[string]any{}}
	role.UpdatedByID = caller(r).User.ID
	catalog, err := s.catalog(r)
	if err != nil {
		return err
	}
	err = s.Store.InTx(r.Context(), func(tx *store.Store) error {
		form := roleForm{role: &role}
		if err := form.read(r.Context(), tx, catalog, p); err != nil {
			return err
		}
		if err := tx.InsertRole(r.Context(), &role); err != nil {
			return err
		}
		return form.link(r.Context(), tx)
	})
	if err != nil {
		return err
	}
	return s.showSavedRole(w, r, p, http.StatusCreated, role.ID)
}

func (s *Server) updateRole(w http.ResponseWriter, r *http.Request) error {
	p, err := readParams(r)
	if err != nil {
		return err
	}
	id, err := pathID[desk.RoleID](r, "id", "Role")
	if err != nil {
		return err
	}
	catalog, err := s.catalog(r)
	if err != nil {
		return err
	}
	err = s.Store.InTx(r.Context(), func(tx *store.Store) error {
		had, err := tx.HasAdmin(r.Context())
		if err != nil {
			return err
		}
		role, err := tx.Role(r.Context(), id)
		if err != nil {
			return err
		}
		role.UpdatedByID = caller(r).User.ID
		form := roleForm{role: &role}
		if err := form.read(r.Context(), tx, catalog, p); err != nil {
			return err
		}
		if err := tx.SaveRole(r.Context(), role); err != nil {
			return err
		}
		if err := form.link(r.Context(), tx); err != nil {
			return err
		}
		return tx.CheckAdmin(r.Context(), had)
	})
	if err != nil {
		return err
	}
	return s.showSavedRole(w, r, p, http.StatusOK, id)
}

func (s *Server) showSavedRole(w http.ResponseWriter, r *http.Request, p params, status int, id desk.RoleID) error {
	s.changed()
	role, err := s.Store.Role(r.Context(), id)
	if err != nil {
		return err
	}
	return s.roleView(caller(r)).one(w, r, p, status, role)
}

// roleForm is a role as a client wrote it, with the ties it will have.
type roleForm struct {
	role        *desk.Role
	permissions []desk.PermissionID
	groups      desk.GroupAccess
}

func (f *roleForm) read(ctx context.Context, tx *store.Store, c *desk.Catalog, p params) error {
	if err := f.readValues(p); err != nil {
		return err
	}
	if err := tx.CheckRoleName(ctx, *f.role); err != nil {
		return err
	}
	links, err := tx.RoleLinks(ctx, []desk.RoleID{f.role.ID})
	if err != nil {
		return err
	}
	f.permissions, f.groups = links[f.role.ID].PermissionIDs, links[f.role.ID].Groups
	all, err := tx.Permissions(ctx)
	if err != nil {
		return err
	}
	if err := f.readPermissions(ctx, p, all); err != nil {
		return err
	}
	groups, sent, err := accessSent(p, c)
	if err != nil {
		return err
	}
	if sent {
		f.groups = groups
	}
	if !f.holds(all, "ticket.agent") {
		f.groups = nil // access to groups is for agents
	}
	return f.groups.ValidAccess("Role")
}

func (f *roleForm) readValues(p params) error {
	role := f.role
	if err := p.setText(&role.Name, "name", maxName); err != nil {
		return err
	}
	role.Name = strings.TrimSpace(role.Name)
	if err := p.setText(&role.Note, "note", maxNote); err != nil {
		return err
	}
	if p.has("note") {
		role.Note, _ = richtext.Sanitize(role.Note, richtext.Options{})
	}
	p.setBool(&role.Active, "active")
	p.setBool(&role.DefaultAtSignup, "default_at_signup")
	return p.setObject(&role.Preferences, "preferences")
}

func (f *roleForm) readPermissions(ctx context.Context, p params, all map[desk.PermissionID]desk.Permission) error {
	known := func(context.Context, []desk.PermissionID) (map[desk.PermissionID]bool, error) {
		ids := map[desk.PermissionID]bool{}
		for id := range all {
			ids[id] = true
		}
		return ids, nil
	}
	byName := func(context.Context, []string) (map[string]desk.PermissionID, error) {
		ids := map[string]desk.PermissionID{}
		for id, permission := range all {
			ids[permission.Name] = id
		}
		return ids, nil
	}
	wanted, sent, err := idsNamed(ctx, p, "permission", "permissions", known, byName)
	if err != nil {
		return err
	}
	if sent {
		f.permissions = wanted
	}
	var notForSignup []string
	for _, id := range f.permissions {
		permission := all[id]
		if off, _ := permission.Preferences["disabled"].(bool); off {
			return invalid("permission_ids", "Permission %s is disabled", permission.Name)
		}
		for _, other := range list(permission.Preferences["not"]) {
			if f.holds(all, other) {
				return invalid("permission_ids", "Permission %s conflicts with %s", permission.Name, other)
			}
		}
		if !permission.AllowSignup {
			notForSignup = append(notForSignup, permission.Name)
		}
	}
	if f.role.DefaultAtSignup && len(notForSignup) > 0 {
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

// holds reports whether the role will have a permission, itself or through a parent.
func (f *roleForm) holds(all map[desk.PermissionID]desk.Permission, name string) bool {
	held := &desk.Caller{}
	for _, id := range f.permissions {
		held.Permissions = append(held.Permissions, all[id].Name)
	}
	return held.UserCan(name)
}

func (f *roleForm) link(ctx context.Context, tx *store.Store) error {
	if err := tx.SetRolePermissions(ctx, f.role.ID, f.permissions); err != nil {
		return err
	}
	return tx.SetRoleGroups(ctx, f.role.ID, f.groups)
}
