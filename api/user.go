package api

import (
	"net/http"
	"slices"

	"postroom/internal/desk"
	"postroom/internal/store"
)

func (s *Server) showMe(w http.ResponseWriter, r *http.Request) error {
	p, err := readParams(r)
	if err != nil {
		return err
	}
	who := caller(r)
	return s.userView(who).one(w, r, p, http.StatusOK, who.User)
}

// listUsers shows everybody to those who work with them, everybody else the own record.
func (s *Server) listUsers(w http.ResponseWriter, r *http.Request) error {
	p, page, err := listParams(r, userPages)
	if err != nil {
		return err
	}
	who := caller(r)
	var filter store.UserFilter
	if !who.Can("ticket.agent", "admin.user") {
		filter.IDs = []desk.UserID{who.User.ID}
	}
	users, err := s.Store.ListUsers(r.Context(), filter, nil, page)
	if err != nil {
		return err
	}
	return s.userView(who).list(w, r, p, users, func() (int, error) { return s.Store.CountUsers(r.Context(), filter) })
}

func (s *Server) getUser(w http.ResponseWriter, r *http.Request) error {
	p, err := readParams(r)
	if err != nil {
		return err
	}
	id, err := pathID[desk.UserID](r, "id", "User")
	if err != nil {
		return err
	}
	user, err := s.Store.User(r.Context(), id)
	if err != nil {
		return err
	}
	who := caller(r)
	if !maySeeUser(who, user) {
		return &desk.ForbiddenError{}
	}
	return s.userView(who).one(w, r, p, http.StatusOK, user)
}

// maySeeUser lets customers see themselves and the people of their organizations.
func maySeeUser(who *desk.Caller, user desk.User) bool {
	if who.Can("ticket.agent", "admin.*") || who.User.ID == user.ID {
		return true
	}
	return who.User.OrganizationID != nil && user.OrganizationID != nil && slices.Contains(who.Organizations(), *user.OrganizationID)
}

// sortableUsers are the columns that lists of users can be sorted by.
var sortableUsers = []string{
	"id", "organization_id", "login", "firstname", "lastname", "email", "phone", "mobile", "fax", "web", "department", "street", "zip",
	"city", "country", "address", "vip", "verified", "active", "note", "last_login", "source", "created_at", "updated_at",
	"created_by_id", "updated_by_id",
}

// The order of what was found; people and organizations in use come first.
var (
	newestFirst = []order{{Column: "updated_at", Descending: true}}
	activeFirst = append([]order{{Column: "active", Descending: true}}, newestFirst...)
)

func (s *Server) searchUsers(w http.ResponseWriter, r *http.Request) error {
	p, page, err := listParams(r, searchPages)
	if err != nil {
		return err
	}
	filter, err := s.userFilter(r, p)
	if err != nil {
		return err
	}
	orders, err := ordering(p, sortableUsers, true)
	if err != nil {
		return err
	}
	if len(orders) == 0 {
		orders = activeFirst
	}
	total := func() (int, error) { return s.Store.CountUsers(r.Context(), filter) }
	if p.flag("only_total_count") {
		return onlyTotal(w, r, total)
	}
	users, err := s.Store.ListUsers(r.Context(), filter, orders, page)
	if err != nil {
		return err
	}
	shown := s.userView(caller(r))
	if !wantsChoices(p) {
		return shown.list(w, r, p, users, total)
	}
	return shown.choices(w, r, p, users, userLabel, userValue, func(u desk.User) bool { return u.Active })
}

func onlyTotal(w http.ResponseWriter, r *http.Request, total func() (int, error)) error {
	count, err := total()
	if err != nil {
		return err
	}
	return reply(w, r, record{{"total_count", count}})
}

func userLabel(u desk.User) string {
	name := u.FullName()
	if name == "" {
		name = u.Login
	}
	if u.Email == "" {
		return name
	}
	return name + " <" + u.Email + ">"
}

func userValue(u desk.User) string {
	if u.Email != "" {
		return u.Email
	}
	return userLabel(u)
}

// noConditions refuses a condition: searching by one is not to be had yet, and leaving it out
// would find what nobody asked for.
func noConditions(p params) error {
	if p.blank("condition") {
		return nil
	}
	return invalid("condition", "Invalid object selector conditions")
}

func (s *Server) userFilter(r *http.Request, p params) (store.UserFilter, error) {
	filter := store.UserFilter{Words: wordsOf(p), NotSystem: true, Permissions: texts(p, "permissions")}
	if err := noConditions(p); err != nil {
		return filter, err
	}
	var err error
	if p.has("ids") {
		if filter.IDs, err = idsIn[desk.UserID](p, "ids"); err != nil {
			return filter, err
		}
		filter.IDs = append([]desk.UserID{}, filter.IDs...) // none is not all
	}
	if filter.RoleIDs, err = idsIn[desk.RoleID](p, "role_ids"); err != nil {
		return filter, err
	}
	catalog, err := s.catalog(r)
	if err != nil {
		return filter, err
	}
	filter.Groups, _, err = accessSent(params{"group_ids": p["group_ids"]}, catalog)
	return filter, err
}

func (s *Server) deleteUser(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID[desk.UserID](r, "id", "User")
	if err != nil {
		return err
	}
	err = s.Store.InTx(r.Context(), func(tx *store.Store) error {
		return tx.KeepAdmin(r.Context(), func() error { return tx.DeleteUser(r.Context(), id) })
	})
	if err != nil {
		return err
	}
	s.callers.forget()
	return deleted(w)
}

func (s *Server) unlockUser(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID[desk.UserID](r, "id", "User")
	if err != nil {
		return err
	}
	if err := s.Store.UnlockUser(r.Context(), id); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, record{{"message", "ok"}})
}
