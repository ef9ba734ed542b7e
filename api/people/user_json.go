package people

import (
	"context"
	"maps"
	"slices"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/finder"
	"postroom/internal/store/catalog"
)

// userRecord shows the columns of a user. The password never is one of them.
func userRecord(u desk.User) rest.Record {
	return rest.Record{
		{"id", u.ID}, {"organization_id", u.OrganizationID}, {"login", u.Login},
		{"firstname", u.Firstname}, {"lastname", u.Lastname}, {"email", u.Email},
		{"image", u.Image}, {"image_source", u.ImageSource},
		{"web", u.Web}, {"phone", u.Phone}, {"fax", u.Fax}, {"mobile", u.Mobile}, {"department", orNull(u.Department)},
		{"street", u.Street}, {"zip", u.Zip}, {"city", u.City}, {"country", u.Country}, {"address", orNull(u.Address.Address)},
		{"vip", u.Vip}, {"verified", u.Verified}, {"active", u.Active}, {"note", u.Note},
		{"last_login", u.LastLogin}, {"source", u.Source}, {"login_failed", u.LoginFailed},
		{"out_of_office", u.OutOfOffice.OutOfOffice},
		{"out_of_office_start_at", rest.Date(u.OutOfOfficeStartAt)}, {"out_of_office_end_at", rest.Date(u.OutOfOfficeEndAt)},
		{"out_of_office_replacement_id", u.OutOfOfficeReplacementID},
		{"preferences", u.Preferences},
	}.Stamped(u.Stamp)
}

// orNull shows a text that clients know as null where there is none.
func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// UserView shows users to whoever makes the request.
func (s *Room) UserView(who *desk.Caller) rest.View[desk.User] {
	return rest.View[desk.User]{
		Model: "User",
		Texts: finder.FieldsOfUser(),
		ID:    func(u desk.User) int64 { return int64(u.ID) },
		Records: rest.Customized(s.House, "User", func(u desk.User) map[string]any { return u.Custom },
			rest.Linked(func(u desk.User) desk.UserID { return u.ID }, s.Store.UserLinks, linkedUserRecord)),
		Expand: s.expandUsers,
		Settle: withAccounts,
		Cut:    func(u desk.User, r rest.Record) rest.Record { return cutUser(who, u.ID, r) },
		Relatives: func(ctx context.Context, users []desk.User, records []rest.Record, assets *rest.Record) error {
			return s.AddOrganizations(ctx, who, assets, organizationsOf(users, records))
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
func organizationsOf(users []desk.User, records []rest.Record) rest.Set[desk.OrganizationID] {
	all := rest.Set[desk.OrganizationID]{}
	for i, u := range users {
		if u.OrganizationID != nil && records[i].Get("organization_id") != nil {
			all.Add(*u.OrganizationID)
		}
		if others, shown := records[i].Get("organization_ids").([]desk.OrganizationID); shown {
			all.Add(others[:min(len(others), secondaryShown)]...)
		}
	}
	return all
}

// Of users, customers see little: the own record without what agents noted, and names of others.
func cutUser(who *desk.Caller, id desk.UserID, r rest.Record) rest.Record {
	switch {
	case who.Sees():
		return r
	case who.User.ID == id:
		return r.Without("web", "phone", "mobile", "fax", "department", "street", "zip", "city", "country", "address", "note")
	}
	return r.Only("id", "firstname", "lastname", "image", "image_source", "active")
}

func linkedUserRecord(u desk.User, links desk.UserLinks) rest.Record {
	none := []int64{}
	return userRecord(u).With("role_ids", links.RoleIDs).With("two_factor_preference_ids", links.TwoFactorIDs).
		With("organization_ids", links.OrganizationIDs).With("authorization_ids", links.AuthorizationIDs).
		With("overview_sorting_ids", links.OverviewSortingIDs).
		With("karma_user_ids", none). // clients of older versions expect it
		With("group_ids", links.Groups).With("accounts", accountsRecord(links.Accounts))
}

func accountsRecord(accounts map[string]desk.Account) rest.Record {
	r := rest.Record{}
	for _, provider := range slices.Sorted(maps.Keys(accounts)) {
		account := accounts[provider]
		r.Add(provider, rest.Record{{"uid", account.UID}, {"username", account.Username}})
	}
	return r
}

// withAccounts leaves the accounts by which somebody signs in to assets.
func withAccounts(r rest.Record, as rest.Shape) rest.Record {
	if as == rest.ShapeFull {
		return r
	}
	return r.Without("accounts")
}

func (s *Room) expandUsers(ctx context.Context, users []desk.User, records []rest.Record) error {
	roles, err := catalog.Roles.Names(ctx, s.Store.DB)
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
		organizations = append(organizations, records[i].Get("organization_ids").([]desk.OrganizationID)...)
	}
	found, err := s.Store.NamesOf(ctx, people, organizations)
	if err != nil {
		return err
	}
	for i, u := range users {
		r := &records[i]
		rest.AddName(r, "organization", u.OrganizationID, found.Organizations)
		r.Add("roles", rest.NamesIn(r.Get("role_ids").([]desk.RoleID), roles))
		r.Add("organizations", rest.NamesIn(r.Get("organization_ids").([]desk.OrganizationID), found.Organizations))
		if len(r.Get("two_factor_preference_ids").([]int64)) == 0 { // those that there are have no name
			r.Add("two_factor_preferences", []string{})
		}
		if len(r.Get("authorization_ids").([]desk.AuthorizationID)) == 0 { // nor have accounts elsewhere
			r.Add("authorizations", []string{})
		}
		if len(r.Get("overview_sorting_ids").([]desk.OverviewSortingID)) == 0 { // nor have those
			r.Add("overview_sortings", []string{})
		}
		r.Add("groups", groupNames(r.Get("group_ids").(desk.GroupAccess), catalog))
		rest.AddName(r, "out_of_office_replacement", u.OutOfOfficeReplacementID, found.Logins)
		rest.AddStampNames(r, u.Stamp, found.Logins)
	}
	return nil
}

// groupNames is access to groups by their names.
func groupNames(access desk.GroupAccess, c *desk.Catalog) map[string][]desk.Access {
	named := make(map[string][]desk.Access, len(access))
	for id, levels := range access {
		named[c.Groups[id].Name] = levels
	}
	return named
}
