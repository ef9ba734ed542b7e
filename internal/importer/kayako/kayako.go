// Package kayako reads a Kayako account over its API, version 1.
package kayako

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"postroom/internal/importer/source"
)

// Account is a Kayako account.
type Account struct {
	client         *source.Client
	name, password string
}

// New returns the account at an address such as https://yours.kayako.com/api/v1, read in the name of
// an administrator.
func New(client *http.Client, endpoint, name, password string) (*Account, error) {
	asker, err := source.NewClient(client, endpoint, func(r *http.Request) { r.SetBasicAuth(name, password) })
	if err != nil {
		return nil, err
	}
	return &Account{asker, name, password}, nil
}

// Endpoint is where the API of the account at an address is.
func Endpoint(address string) string {
	return strings.TrimSuffix(strings.TrimRight(address, "/"), "/api/v1") + "/api/v1"
}

// Check asks for what only agents may see.
func (a *Account) Check(ctx context.Context) error {
	_, err := a.list(ctx, "/teams.json", url.Values{"limit": {"1"}})
	return err
}

// Owner is in whose name we read.
func (a *Account) Owner(context.Context) (source.Owner, error) {
	return source.Owner{Email: a.name, Password: a.password}, nil
}

// Stages are the kinds of records that Kayako hands out.
func (a *Account) Stages() []source.Stage {
	return []source.Stage{source.Fields, source.Groups, source.Organizations, source.Users, source.Tickets}
}

// pageSize is what Kayako gives at most.
const pageSize = 100

// answer is what Kayako says to everything. Records refer to others, which come beside them where they
// are asked for.
type answer struct {
	Data       json.RawMessage                       `json:"data"`
	TotalCount int                                   `json:"total_count"`
	NextURL    string                                `json:"next_url"`
	Resources  map[string]map[string]json.RawMessage `json:"resources"`
}

func (a *Account) list(ctx context.Context, path string, query url.Values) (answer, error) {
	var said answer
	_, err := a.client.Get(ctx, path, query, &said)
	return said, err
}

// rows are the records of an answer.
func (s answer) rows() ([]json.RawMessage, error) {
	var rows []json.RawMessage
	if err := json.Unmarshal(s.Data, &rows); err != nil {
		return nil, &source.Unreadable{Reason: "data: " + err.Error()}
	}
	return rows, nil
}

// reference is a record that another one refers to: as a whole, or by its name and kind.
type reference struct {
	ID           source.ID `json:"id"`
	ResourceType string    `json:"resource_type"`
	raw          json.RawMessage
}

// UnmarshalJSON keeps what else is told of the record.
func (r *reference) UnmarshalJSON(data []byte) error {
	type plain reference
	if err := json.Unmarshal(data, (*plain)(r)); err != nil {
		return err
	}
	r.raw = append(json.RawMessage{}, data...)
	return nil
}

// follow decodes a record that is referred to. One that the answer lacks is empty.
func (s answer) follow(r reference, into any) error {
	raw := s.Resources[r.ResourceType][r.ID.String()]
	if raw == nil {
		raw = r.raw
	}
	if raw == nil {
		return nil
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return &source.Unreadable{Reason: r.ResourceType + " " + r.ID.String() + ": " + err.Error()}
	}
	return nil
}

// lists are where stages are read, and what is to come along.
var lists = map[source.Stage]struct{ path, include string }{
	source.Groups:        {"/teams.json", "team"},
	source.Organizations: {"/organizations.json", "organization_field,organization_field_value,identity_domain"},
	source.Users:         {"/users.json", "role,team,identity_email,identity_phone,user_field,user_field_value"},
	source.Tickets:       {"/cases.json", "case_status,case_priority,case_type,case_field,case_field_value,tag"},
}

// Read returns a page.
func (a *Account) Read(ctx context.Context, stage source.Stage, cursor string) (source.Page, error) {
	if stage == source.Fields {
		return a.fields(ctx, cursor)
	}
	list := lists[stage]
	query := url.Values{"limit": {strconv.Itoa(pageSize)}, "include": {list.include}}
	if cursor != "" {
		query.Set("offset", cursor)
	}
	said, err := a.list(ctx, list.path, query)
	if err != nil {
		return source.Page{}, err
	}
	rows, err := said.rows()
	if err != nil {
		return source.Page{}, err
	}
	page := source.Page{Total: said.TotalCount, Next: offset(said.NextURL, cursor, len(rows))}
	switch stage {
	case source.Groups:
		page.Broken = source.Each(rows, &page.Groups, team.record)
	case source.Organizations:
		page.Broken = source.Rows(rows, addOrganization(&page, said))
	case source.Users:
		page.Broken = source.Rows(rows, addUser(&page, said))
	case source.Tickets:
		page.Broken = source.Rows(rows, addCase(&page, said))
	}
	return page, nil
}

// offset is where the next page begins; empty: there is none.
func offset(next, cursor string, read int) string {
	if next == "" || read == 0 {
		return ""
	}
	was, _ := strconv.Atoi(cursor)
	if at, err := url.Parse(next); err == nil {
		if n, err := strconv.Atoi(at.Query().Get("offset")); err == nil && n > was {
			return strconv.Itoa(n)
		}
	}
	return strconv.Itoa(was + read)
}

// Download returns the bytes of a file.
func (a *Account) Download(ctx context.Context, f source.File) ([]byte, error) {
	return a.client.Fetch(ctx, f.URL)
}
