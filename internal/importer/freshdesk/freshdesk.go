// Package freshdesk reads a Freshdesk account over its API, version 2.
package freshdesk

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"postroom/internal/importer/source"
)

// Account is a Freshdesk account.
type Account struct {
	client *source.Client
	token  string
}

// New returns the account at an address such as https://yours.freshdesk.com/api/v2, read by an API key.
func New(client *http.Client, endpoint, token string) (*Account, error) {
	asker, err := source.NewClient(client, endpoint, func(r *http.Request) { r.SetBasicAuth(token, "X") })
	if err != nil {
		return nil, err
	}
	return &Account{asker, token}, nil
}

// Endpoint is where the API of the account at an address is.
func Endpoint(address string) string {
	return strings.TrimSuffix(strings.TrimRight(address, "/"), "/api/v2") + "/api/v2"
}

// Check asks who we are.
func (a *Account) Check(ctx context.Context) error {
	_, err := a.Owner(ctx)
	return err
}

// Owner is whose key it is.
func (a *Account) Owner(ctx context.Context) (source.Owner, error) {
	var me agent
	if _, err := a.client.Get(ctx, "/agents/me", nil, &me); err != nil {
		return source.Owner{}, err
	}
	return source.Owner{Email: me.Contact.Email, Password: a.token}, nil
}

// Stages are the kinds of records that Freshdesk hands out.
func (a *Account) Stages() []source.Stage {
	return []source.Stage{source.Fields, source.Groups, source.Organizations, source.Agents, source.Customers, source.Tickets}
}

// pageSize is what Freshdesk gives at most.
const pageSize = 100

// Read returns a page.
func (a *Account) Read(ctx context.Context, stage source.Stage, cursor string) (source.Page, error) {
	switch stage {
	case source.Fields:
		return a.fields(ctx, cursor)
	case source.Tickets:
		return a.tickets(ctx, cursor)
	case source.Agents:
		return a.agents(ctx, cursor)
	}
	page := source.Page{}
	var rows []json.RawMessage
	var err error
	switch stage {
	case source.Groups:
		if rows, page.Next, err = a.list(ctx, "/groups", cursor, nil); err == nil {
			page.Broken = source.Each(rows, &page.Groups, group.record)
		}
	case source.Organizations:
		if rows, page.Next, err = a.list(ctx, "/companies", cursor, nil); err == nil {
			page.Broken = source.Each(rows, &page.Organizations, company.record)
		}
	case source.Customers:
		if rows, page.Next, err = a.list(ctx, "/contacts", cursor, nil); err == nil {
			page.Broken = source.Each(rows, &page.Users, contact.record)
		}
	}
	return page, err
}

// list reads a page of a list. There is another one if the header names it.
func (a *Account) list(ctx context.Context, path, cursor string, query url.Values) (rows []json.RawMessage, next string, err error) {
	number := 1
	if n, err := strconv.Atoi(cursor); err == nil && n > 0 {
		number = n
	}
	asked := url.Values{"page": {strconv.Itoa(number)}, "per_page": {strconv.Itoa(pageSize)}}
	for key, values := range query {
		asked[key] = values
	}
	header, err := a.client.Get(ctx, path, asked, &rows)
	if err != nil {
		return nil, "", err
	}
	if strings.Contains(header.Get("Link"), `rel="next"`) {
		next = strconv.Itoa(number + 1)
	}
	return rows, next, nil
}

// Download returns the bytes of a file.
func (a *Account) Download(ctx context.Context, f source.File) ([]byte, error) {
	return a.client.Fetch(ctx, f.URL)
}

// fieldLists are where the fields of each kind of record are, in the order in which they are read.
var fieldLists = []source.FieldList{
	{Path: "/ticket_fields", Object: "Ticket", Prefix: "ticket"},
	{Path: "/contact_fields", Object: "User", Prefix: "user"},
	{Path: "/company_fields", Object: "Organization", Prefix: "organization"},
}

type field struct {
	ID      source.ID       `json:"id"`
	Name    string          `json:"name"`
	Label   string          `json:"label"`
	Type    string          `json:"type"`
	Default bool            `json:"default"` // one that every account has
	Choices json.RawMessage `json:"choices"`
}

var fieldKinds = map[string]source.FieldKind{
	"custom_text": source.Text, "custom_paragraph": source.LongText, "custom_checkbox": source.Switch, "custom_number": source.Number,
	"custom_decimal": source.Text, "custom_date": source.Day, "custom_dropdown": source.Choice, "custom_phone_number": source.Text,
	"custom_url": source.Text,
}

// fields reads a list a page.
func (a *Account) fields(ctx context.Context, cursor string) (source.Page, error) {
	list, next := source.FieldListAt(fieldLists, cursor)
	var rows []json.RawMessage
	if _, err := a.client.Get(ctx, list.Path, nil, &rows); err != nil {
		return source.Page{}, err
	}
	return source.FieldsOf(list, rows, next, field.record), nil
}

func (f field) record(string) (source.Field, bool) {
	kind, known := fieldKinds[f.Type]
	made := source.Field{ID: f.Name, Name: strings.TrimPrefix(f.Name, "cf_"), Label: f.Label, Kind: kind}
	for _, choice := range choices(f.Choices) {
		made.Options = append(made.Options, source.Option{Value: choice, Label: choice})
	}
	return made, known && !f.Default
}

// choices are a list of texts, or of objects, or an object whose keys they are.
func choices(raw json.RawMessage) (all []string) {
	var texts []string
	if json.Unmarshal(raw, &texts) == nil {
		return texts
	}
	var objects []struct {
		Label string `json:"label"`
		Value string `json:"value"`
	}
	if json.Unmarshal(raw, &objects) == nil {
		for _, o := range objects {
			if o.Value == "" {
				o.Value = o.Label
			}
			all = append(all, o.Value)
		}
		return all
	}
	var keyed map[string]any
	if json.Unmarshal(raw, &keyed) == nil {
		for key := range keyed {
			all = append(all, key)
		}
	}
	return all
}
