package history

import (
	"strconv"
	"time"

	"postroom/internal/desk"
)

// UserChanges is what the history notes when a user is made or saved. before is empty for a new
// one. Names of organizations and people are left out, as in TicketChanges.
//
// Preferences, the picture and what signing in leaves behind have no history, nor has the password.
func UserChanges(before, after desk.User, c *desk.Catalog, by desk.UserID) []desk.Change {
	if before.ID == 0 {
		return []desk.Change{{Object: "User", OID: int64(after.ID), Type: "created", By: by}}
	}
	d := differences{object: "User", id: int64(after.ID), by: by}
	d.relation("organization", number(before.OrganizationID), number(after.OrganizationID), unknownName)
	d.text("login", before.Login, after.Login)
	d.text("firstname", before.Firstname, after.Firstname)
	d.text("lastname", before.Lastname, after.Lastname)
	d.text("email", before.Email, after.Email)
	d.address(before.Address, after.Address)
	d.flag("active", before.Active, after.Active)
	d.flag("vip", before.Vip, after.Vip)
	d.flag("verified", before.Verified, after.Verified)
	d.text("note", before.Note, after.Note)
	d.text("source", orEmpty(before.Source), orEmpty(after.Source))
	d.flag("out_of_office", before.OutOfOffice.OutOfOffice, after.OutOfOffice.OutOfOffice)
	d.day("out_of_office_start_at", before.OutOfOfficeStartAt, after.OutOfOfficeStartAt)
	d.day("out_of_office_end_at", before.OutOfOfficeEndAt, after.OutOfOfficeEndAt)
	d.relation("out_of_office_replacement", number(before.OutOfOfficeReplacementID), number(after.OutOfOfficeReplacementID), unknownName)
	return append(d.changes, CustomChanges("User", d.id, c.CustomAttributes("User"), before.Custom, after.Custom, by)...)
}

// OrganizationChanges is UserChanges for an organization.
func OrganizationChanges(before, after desk.Organization, c *desk.Catalog, by desk.UserID) []desk.Change {
	if before.ID == 0 {
		return []desk.Change{{Object: "Organization", OID: int64(after.ID), Type: "created", By: by}}
	}
	d := differences{object: "Organization", id: int64(after.ID), by: by}
	d.text("name", before.Name, after.Name)
	d.flag("shared", before.Shared, after.Shared)
	d.text("domain", before.Domain, after.Domain)
	d.flag("domain_assignment", before.DomainAssignment, after.DomainAssignment)
	d.flag("active", before.Active, after.Active)
	d.flag("vip", before.Vip, after.Vip)
	d.text("note", before.Note, after.Note)
	return append(d.changes, CustomChanges("Organization", d.id, c.CustomAttributes("Organization"), before.Custom, after.Custom, by)...)
}

func (d *differences) address(before, after desk.Address) {
	d.text("web", before.Web, after.Web)
	d.text("phone", before.Phone, after.Phone)
	d.text("fax", before.Fax, after.Fax)
	d.text("mobile", before.Mobile, after.Mobile)
	d.text("department", before.Department, after.Department)
	d.text("street", before.Street, after.Street)
	d.text("zip", before.Zip, after.Zip)
	d.text("city", before.City, after.City)
	d.text("country", before.Country, after.Country)
	d.text("address", before.Address, after.Address)
}

func (d *differences) flag(attribute string, from, to bool) {
	if from != to {
		d.add(attribute, strconv.FormatBool(from), strconv.FormatBool(to), nil, nil)
	}
}

func (d *differences) day(attribute string, from, to *time.Time) {
	d.text(attribute, dayText(from), dayText(to))
}

func dayText(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.Format(time.DateOnly)
}
