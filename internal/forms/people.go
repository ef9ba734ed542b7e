package forms

import (
	"time"

	"postroom/internal/desk"
)

// User checks the form of a user; before is zero for a new one.
func User(who *desk.Caller, before, after desk.User, c *desk.Catalog, now time.Time) error {
	form := Form{Object: "User", Catalog: c, Who: who, Now: now}
	return form.checkRecord(before.ID == 0, UserValues(before, c), UserValues(after, c))
}

// Organization checks the form of an organization; before is zero for a new one.
func Organization(who *desk.Caller, before, after desk.Organization, c *desk.Catalog, now time.Time) error {
	form := Form{Object: "Organization", Catalog: c, Who: who, Now: now}
	return form.checkRecord(before.ID == 0, OrganizationValues(before, c), OrganizationValues(after, c))
}

// Group checks the form of a group; before is zero for a new one. signatures are those in use.
func Group(who *desk.Caller, before, after desk.Group, signatures map[desk.SignatureID]bool, c *desk.Catalog, now time.Time) error {
	form := Form{Object: "Group", Catalog: c, Who: who, Now: now, Offers: map[string]func(string) bool{
		"email_address_id": func(value string) bool { return c.Addresses[idIn[desk.EmailAddressID](value)].Active },
		"signature_id":     func(value string) bool { return signatures[idIn[desk.SignatureID](value)] },
	}}
	return form.checkRecord(before.ID == 0, GroupValues(before, c), GroupValues(after, c))
}

// Role checks the form of a role; before is zero for a new one.
func Role(who *desk.Caller, before, after desk.Role, c *desk.Catalog, now time.Time) error {
	values := func(r desk.Role) Values {
		return Values{"name": r.Name, "default_at_signup": r.DefaultAtSignup, "active": r.Active, "note": r.Note}
	}
	form := Form{Object: "Role", Catalog: c, Who: who, Now: now}
	return form.checkRecord(before.ID == 0, values(before), values(after))
}

// SLA checks the form of a service level; before is zero for a new one.
func SLA(who *desk.Caller, before, after desk.SLA, c *desk.Catalog, now time.Time) error {
	values := func(s desk.SLA) Values {
		return Values{
			"name": s.Name, "calendar_id": s.CalendarID, "first_response_time": s.FirstResponseTime, "response_time": s.ResponseTime,
			"update_time": s.UpdateTime, "solution_time": s.SolutionTime,
		}
	}
	form := Form{Object: "Sla", Catalog: c, Who: who, Now: now}
	return form.checkRecord(before.ID == 0, values(before), values(after))
}

func (f Form) checkRecord(creating bool, before, after Values) error {
	f.Screen = ScreenEdit
	if creating {
		f.Screen, before = ScreenCreate, nil
	}
	return f.Check(before, after)
}
