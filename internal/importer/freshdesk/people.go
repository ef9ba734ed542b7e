package freshdesk

import (
	"context"
	"strings"

	"postroom/internal/importer/source"
)

type group struct {
	ID          source.ID   `json:"id"`
	Name        string      `json:"name"`
	Description string      `json:"description"`
	UpdatedAt   source.Time `json:"updated_at"`
}

func (g group) record() source.Group {
	return source.Group{ID: g.ID.String(), Name: g.Name, Note: g.Description, Changed: g.UpdatedAt.Time}
}

type company struct {
	ID           source.ID      `json:"id"`
	Name         string         `json:"name"`
	Description  string         `json:"description"`
	Note         string         `json:"note"`
	Domains      []string       `json:"domains"`
	CustomFields map[string]any `json:"custom_fields"`
	CreatedAt    source.Time    `json:"created_at"`
	UpdatedAt    source.Time    `json:"updated_at"`
}

func (c company) record() source.Organization {
	made := source.Organization{
		ID: c.ID.String(), Name: c.Name, Note: strings.TrimSpace(c.Description + "\n" + c.Note),
		Custom: keyed("organization", c.CustomFields), Created: c.CreatedAt.Time, Changed: c.UpdatedAt.Time,
	}
	if len(c.Domains) > 0 {
		made.Domain = c.Domains[0]
	}
	return made
}

// keyed gives values of fields the names that the fields have as records. Where lists of fields have
// cf_ in front of a name, values may have it or not.
func keyed(object string, values map[string]any) map[string]any {
	named := make(map[string]any, 2*len(values))
	for key, value := range values {
		if value != nil {
			named[object+":"+key] = value
			named[object+":cf_"+strings.TrimPrefix(key, "cf_")] = value
		}
	}
	return named
}

type contact struct {
	ID           source.ID      `json:"id"`
	Name         string         `json:"name"`
	Email        string         `json:"email"`
	Phone        string         `json:"phone"`
	Mobile       string         `json:"mobile"`
	Address      string         `json:"address"`
	Description  string         `json:"description"`
	JobTitle     string         `json:"job_title"`
	CompanyID    source.ID      `json:"company_id"`
	Deleted      bool           `json:"deleted"`
	CustomFields map[string]any `json:"custom_fields"`
	CreatedAt    source.Time    `json:"created_at"`
	UpdatedAt    source.Time    `json:"updated_at"`
}

func (c contact) record() source.User {
	first, last := source.Names(c.Name)
	return source.User{
		ID: c.ID.String(), Firstname: first, Lastname: last, Email: c.Email, Phone: c.Phone, Mobile: c.Mobile, Address: c.Address,
		Note: c.Description, Organization: c.CompanyID.String(), Inactive: c.Deleted, Custom: keyed("user", c.CustomFields),
		Created: c.CreatedAt.Time, Changed: c.UpdatedAt.Time,
	}
}

type agent struct {
	ID          source.ID   `json:"id"`
	Deactivated bool        `json:"deactivated"`
	Signature   string      `json:"signature"`
	GroupIDs    []source.ID `json:"group_ids"`
	RoleIDs     []source.ID `json:"role_ids"`
	Contact     struct {
		Name   string `json:"name"`
		Email  string `json:"email"`
		Phone  string `json:"phone"`
		Mobile string `json:"mobile"`
	} `json:"contact"`
	CreatedAt source.Time `json:"created_at"`
	UpdatedAt source.Time `json:"updated_at"`
}

// agents reads a page of them, and which of their roles administrate.
func (a *Account) agents(ctx context.Context, cursor string) (source.Page, error) {
	var roles []struct {
		ID   source.ID `json:"id"`
		Name string    `json:"name"`
	}
	if _, err := a.client.Get(ctx, "/roles", nil, &roles); err != nil {
		return source.Page{}, err
	}
	admins := map[source.ID]bool{}
	for _, role := range roles {
		admins[role.ID] = role.Name == "Account Administrator" || role.Name == "Administrator"
	}
	rows, next, err := a.list(ctx, "/agents", cursor, nil)
	if err != nil {
		return source.Page{}, err
	}
	page := source.Page{Next: next}
	page.Broken = source.Each(rows, &page.Users, func(g agent) source.User { return g.record(admins) })
	return page, nil
}

func (g agent) record(admins map[source.ID]bool) source.User {
	first, last := source.Names(g.Contact.Name)
	made := source.User{
		ID: g.ID.String(), Firstname: first, Lastname: last, Email: g.Contact.Email, Phone: g.Contact.Phone, Mobile: g.Contact.Mobile,
		Role: source.Agent, Inactive: g.Deactivated, Groups: map[string]source.Access{},
		Created: g.CreatedAt.Time, Changed: g.UpdatedAt.Time,
	}
	for _, id := range g.GroupIDs {
		made.Groups[id.String()] = source.Full()
	}
	for _, id := range g.RoleIDs {
		if admins[id] {
			made.Role = source.Admin
		}
	}
	return made
}
