package kayako

import (
	"context"
	"net/url"
	"strings"

	"postroom/internal/importer/source"
)

// fieldLists are where the fields of each kind of record are, in the order in which they are read.
var fieldLists = []source.FieldList{
	{Path: "/cases/fields.json", Object: "Ticket", Prefix: "ticket"},
	{Path: "/users/fields.json", Object: "User", Prefix: "user"},
	{Path: "/organizations/fields.json", Object: "Organization", Prefix: "organization"},
}

type field struct {
	ID        source.ID `json:"id"`
	Key       string    `json:"key"`
	Title     string    `json:"title"`
	Type      string    `json:"type"`
	IsEnabled *bool     `json:"is_enabled"`
	IsSystem  bool      `json:"is_system"`
	Options   []struct {
		ID    source.ID `json:"id"`
		Value string    `json:"value"`
		Tag   string    `json:"tag"`
	} `json:"options"`
}

var fieldKinds = map[string]source.FieldKind{
	"TEXT": source.Text, "TEXTAREA": source.LongText, "REGEX": source.Text, "DECIMAL": source.Text, "NUMERIC": source.Number,
	"INTEGER": source.Number, "YESNO": source.Switch, "CHECKBOX": source.Choices, "DATE": source.Day, "SELECT": source.Choice, "RADIO": source.Choice,
}

// fields reads a list a page.
func (a *Account) fields(ctx context.Context, cursor string) (source.Page, error) {
	list, next := source.FieldListAt(fieldLists, cursor)
	said, err := a.list(ctx, list.Path, url.Values{"limit": {"1000"}})
	if err != nil {
		return source.Page{}, err
	}
	rows, err := said.rows()
	if err != nil {
		return source.Page{}, err
	}
	return source.FieldsOf(list, rows, next, field.record), nil
}

func (f field) record(string) (source.Field, bool) {
	kind, known := fieldKinds[f.Type]
	made := source.Field{ID: f.ID.String(), Name: f.Key, Label: f.Title, Kind: kind}
	for _, option := range f.Options {
		made.Options = append(made.Options, source.Option{Value: option.ID.String(), Label: option.Value})
	}
	return made, known && !f.IsSystem && (f.IsEnabled == nil || *f.IsEnabled)
}

// fieldValue is a value of a field that an account's administrator added.
type fieldValue struct {
	Field reference `json:"field"`
	Value any       `json:"value"`
}

// customOf are the values of fields. Several of one field come with commas between them.
func customOf(said answer, object string, values []reference) (map[string]any, error) {
	named := map[string]any{}
	for _, ref := range values {
		var v fieldValue
		if err := said.follow(ref, &v); err != nil {
			return nil, err
		}
		if text := source.TextOf(v.Value); text != "" {
			named[object+":"+v.Field.ID.String()] = text
		}
	}
	return named, nil
}

type team struct {
	ID        source.ID   `json:"id"`
	Title     string      `json:"title"`
	UpdatedAt source.Time `json:"updated_at"`
}

func (t team) record() source.Group {
	return source.Group{ID: t.ID.String(), Name: t.Title, Changed: t.UpdatedAt.Time}
}

type organization struct {
	ID           source.ID   `json:"id"`
	Name         string      `json:"name"`
	IsShared     bool        `json:"is_shared"`
	Domains      []reference `json:"domains"`
	CustomFields []reference `json:"custom_fields"`
	CreatedAt    source.Time `json:"created_at"`
	UpdatedAt    source.Time `json:"updated_at"`
}

func addOrganization(page *source.Page, said answer) func(organization) (string, error) {
	return func(o organization) (string, error) {
		made := source.Organization{
			ID: o.ID.String(), Name: o.Name, Shared: o.IsShared, Created: o.CreatedAt.Time, Changed: o.UpdatedAt.Time,
		}
		for _, ref := range o.Domains {
			var domain struct {
				Domain string `json:"domain"`
			}
			if err := said.follow(ref, &domain); err != nil {
				return made.ID, err
			}
			if made.Domain == "" {
				made.Domain = domain.Domain
			}
		}
		var err error
		if made.Custom, err = customOf(said, "organization", o.CustomFields); err == nil {
			page.Organizations = append(page.Organizations, made)
		}
		return made.ID, err
	}
}

type user struct {
	ID           source.ID   `json:"id"`
	FullName     string      `json:"full_name"`
	Designation  string      `json:"designation"`
	IsEnabled    *bool       `json:"is_enabled"`
	Role         reference   `json:"role"`
	Organization *reference  `json:"organization"`
	Teams        []reference `json:"teams"`
	Emails       []reference `json:"emails"`
	Phones       []reference `json:"phones"`
	CustomFields []reference `json:"custom_fields"`
	CreatedAt    source.Time `json:"created_at"`
	UpdatedAt    source.Time `json:"updated_at"`
}

var roles = map[string]source.Role{
	"CUSTOMER": source.Customer, "COLLABORATOR": source.Agent, "AGENT": source.Agent, "ADMIN": source.Admin, "OWNER": source.Admin,
}

func addUser(page *source.Page, said answer) func(user) (string, error) {
	return func(u user) (string, error) {
		first, last := source.Names(u.FullName)
		made := source.User{
			ID: u.ID.String(), Firstname: first, Lastname: last, Note: u.Designation, Inactive: u.IsEnabled != nil && !*u.IsEnabled,
			Groups: map[string]source.Access{}, Created: u.CreatedAt.Time, Changed: u.UpdatedAt.Time,
		}
		if u.Organization != nil {
			made.Organization = u.Organization.ID.String()
		}
		for _, t := range u.Teams {
			made.Groups[t.ID.String()] = source.Full()
		}
		if err := identify(&made, u, said); err != nil {
			return made.ID, err
		}
		var err error
		if made.Custom, err = customOf(said, "user", u.CustomFields); err == nil {
			page.Users = append(page.Users, made)
		}
		return made.ID, err
	}
}

// identify fills in what of a user lies in records of its own.
func identify(made *source.User, u user, said answer) error {
	var role struct {
		Type string `json:"type"`
	}
	if err := said.follow(u.Role, &role); err != nil {
		return err
	}
	made.Role = roles[strings.ToUpper(role.Type)]
	for _, ref := range u.Emails {
		var identity struct {
			Email     string `json:"email"`
			IsPrimary bool   `json:"is_primary"`
		}
		if err := said.follow(ref, &identity); err != nil {
			return err
		}
		if made.Email == "" || identity.IsPrimary {
			made.Email = identity.Email
		}
	}
	for _, ref := range u.Phones {
		var identity struct {
			Number string `json:"number"`
		}
		if err := said.follow(ref, &identity); err != nil {
			return err
		}
		if made.Phone == "" {
			made.Phone = identity.Number
		}
	}
	return nil
}
