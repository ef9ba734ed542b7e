package people

import (
	"net/http"
	"slices"
	"strings"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/rules"
	"postroom/internal/store"
	"postroom/internal/store/directory"
)

func (s *Room) showMe(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	who := rest.Caller(r)
	return s.UserView(who).One(w, r, p, http.StatusOK, who.User)
}

// listUsers shows everybody to those who work with them, everybody else the own record.
func (s *Room) listUsers(w http.ResponseWriter, r *http.Request) error {
	p, page, err := rest.ListParams(r, rest.UserPages)
	if err != nil {
		return err
	}
	who := rest.Caller(r)
	var filter directory.Filter
	if !who.Can("ticket.agent", "admin.user") {
		filter.IDs = []desk.UserID{who.User.ID}
	}
	users, err := s.Store.ListUsers(r.Context(), filter, nil, page)
	if err != nil {
		return err
	}
	return s.UserView(who).List(w, r, p, users, func() (int, error) { return s.Store.CountUsers(r.Context(), filter) })
}

func (s *Room) getUser(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	id, err := rest.PathID[desk.UserID](r, "id", "User")
	if err != nil {
		return err
	}
	user, err := s.Store.User(r.Context(), id)
	if err != nil {
		return err
	}
	who := rest.Caller(r)
	if !MaySeeUser(who, user) {
		return &desk.ForbiddenError{}
	}
	return s.UserView(who).One(w, r, p, http.StatusOK, user)
}

// MaySeeUser lets customers see themselves and the people of their organizations.
func MaySeeUser(who *desk.Caller, user desk.User) bool {
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

// activeFirst is the order of what was found: people and organizations in use come first.
var activeFirst = append([]rest.Order{{Column: "active", Descending: true}}, rest.NewestFirst...)

func (s *Room) searchUsers(w http.ResponseWriter, r *http.Request) error {
	p, page, err := rest.ListParams(r, rest.SearchPages)
	if err != nil {
		return err
	}
	filter, err := s.userFilter(r, p)
	if err != nil {
		return err
	}
	catalog, err := s.Catalog(r)
	if err != nil {
		return err
	}
	orders, err := rest.OrderingBy(p, sortableUsers, catalog.CustomAttributes("User"), true)
	if err != nil {
		return err
	}
	if len(orders) == 0 {
		orders = activeFirst
	}
	total := func() (int, error) { return s.Finder.CountUsers(r.Context(), filter) }
	if p.Flag("only_total_count") {
		return rest.OnlyTotal(w, r, total)
	}
	users, err := s.Finder.Users(r.Context(), filter, orders, page)
	if err != nil {
		return err
	}
	shown := s.UserView(rest.Caller(r))
	shown.Marks = filter.Marks
	if !rest.WantsChoices(p) {
		return shown.List(w, r, p, users, total)
	}
	return shown.Choices(w, r, p, users, userLabel, userValue, func(u desk.User) bool { return u.Active })
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

func (s *Room) userFilter(r *http.Request, p rest.Params) (directory.Filter, error) {
	filter := directory.Filter{NotSystem: true, Permissions: withParents(rest.Texts(p, "permissions"))}
	catalog, err := s.Catalog(r)
	if err != nil {
		return filter, err
	}
	if filter.Search, err = s.Search(r, p, rules.UserAttributes(catalog)); err != nil {
		return filter, err
	}
	if filter.IDs, err = rest.OnlyIDs[desk.UserID](p); err != nil {
		return filter, err
	}
	if filter.RoleIDs, err = rest.IDsIn[desk.RoleID](p, "role_ids"); err != nil {
		return filter, err
	}
	filter.Groups, _, err = accessSent(rest.Params{"group_ids": p["group_ids"]}, catalog)
	return filter, err
}

// withParents are permissions and those above them: who holds one of these holds all below it.
func withParents(permissions []string) []string {
	all := slices.Clone(permissions)
	for _, name := range permissions {
		for at := strings.LastIndexByte(name, '.'); at > 0; at = strings.LastIndexByte(name[:at], '.') {
			all = append(all, name[:at])
		}
	}
	return all
}

func (s *Room) deleteUser(w http.ResponseWriter, r *http.Request) error {
	id, err := rest.PathID[desk.UserID](r, "id", "User")
	if err != nil {
		return err
	}
	err = s.Store.InTx(r.Context(), func(tx *store.Store) error {
		return tx.KeepAdmin(r.Context(), func() error { return tx.DeleteUser(r.Context(), id) })
	})
	if err != nil {
		return err
	}
	s.ForgetCallers()
	return rest.Deleted(w)
}

func (s *Room) unlockUser(w http.ResponseWriter, r *http.Request) error {
	id, err := rest.PathID[desk.UserID](r, "id", "User")
	if err != nil {
		return err
	}
	if err := s.Store.UnlockUser(r.Context(), id); err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, rest.Record{{"message", "ok"}})
}
