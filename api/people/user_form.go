package people

import (
	"context"
	"slices"
	"strings"

	"postroom/api/rest"
	"postroom/internal/credential"
	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/internal/store/catalog"
	"postroom/internal/store/directory"
	"postroom/internal/store/table"
)

// userForm is a user as a client wrote it. What was not sent is nil.
type userForm struct {
	user          desk.User
	before        desk.User // zero: a new user
	roles         *[]desk.RoleID
	organizations *[]desk.OrganizationID
	groups        *desk.GroupAccess
	password      *string // hash
}

// read takes what a client sent. Agents who don't administer users can't hand out roles, groups and
// passwords: theirs are dropped without a word, because clients send whole records back.
func (f *userForm) read(ctx context.Context, tx *store.Store, in *rest.Input) error {
	f.readTexts(in)
	u := &f.user
	in.Flag(&u.Active, "active")
	in.Flag(&u.Vip, "vip")
	in.Flag(&u.Verified, "verified")
	in.Object(&u.Preferences, "preferences")
	in.Flag(&u.OutOfOffice.OutOfOffice, "out_of_office")
	in.Date(&u.OutOfOfficeStartAt, "out_of_office_start_at")
	in.Date(&u.OutOfOfficeEndAt, "out_of_office_end_at")
	in.Custom(&u.Custom, "User")
	if in.Err != nil {
		return in.Err
	}
	if err := f.readReplacement(ctx, tx, in.Params); err != nil {
		return err
	}
	if err := f.readOrganizations(ctx, tx, in.Params); err != nil {
		return err
	}
	if err := f.readImage(ctx, tx, in); err != nil {
		return err
	}
	if !in.Who.Can("admin.user") {
		return nil
	}
	if err := f.readPassword(in.Params); err != nil {
		return err
	}
	return f.readRights(ctx, tx, in.Params, in.Catalog)
}

func (f *userForm) readPassword(p rest.Params) error {
	password := p.Text("password")
	if password == "" {
		return nil
	}
	hash, err := credential.HashPassword(password)
	if err != nil {
		return rest.Invalid("password", "Password is too long")
	}
	f.password = &hash
	return nil
}

// readImage takes which of the pictures that there are shows a user, and where one can be had.
func (f *userForm) readImage(ctx context.Context, tx *store.Store, in *rest.Input) error {
	u := &f.user
	in.NullText(&u.Image, "image", maxImage)
	in.NullText(&u.ImageSource, "image_source", maxImage)
	if in.Err != nil {
		return in.Err
	}
	if u.ImageSource != nil && !strings.HasPrefix(*u.ImageSource, "http://") && !strings.HasPrefix(*u.ImageSource, "https://") {
		u.ImageSource = nil
	}
	if u.Image != nil && *u.Image == "" {
		u.Image = nil
	}
	if u.Image == nil || sameID(u.Image, f.before.Image) {
		return nil
	}
	known, err := tx.HasPicture(ctx, *u.Image)
	if err == nil && !known {
		err = rest.Invalid("image", "Invalid Store reference '%s' in 'image' attribute.", *u.Image)
	}
	return err
}

// readRights takes what only administrators of users may hand out.
func (f *userForm) readRights(ctx context.Context, tx *store.Store, p rest.Params, c *desk.Catalog) error {
	names, err := catalog.Roles.Names(ctx, tx.DB)
	if err != nil {
		return err
	}
	roles, sent, err := rest.IDsNamed(ctx, p, "role", "roles", rest.Among(names, rest.Itself))
	if err != nil {
		return err
	}
	if sent && (len(roles) > 0 || f.before.ID != 0) {
		f.roles = &roles
	}
	groups, sent, err := accessSent(p, c)
	if err != nil {
		return err
	}
	if sent {
		f.groups = &groups
		if err := groups.ValidAccess("User"); err != nil {
			return err
		}
	}
	return nil
}

// Lengths of columns in characters.
const (
	maxLogin    = 255
	maxImage    = 200
	maxUserNote = 5000
)

func (f *userForm) readTexts(in *rest.Input) {
	u := &f.user
	for _, t := range []struct {
		dst *string
		key string
		max int
	}{
		{&u.Login, "login", maxLogin}, {&u.Firstname, "firstname", rest.MaxName}, {&u.Lastname, "lastname", rest.MaxName},
		{&u.Email, "email", 255}, {&u.Web, "web", 100}, {&u.Phone, "phone", 100}, {&u.Fax, "fax", 100}, {&u.Mobile, "mobile", 100},
		{&u.Department, "department", 200}, {&u.Street, "street", 120}, {&u.Zip, "zip", 100}, {&u.City, "city", 100},
		{&u.Country, "country", 100}, {&u.Address.Address, "address", 500},
	} {
		if in.Limited("User", t.key) {
			t.max = rest.Unlimited
		}
		in.Text(t.dst, t.key, t.max)
	}
	in.Html(&u.Note, "note", maxUserNote)
	in.NullText(&u.Source, "source", 255)
	if in.Params.Blank("login") {
		u.Login = f.before.Login // a login is never taken away
	}
}

// readReplacement takes who stands in for somebody out of office.
func (f *userForm) readReplacement(ctx context.Context, tx *store.Store, p rest.Params) error {
	replacement, sent, err := UserNamed(ctx, tx, p, "out_of_office_replacement")
	if err != nil || !sent {
		return err
	}
	f.user.OutOfOfficeReplacementID = nil
	if replacement != nil {
		f.user.OutOfOfficeReplacementID = &replacement.ID
	}
	return nil
}

const maxSecondaryOrganizations = 250

func (f *userForm) readOrganizations(ctx context.Context, tx *store.Store, p rest.Params) error {
	primary, sent, err := OrganizationNamed(ctx, tx, p)
	if err != nil {
		return err
	}
	if sent {
		f.user.OrganizationID = primary
	}
	others, sent, err := rest.IDsNamed(ctx, p, "organization", "organizations", rest.RecordsIn(tx, directory.Organizations))
	if err != nil {
		return err
	}
	if !sent {
		if f.before.OrganizationID == nil || f.user.OrganizationID != nil {
			return nil
		}
		links, err := tx.UserLinks(ctx, []desk.UserID{f.before.ID}) // those that stay need a primary one
		if err != nil {
			return err
		}
		others = links[f.before.ID].OrganizationIDs
	}
	if len(others) > 0 && f.user.OrganizationID == nil {
		return rest.Invalid("organization_ids", "Secondary organizations are only allowed when the primary organization is given.")
	}
	if len(others) > maxSecondaryOrganizations {
		return rest.Invalid("organization_ids", "More than %d secondary organizations are not allowed.", maxSecondaryOrganizations)
	}
	if sent {
		f.organizations = &others
	}
	return nil
}

// link stores what belongs to a user and lies in other tables, once the user itself is stored.
func (f *userForm) link(ctx context.Context, tx *store.Store, c *desk.Catalog) error {
	id := f.user.ID
	if err := f.noteRights(ctx, tx, c); err != nil {
		return err
	}
	if f.password != nil {
		if err := tx.SetPassword(ctx, id, *f.password); err != nil {
			return err
		}
	}
	if f.organizations != nil {
		if err := tx.SetUserOrganizations(ctx, id, *f.organizations); err != nil {
			return err
		}
	}
	if f.groups != nil {
		if err := tx.SetUserGroups(ctx, id, *f.groups); err != nil {
			return err
		}
	}
	if f.roles != nil {
		if err := f.linkRoles(ctx, tx, c); err != nil {
			return err
		}
	}
	from, to := f.before.OrganizationID, f.user.OrganizationID
	moved := f.before.ID != 0 && !sameID(from, to)
	if moved && c.Settings.Bool("ticket_organization_reassignment") {
		return tx.MoveTickets(ctx, id, from, to)
	}
	return nil
}

func (f *userForm) linkRoles(ctx context.Context, tx *store.Store, c *desk.Catalog) error {
	roles := slices.Compact(slices.Sorted(slices.Values(*f.roles)))
	if err := checkTogether(ctx, tx, roles); err != nil {
		return err
	}
	err := tx.KeepAgentLimit(ctx, c.Settings.Int("system_agent_limit"), func() error { return tx.SetUserRoles(ctx, f.user.ID, roles) })
	if err != nil {
		return err
	}
	return tx.WelcomeAgents(ctx, f.user.ID)
}

// checkTogether refuses roles of which one says that nobody who holds it may hold another of them.
func checkTogether(ctx context.Context, tx *store.Store, ids []desk.RoleID) error {
	if len(ids) < 2 {
		return nil
	}
	roles, err := catalog.Roles.List(ctx, tx.DB, table.Filter[desk.RoleID]{IDs: ids}, nil, table.Page{Limit: len(ids)})
	if err != nil {
		return err
	}
	for _, role := range roles {
		for _, other := range list(role.Preferences["not"]) {
			if slices.ContainsFunc(roles, func(r desk.Role) bool { return r.Name == other && r.ID != role.ID }) {
				return rest.Invalid("role_ids", "Role %s conflicts with %s", role.Name, other)
			}
		}
	}
	return nil
}

func sameID[T comparable](a, b *T) bool {
	return a == nil && b == nil || a != nil && b != nil && *a == *b
}
