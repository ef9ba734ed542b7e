package api

import (
	"context"
	"slices"

	"postroom/internal/credential"
	"postroom/internal/desk"
	"postroom/internal/richtext"
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
func (f *userForm) read(ctx context.Context, tx *store.Store, p params, c *desk.Catalog, who *desk.Caller) error {
	if err := f.readTexts(p); err != nil {
		return err
	}
	u := &f.user
	p.setBool(&u.Active, "active")
	p.setBool(&u.Vip, "vip")
	p.setBool(&u.Verified, "verified")
	if err := p.setObject(&u.Preferences, "preferences"); err != nil {
		return err
	}
	if err := f.readAbsence(ctx, tx, p); err != nil {
		return err
	}
	if err := f.readOrganizations(ctx, tx, p); err != nil {
		return err
	}
	if !who.Can("admin.user") {
		return nil
	}
	return f.readRights(ctx, tx, p, c)
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

func (f *userForm) readTexts(p params) error {
	u := &f.user
	for _, t := range []struct {
		dst *string
		key string
		max int
	}{
		{&u.Login, "login", maxLogin}, {&u.Firstname, "firstname", maxName}, {&u.Lastname, "lastname", maxName},
		{&u.Email, "email", 255}, {&u.Web, "web", 100}, {&u.Phone, "phone", 100}, {&u.Fax, "fax", 100}, {&u.Mobile, "mobile", 100},
		{&u.Department, "department", 200}, {&u.Street, "street", 120}, {&u.Zip, "zip", 100}, {&u.City, "city", 100},
		{&u.Country, "country", 100}, {&u.Address.Address, "address", 500}, {&u.Note, "note", maxUserNote},
	} {
		if err := p.setText(t.dst, t.key, t.max); err != nil {
			return err
		}
	}
	if p.has("note") {
		u.Note, _ = richtext.Sanitize(u.Note, richtext.Options{})
	}
	if err := p.setNullText(&u.Source, "source", 255); err != nil {
		return err
	}
	if p.blank("login") {
		u.Login = f.before.Login // a login is never taken away
	}
	return nil
}

func (f *userForm) readAbsence(ctx context.Context, tx *store.Store, p params) error {
	u := &f.user
	p.setBool(&u.OutOfOffice.OutOfOffice, "out_of_office")
	if err := p.setDate(&u.OutOfOfficeStartAt, "out_of_office_start_at"); err != nil {
		return err
	}
	if err := p.setDate(&u.OutOfOfficeEndAt, "out_of_office_end_at"); err != nil {
		return err
	}
	replacement, sent, err := userNamed(ctx, tx, p, "out_of_office_replacement")
	if err != nil || !sent {
		return err
	}
	u.OutOfOfficeReplacementID = nil
	if replacement != nil {
		u.OutOfOfficeReplacementID = &replacement.ID
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
