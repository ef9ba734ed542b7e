package api

import (
	"context"
	"slices"

	"postroom/internal/credential"
	"postroom/internal/desk"
	"postroom/internal/store"
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

// read takes what a client sent. Agents who don't administer users can't hand out roles and groups:
// theirs are dropped without a word, because clients send whole records back.
func (f *userForm) read(ctx context.Context, tx *store.Store, in *input) error {
	f.readTexts(in)
	u := &f.user
	in.flag(&u.Active, "active")
	in.flag(&u.Vip, "vip")
	in.flag(&u.Verified, "verified")
	in.object(&u.Preferences, "preferences")
	in.flag(&u.OutOfOffice.OutOfOffice, "out_of_office")
	in.date(&u.OutOfOfficeStartAt, "out_of_office_start_at")
	in.date(&u.OutOfOfficeEndAt, "out_of_office_end_at")
	if in.err != nil {
		return in.err
	}
	if err := f.readReplacement(ctx, tx, in.p); err != nil {
		return err
	}
	if err := f.readOrganizations(ctx, tx, in.p); err != nil {
		return err
	}
	if !in.who.Can("admin.user") {
		return nil
	}
	return f.readRights(ctx, tx, in.p, in.catalog)
}

// readRights takes what only administrators of users may hand out.
func (f *userForm) readRights(ctx context.Context, tx *store.Store, p params, c *desk.Catalog) error {
	names, err := store.Roles.Names(ctx, tx)
	if err != nil {
		return err
	}
	roles, sent, err := idsNamed(ctx, p, "role", "roles", among(names, itself))
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
	if password := p.text("password"); password != "" {
		hash, err := credential.HashPassword(password)
		if err != nil {
			return invalid("password", "Password is too long")
		}
		f.password = &hash
	}
	return nil
}

// Lengths of columns in characters.
const (
	maxName     = 100
	maxLogin    = 255
	maxUserNote = 5000
	maxNote     = 250
)

func (f *userForm) readTexts(in *input) {
	u := &f.user
	for _, t := range []struct {
		dst *string
		key string
		max int
	}{
		{&u.Login, "login", maxLogin}, {&u.Firstname, "firstname", maxName}, {&u.Lastname, "lastname", maxName},
		{&u.Email, "email", 255}, {&u.Web, "web", 100}, {&u.Phone, "phone", 100}, {&u.Fax, "fax", 100}, {&u.Mobile, "mobile", 100},
		{&u.Department, "department", 200}, {&u.Street, "street", 120}, {&u.Zip, "zip", 100}, {&u.City, "city", 100},
		{&u.Country, "country", 100}, {&u.Address.Address, "address", 500},
	} {
		in.text(t.dst, t.key, t.max)
	}
	in.html(&u.Note, "note", maxUserNote)
	in.nullText(&u.Source, "source", 255)
	if in.p.blank("login") {
		u.Login = f.before.Login // a login is never taken away
	}
}

// readReplacement takes who stands in for somebody out of office.
func (f *userForm) readReplacement(ctx context.Context, tx *store.Store, p params) error {
	replacement, sent, err := userNamed(ctx, tx, p, "out_of_office_replacement")
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

func (f *userForm) readOrganizations(ctx context.Context, tx *store.Store, p params) error {
	primary, sent, err := organizationNamed(ctx, tx, p)
	if err != nil {
		return err
	}
	if sent {
		f.user.OrganizationID = primary
	}
	others, sent, err := idsNamed(ctx, p, "organization", "organizations", recordsIn(tx, store.Organizations))
	if err != nil || !sent {
		return err
	}
	if len(others) > 0 && f.user.OrganizationID == nil {
		return invalid("organization_ids", "Secondary organizations are only allowed when the primary organization is given.")
	}
	if len(others) > maxSecondaryOrganizations {
		return invalid("organization_ids", "More than %d secondary organizations are not allowed.", maxSecondaryOrganizations)
	}
	f.organizations = &others
	return nil
}

// link stores what belongs to a user and lies in other tables, once the user itself is stored.
func (f *userForm) link(ctx context.Context, tx *store.Store, c *desk.Catalog) error {
	id := f.user.ID
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
	if err := tx.SetUserRoles(ctx, f.user.ID, roles); err != nil {
		return err
	}
	if err := tx.CheckAgentLimit(ctx, c.Settings.Int("system_agent_limit")); err != nil {
		return err
	}
	now, err := tx.CallerByID(ctx, f.user.ID)
	if err != nil || !now.UserCan("ticket.agent") {
		return err
	}
	// Who becomes an agent is told what agents are told.
	var matrix map[string]any
	if f.user.Preferences["notification_config"] != nil || !c.Settings.Into("ticket_agent_default_notifications", &matrix) {
		return nil
	}
	return tx.SetPreference(ctx, f.user.ID, "notification_config", map[string]any{"matrix": matrix})
}

func sameID[T comparable](a, b *T) bool {
	return a == nil && b == nil || a != nil && b != nil && *a == *b
}
