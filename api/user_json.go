package api

import (
	"context"

	"postroom/internal/desk"
	"postroom/internal/store"
)

// userRecord shows the columns of a user. The password never is one of them.
func userRecord(u desk.User) record {
	return record{
		{"id", u.ID}, {"organization_id", u.OrganizationID}, {"login", u.Login},
		{"firstname", u.Firstname}, {"lastname", u.Lastname}, {"email", u.Email},
		{"image", u.Image}, {"image_source", u.ImageSource},
		{"web", u.Web}, {"phone", u.Phone}, {"fax", u.Fax}, {"mobile", u.Mobile}, {"department", u.Department},
		{"street", u.Street}, {"zip", u.Zip}, {"city", u.City}, {"country", u.Country}, {"address", u.Address.Address},
		{"vip", u.Vip}, {"verified", u.Verified}, {"active", u.Active}, {"note", u.Note},
		{"last_login", u.LastLogin}, {"source", u.Source}, {"login_failed", u.LoginFailed},
		{"out_of_office", u.OutOfOffice.OutOfOffice},
		{"out_of_office_start_at", date(u.OutOfOfficeStartAt)}, {"out_of_office_end_at", date(u.OutOfOfficeEndAt)},
		{"out_of_office_replacement_id", u.OutOfOfficeReplacementID},
		{"preferences", u.Preferences},
	}.stamped(u.Stamp)
}

// userView shows users to whoever makes the request.
func (s *Server) userView(who *desk.Caller) view[desk.User] {
	return view[desk.User]{
		model:   "User",
		id:      func(u desk.User) int64 { return int64(u.ID) },
		records: linked(func(u desk.User) desk.UserID { return u.ID }, s.Store.UserLinks, linkedUserRecord),
		expand:  s.expandUsers,
		cut:     func(u desk.User, r record) record { return cutUser(who, u.ID, r) },
		relatives: func(ctx context.Context, users []desk.User, records []record, assets *record) error {
			return s.addOrganizations(ctx, who, assets, organizationsOf(users, records))
		},
	}
}

// How many secondary organizations and members come along with full=true.
const (
	secondaryShown = 3
	membersShown   = 10
)

// organizationsOf are those whose records come along with users: the primary ones, and a few of
// the secondary ones where the caller sees them.
func organizationsOf(users []desk.User, records []record) set[desk.OrganizationID] {
	all := set[desk.OrganizationID]{}
	for i, u := range users {
		if u.OrganizationID != nil && records[i].get("organization_id") != nil {
			all.add(*u.OrganizationID)
		}
		if others, shown := records[i].get("organization_ids").([]desk.OrganizationID); shown {
			all.add(others[:min(len(others), secondaryShown)]...)
		}
	}
	return all
}

// Of users, customers see little: the own record without what agents noted, and names of others.
func cutUser(who *desk.Caller, id desk.UserID, r record) record {
	switch {
	case who.Sees():
		return r
	case who.User.ID == id:
		return r.without("web", "phone", "mobile", "fax", "department", "street", "zip", "city", "country", "address", "note")
	}
	return r.only("id", "firstname", "lastname", "image", "image_source", "active")
}

func linkedUserRecord(u desk.User, links desk.UserLinks) record {
	none := []int64{}
	return userRecord(u).with("role_ids", links.RoleIDs).with("two_factor_preference_ids", none).
		with("organization_ids", links.OrganizationIDs).with("authorization_ids", none).with("overview_sorting_ids", none).
		with("karma_user_ids", none). // clients of older versions expect it
		with("group_ids", links.Groups)
}

func (s *Server) expandUsers(ctx context.Context, users []desk.User, records []record) error {
	roles, err := store.Roles.Names(ctx, s.Store)
	if err != nil {
		return err
	}
	catalog, err := s.Store.Catalog(ctx)
	if err != nil {
		return err
	}
	var people []desk.UserID
	var organizations []desk.OrganizationID
	for i, u := range users {
		people = append(people, u.CreatedByID, u.UpdatedByID)
		if u.OutOfOfficeReplacementID != nil {
			people = append(people, *u.OutOfOfficeReplacementID)
		}
		if u.OrganizationID != nil {
			organizations = append(organizations, *u.OrganizationID)
		}
		organizations = append(organizations, records[i].get("organization_ids").([]desk.OrganizationID)...)
	}
	found, err := s.Store.NamesOf(ctx, people, organizations)
	if err != nil {
		return err
	}
	for i, u := range users {
		r := &records[i]
		addName(r, "organization", u.OrganizationID, found.Organizations)
		r.add("roles", namesIn(r.get("role_ids").([]desk.RoleID), roles))
		r.add("organizations", namesIn(r.get("organization_ids").([]desk.OrganizationID), found.Organizations))
		for _, none := range []string{"two_factor_preferences", "authorizations", "overview_sortings"} {
			r.add(none, []string{})
		}
		r.add("groups", groupNames(r.get("group_ids").(desk.GroupAccess), catalog))
		addName(r, "out_of_office_replacement", u.OutOfOfficeReplacementID, found.Logins)
		addStampNames(r, u.Stamp, found.Logins)
	}
	return nil
}

// namesIn are the names of ids, in their order.
func namesIn[T comparable](ids []T, names map[T]string) []string {
	all := make([]string, 0, len(ids))
	for _, id := range ids {
		if name, ok := names[id]; ok {
			all = append(all, name)
		}
	}
	return all
}

// groupNames is access to groups by their names.
func groupNames(access desk.GroupAccess, c *desk.Catalog) map[string][]desk.Access {
	named := make(map[string][]desk.Access, len(access))
	for id, levels := range access {
		named[c.Groups[id].Name] = levels
	}
	return named
}
