package document

import (
	"encoding/json"

	"postroom/internal/desk"
)

// Person is a user with the roles and what these allow.
type Person struct {
	desk.User
	RoleIDs     []int64
	Permissions []string
}

// user is a user as it stands in its own document and, whole, in those of others.
type user struct {
	ID                       desk.UserID          `json:"id"`
	OrganizationID           *desk.OrganizationID `json:"organization_id"`
	Organization             json.RawMessage      `json:"organization,omitempty"` // in its own document only
	Login                    string               `json:"login"`
	Firstname                string               `json:"firstname"`
	Lastname                 string               `json:"lastname"`
	Email                    string               `json:"email"`
	Web                      string               `json:"web"`
	Phone                    string               `json:"phone"`
	Fax                      string               `json:"fax"`
	Mobile                   string               `json:"mobile"`
	Department               string               `json:"department"`
	Street                   string               `json:"street"`
	Zip                      string               `json:"zip"`
	City                     string               `json:"city"`
	Country                  string               `json:"country"`
	Address                  string               `json:"address"`
	Vip                      bool                 `json:"vip"`
	Verified                 bool                 `json:"verified"`
	Active                   bool                 `json:"active"`
	Note                     string               `json:"note"`
	LastLogin                *string              `json:"last_login"`
	OutOfOffice              bool                 `json:"out_of_office"`
	OutOfOfficeStartAt       *string              `json:"out_of_office_start_at"`
	OutOfOfficeEndAt         *string              `json:"out_of_office_end_at"`
	OutOfOfficeReplacementID *desk.UserID         `json:"out_of_office_replacement_id"`
	Preferences              map[string]any       `json:"preferences"`
	RoleIDs                  []int64              `json:"role_ids"`
	Permissions              []string             `json:"permissions"`
	stamp
}

func userOf(p Person) user {
	u := p.User
	return user{
		ID: u.ID, OrganizationID: u.OrganizationID, Login: u.Login, Firstname: u.Firstname, Lastname: u.Lastname, Email: u.Email,
		Web: u.Web, Phone: u.Phone, Fax: u.Fax, Mobile: u.Mobile, Department: u.Department, Street: u.Street, Zip: u.Zip,
		City: u.City, Country: u.Country, Address: u.Address.Address, Vip: u.Vip, Verified: u.Verified, Active: u.Active, Note: u.Note,
		LastLogin: whenever(u.LastLogin), OutOfOffice: u.OutOfOffice.OutOfOffice,
		OutOfOfficeStartAt: day(u.OutOfOfficeStartAt), OutOfOfficeEndAt: day(u.OutOfOfficeEndAt),
		OutOfOfficeReplacementID: u.OutOfOfficeReplacementID, Preferences: preferences(u.Preferences),
		RoleIDs: list(p.RoleIDs), Permissions: list(p.Permissions), stamp: stampOf(u.Stamp),
	}
}

// InOthers is a user as documents of other records hold one.
func InOthers(p Person, c *desk.Catalog) json.RawMessage {
	return withCustom(userOf(p), p.Custom, c.CustomAttributes("User"))
}

// User is the document of a user. Its organization is InUser's; nil: it has none.
func User(p Person, organization json.RawMessage, c *desk.Catalog) json.RawMessage {
	u := userOf(p)
	if u.Organization = organization; organization == nil {
		u.Organization = null
	}
	return withCustom(u, p.Custom, c.CustomAttributes("User"))
}

// organization is an organization as it stands in its own document and in those of others.
type organization struct {
	ID               desk.OrganizationID `json:"id"`
	Name             string              `json:"name"`
	Shared           bool                `json:"shared"`
	Domain           string              `json:"domain"`
	DomainAssignment bool                `json:"domain_assignment"`
	Active           bool                `json:"active"`
	Vip              bool                `json:"vip"`
	Note             string              `json:"note"`
	Members          []json.RawMessage   `json:"members,omitzero"`     // in its own document only, as all below
	CreatedBy        json.RawMessage     `json:"created_by,omitempty"` //
	UpdatedBy        json.RawMessage     `json:"updated_by,omitempty"` //
	stamp
}

func organizationOf(o desk.Organization) organization {
	return organization{
		ID: o.ID, Name: o.Name, Shared: o.Shared, Domain: o.Domain, DomainAssignment: o.DomainAssignment,
		Active: o.Active, Vip: o.Vip, Note: o.Note, stamp: stampOf(o.Stamp),
	}
}

// OrganizationInOthers is an organization as documents of users and tickets hold one.
func OrganizationInOthers(o desk.Organization, c *desk.Catalog) json.RawMessage {
	return withCustom(organizationOf(o), o.Custom, c.CustomAttributes("Organization"))
}

// Organization is the document of an organization. People are its members and authors, InOthers.
func Organization(o desk.Organization, members []desk.UserID, people map[desk.UserID]json.RawMessage, c *desk.Catalog) json.RawMessage {
	d := organizationOf(o)
	d.Members = []json.RawMessage{}
	for _, id := range members[:min(len(members), MaxMembers)] {
		if member, ok := people[id]; ok {
			d.Members = append(d.Members, member)
		}
	}
	d.CreatedBy, d.UpdatedBy = byID(people, o.CreatedByID, null), byID(people, o.UpdatedByID, null)
	return withCustom(d, o.Custom, c.CustomAttributes("Organization"))
}
