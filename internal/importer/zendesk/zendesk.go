// Package zendesk reads a Zendesk Support account over its API, version 2.
package zendesk

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"postroom/internal/importer/source"
)

// Account is a Zendesk account.
type Account struct {
	client      *source.Client
	name, token string
}

// New returns the account at an address such as https://yours.zendesk.com/api/v2, read in the name of
// a user by an API token.
func New(client *http.Client, endpoint, name, token string) (*Account, error) {
	asker, err := source.NewClient(client, endpoint, func(r *http.Request) {
		r.SetBasicAuth(strings.TrimSuffix(name, "/token")+"/token", token)
	})
	if err != nil {
		return nil, err
	}
	return &Account{asker, name, token}, nil
}

// Endpoint is where the API of the account at an address is.
func Endpoint(address string) string {
	return strings.TrimSuffix(strings.TrimRight(address, "/"), "/api/v2") + "/api/v2"
}

// Check asks who we are. Zendesk takes any credentials and calls us anonymous.
func (a *Account) Check(ctx context.Context) error {
	var answer struct {
		User struct {
			ID source.ID `json:"id"`
		} `json:"user"`
	}
	if _, err := a.client.Get(ctx, "/users/me.json", nil, &answer); err != nil {
		return err
	}
	if answer.User.ID == "" {
		return &source.Refused{Status: http.StatusUnauthorized}
	}
	return nil
}

// Owner is who the token was made by.
func (a *Account) Owner(context.Context) (source.Owner, error) {
	return source.Owner{Email: strings.TrimSuffix(a.name, "/token"), Password: a.token}, nil
}

// Stages are the kinds of records that Zendesk hands out.
func (a *Account) Stages() []source.Stage {
	return []source.Stage{source.Fields, source.Groups, source.Organizations, source.Users, source.Memberships, source.Tickets}
}

// pageSize is what Zendesk gives at most.
const pageSize = 100

// lists are where stages are read. A stage is another's page where two lists make one: fields.
var lists = map[source.Stage]string{
	source.Groups: "groups", source.Organizations: "organizations", source.Users: "users", source.Memberships: "group_memberships",
}

// Read returns a page.
func (a *Account) Read(ctx context.Context, stage source.Stage, cursor string) (source.Page, error) {
	switch stage {
	case source.Fields:
		return a.fields(ctx, cursor)
	case source.Tickets:
		return a.tickets(ctx, cursor)
	}
	list := lists[stage]
	rows, next, total, err := a.list(ctx, "/"+list+".json", list, cursor)
	if err != nil {
		return source.Page{}, err
	}
	page := source.Page{Next: next, Total: total}
	switch stage {
	case source.Groups:
		page.Broken = source.Each(rows, &page.Groups, group.record)
	case source.Organizations:
		page.Broken = source.Each(rows, &page.Organizations, organization.record)
	case source.Users:
		page.Broken = source.Each(rows, &page.Users, user.record)
	case source.Memberships:
		page.Broken = source.Each(rows, &page.Memberships, membership.record)
	}
	return page, nil
}

// list reads a page of a list by its cursor.
func (a *Account) list(ctx context.Context, path, key, cursor string) (rows []json.RawMessage, next string, total int, err error) {
	query := url.Values{"page[size]": {strconv.Itoa(pageSize)}}
	if cursor != "" {
		query.Set("page[after]", cursor)
	}
	var answer map[string]json.RawMessage
	if _, err := a.client.Get(ctx, path, query, &answer); err != nil {
		return nil, "", 0, err
	}
	var meta struct {
		HasMore     bool   `json:"has_more"`
		AfterCursor string `json:"after_cursor"`
	}
	if err := decode(answer, "meta", &meta); err != nil {
		return nil, "", 0, err
	}
	if err := decode(answer, "count", &total); err != nil {
		total = 0 // newer lists don't count
	}
	if meta.HasMore {
		next = meta.AfterCursor
	}
	err = decode(answer, key, &rows)
	return rows, next, total, err
}

// decode reads one part of an answer. A part that is missing is empty.
func decode(answer map[string]json.RawMessage, key string, into any) error {
	if len(answer[key]) == 0 {
		return nil
	}
	if err := json.Unmarshal(answer[key], into); err != nil {
		return &source.Unreadable{Reason: key + ": " + err.Error()}
	}
	return nil
}

// Download returns the bytes of a file.
func (a *Account) Download(ctx context.Context, f source.File) ([]byte, error) {
	return a.client.Fetch(ctx, f.URL)
}
