package zendesk

import (
	"cmp"
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

func (g group) record() source.Group {
	return source.Group{ID: g.ID.String(), Name: g.Name, Note: g.Description, Inactive: g.Deleted, Changed: g.UpdatedAt.Time}
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

func (o organization) record() source.Organization {
	made := source.Organization{
		ID: o.ID.String(), Name: o.Name, Note: cmp.Or(o.Notes, o.Details), Shared: o.SharedTickets,
		Custom: keyed("organization", o.OrganizationFields), Created: o.CreatedAt.Time, Changed: o.UpdatedAt.Time,
	}
	if len(o.DomainNames) > 0 {
		made.Domain = o.DomainNames[0]
	}
	return made
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
	return source.User{
		ID: u.ID.String(), Firstname: first, Lastname: last, Email: u.Email, Phone: u.Phone, Note: cmp.Or(u.Notes, u.Details),
		Organization: u.OrganizationID.String(), Role: roles[u.Role], Inactive: u.Active != nil && !*u.Active || u.Suspended,
		Custom: keyed("user", u.UserFields), Created: u.CreatedAt.Time, Changed: u.UpdatedAt.Time,
	}
}

var roles = map[string]source.Role{"end-user": source.Customer, "agent": source.Agent, "admin": source.Admin}

type membership struct {
	ID      source.ID `json:"id"`
	UserID  source.ID `json:"user_id"`
	GroupID source.ID `json:"group_id"`
}

func (m membership) record() source.Membership {
	return source.Membership{ID: m.ID.String(), User: m.UserID.String(), Group: m.GroupID.String()}
}

// fieldLists are where the fields of each kind of record are, in the order in which they are read.
var fieldLists = []source.FieldList{
	{Path: "/ticket_fields.json", Key: "ticket_fields", Object: "Ticket", Prefix: "ticket"},
	{Path: "/user_fields.json", Key: "user_fields", Object: "User", Prefix: "user"},
	{Path: "/organization_fields.json", Key: "organization_fields", Object: "Organization", Prefix: "organization"},
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

// fields reads a list a page.
func (a *Account) fields(ctx context.Context, cursor string) (source.Page, error) {
	list, next := source.FieldListAt(fieldLists, cursor)
	rows, _, _, err := a.list(ctx, list.Path, list.Key, "")
	if err != nil {
		return source.Page{}, err
	}
	return source.FieldsOf(list, rows, next, field.record), nil
}

func (f field) record(object string) (source.Field, bool) {
	kind, known := fieldKinds[f.Type]
	made := source.Field{ID: f.Key, Name: f.Key, Label: f.Title, Kind: kind}
	if object == "Ticket" { // values of people and organizations go by key, those of tickets by id
		made.ID, made.Name = f.ID.String(), f.Title
	}
	for _, option := range f.Options {
		made.Options = append(made.Options, source.Option{Value: option.Value, Label: option.Name})
	}
	return made, known && f.Active && (f.Removable == nil || *f.Removable)
}
