package zendesk

import (
	"context"

	"postroom/internal/importer/source"
)

type group struct {
	ID          source.ID   `json:"id"`
	Name        string      `json:"name"`
	Description string      `json:"description"`
	Deleted     bool        `json:"deleted"`
	UpdatedAt   source.Time `json:"updated_at"`
}

func addGroup(page *source.Page) func(group) (string, error) {
	return func(g group) (string, error) {
		page.Groups = append(page.Groups, source.Group{
			ID: g.ID.String(), Name: g.Name, Note: g.Description, Inactive: g.Deleted, Changed: g.UpdatedAt.Time,
		})
		return g.ID.String(), nil
	}
}

type organization struct {
	ID                 source.ID      `json:"id"`
	Name               string         `json:"name"`
	Notes              string         `json:"notes"`
	Details            string         `json:"details"`
	DomainNames        []string       `json:"domain_names"`
	SharedTickets      bool           `json:"shared_tickets"`
	OrganizationFields map[string]any `json:"organization_fields"`
	CreatedAt          source.Time    `json:"created_at"`
	UpdatedAt          source.Time    `json:"updated_at"`
}

func addOrganization(page *source.Page) func(organization) (string, error) {
	return func(o organization) (string, error) {
		domain := ""
		if len(o.DomainNames) > 0 {
			domain = o.DomainNames[0]
		}
		note := o.Notes
		if note == "" {
			note = o.Details
		}
		page.Organizations = append(page.Organizations, source.Organization{
			ID: o.ID.String(), Name: o.Name, Note: note, Domain: domain, Shared: o.SharedTickets,
			Custom: keyed("organization", o.OrganizationFields), Created: o.CreatedAt.Time, Changed: o.UpdatedAt.Time,
		})
		return o.ID.String(), nil
	}
}

// keyed gives values of fields the names that the fields have as records.
func keyed(object string, values map[string]any) map[string]any {
	named := make(map[string]any, len(values))
	for key, value := range values {
		if value != nil {
			named[object+":"+key] = value
		}
	}
	return named
}

type user struct {
	ID             source.ID      `json:"id"`
	Name           string         `json:"name"`
	Email          string         `json:"email"`
	Phone          string         `json:"phone"`
	Notes          string         `json:"notes"`
	Details        string         `json:"details"`
	Role           string         `json:"role"`
	Active         *bool          `json:"active"`
	Suspended      bool           `json:"suspended"`
	OrganizationID source.ID      `json:"organization_id"`
	UserFields     map[string]any `json:"user_fields"`
	CreatedAt      source.Time    `json:"created_at"`
	UpdatedAt      source.Time    `json:"updated_at"`
}

func (u user) record() source.User {
	first, last := source.Names(u.Name)
	if first == u.Email { // Zendesk names people after their address when it knows no name
		first = ""
	}
	note := u.Notes
	if note == "" {
		note = u.Details
	}
	return source.User{
		ID: u.ID.String(), Firstname: first, Lastname: last, Email: u.Email, Phone: u.Phone, Note: note,
		Organization: u.OrganizationID.String(), Role: roles[u.Role], Inactive: u.Active != nil && !*u.Active || u.Suspended,
		Custom: keyed("user", u.UserFields), Created: u.CreatedAt.Time, Changed: u.UpdatedAt.Time,
	}
}

var roles = map[string]source.Role{"end-user": source.Customer, "agent": source.Agent, "admin": source.Admin}

func addUser(page *source.Page) func(user) (string, error) {
	return func(u user) (string, error) {
		page.Users = append(page.Users, u.record())
		return u.ID.String(), nil
	}
}

type membership struct {
	ID      source.ID `json:"id"`
	UserID  source.ID `json:"user_id"`
	GroupID source.ID `json:"group_id"`
}

func addMembership(page *source.Page) func(membership) (string, error) {
	return func(m membership) (string, error) {
		page.Memberships = append(page.Memberships, source.Membership{ID: m.ID.String(), User: m.UserID.String(), Group: m.GroupID.String()})
		return m.ID.String(), nil
	}
}

// fieldLists are where the fields of each kind of record are, in the order in which they are read.
var fieldLists = []struct{ path, key, object, name string }{
	{"/ticket_fields.json", "ticket_fields", "Ticket", "ticket"},
	{"/user_fields.json", "user_fields", "User", "user"},
	{"/organization_fields.json", "organization_fields", "Organization", "organization"},
}

type field struct {
	ID      source.ID `json:"id"`
	Key     string    `json:"key"`
	Title   string    `json:"title"`
	Type    string    `json:"type"`
	Active  bool      `json:"active"`
	Options []struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	} `json:"custom_field_options"`
	Removable *bool `json:"removable"` // false: one that every account has
}

var fieldKinds = map[string]source.FieldKind{
	"text": source.Text, "regexp": source.Text, "partialcreditcard": source.Text, "decimal": source.Text, "textarea": source.LongText,
	"integer": source.Number, "checkbox": source.Switch, "date": source.Day, "dropdown": source.Choice, "tagger": source.Choice,
	"multiselect": source.Choices,
}

// fields reads a list a page. The cursor is the list that follows.
func (a *Account) fields(ctx context.Context, cursor string) (source.Page, error) {
	at := 0
	for i, list := range fieldLists {
		if list.key == cursor {
			at = i
		}
	}
	list := fieldLists[at]
	rows, _, _, err := a.list(ctx, list.path, list.key, "")
	if err != nil {
		return source.Page{}, err
	}
	page := source.Page{}
	if at+1 < len(fieldLists) {
		page.Next = fieldLists[at+1].key
	}
	page.Broken = source.Rows(rows, func(f field) (string, error) {
		kind, known := fieldKinds[f.Type]
		if !known || !f.Active || f.Removable != nil && !*f.Removable {
			page.Skipped++
			return f.ID.String(), nil
		}
		id, name := f.Key, f.Key // values of people and organizations go by key, those of tickets by id
		if list.object == "Ticket" {
			id, name = f.ID.String(), f.Title
		}
		made := source.Field{ID: list.name + ":" + id, Object: list.object, Name: name, Label: f.Title, Kind: kind}
		for _, option := range f.Options {
			made.Options = append(made.Options, source.Option{Value: option.Value, Label: option.Name})
		}
		page.Fields = append(page.Fields, made)
		return made.ID, nil
	})
	return page, nil
}
