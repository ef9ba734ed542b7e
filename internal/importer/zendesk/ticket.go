package zendesk

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"

	"postroom/internal/importer/source"
)

type ticket struct {
	ID             source.ID   `json:"id"`
	Subject        string      `json:"subject"`
	RawSubject     string      `json:"raw_subject"`
	Status         string      `json:"status"`
	Priority       string      `json:"priority"`
	Type           string      `json:"type"`
	RequesterID    source.ID   `json:"requester_id"`
	AssigneeID     source.ID   `json:"assignee_id"`
	OrganizationID source.ID   `json:"organization_id"`
	GroupID        source.ID   `json:"group_id"`
	Tags           []string    `json:"tags"`
	DueAt          source.Time `json:"due_at"`
	CustomFields   []struct {
		ID    source.ID `json:"id"`
		Value any       `json:"value"`
	} `json:"custom_fields"`
	CreatedAt source.Time `json:"created_at"`
	UpdatedAt source.Time `json:"updated_at"`
}

var (
	states = map[string]string{
		"new": "new", "open": "open", "hold": "open", "pending": "pending reminder", "solved": "closed", "closed": "closed",
	}
	priorities = map[string]string{"low": "1 low", "normal": "2 normal", "high": "3 high", "urgent": "3 high"}
)

// tickets reads a page of the incremental export, which lists closed and archived tickets, too.
func (a *Account) tickets(ctx context.Context, cursor string) (source.Page, error) {
	query := url.Values{"per_page": {strconv.Itoa(pageSize)}}
	if cursor != "" {
		query.Set("cursor", cursor)
	} else {
		query.Set("start_time", "1") // second 0 is refused
	}
	var answer struct {
		Tickets     []json.RawMessage `json:"tickets"`
		AfterCursor string            `json:"after_cursor"`
		EndOfStream bool              `json:"end_of_stream"`
	}
	if _, err := a.client.Get(ctx, "/incremental/tickets/cursor.json", query, &answer); err != nil {
		return source.Page{}, err
	}
	page := source.Page{}
	if !answer.EndOfStream {
		page.Next = answer.AfterCursor
	}
	page.Broken = source.Rows(answer.Tickets, func(t ticket) (string, error) {
		if t.Status == "deleted" {
			page.Skipped++
			return t.ID.String(), nil
		}
		page.Tickets = append(page.Tickets, t.record())
		return t.ID.String(), nil
	})
	return page, nil
}

func (t ticket) record() source.Ticket {
	title := t.Subject
	if title == "" {
		title = t.RawSubject
	}
	made := source.Ticket{
		ID: t.ID.String(), Number: t.ID.String(), Title: title, Group: t.GroupID.String(), State: states[t.Status],
		Priority: priorities[t.Priority], Owner: t.AssigneeID.String(), Customer: t.RequesterID.String(),
		Organization: t.OrganizationID.String(), Type: t.Type, Tags: t.Tags, Custom: map[string]any{},
		Created: t.CreatedAt.Time, Changed: t.UpdatedAt.Time,
	}
	if made.State == "pending reminder" {
		made.Pending = t.DueAt.Time
	}
	for _, field := range t.CustomFields {
		if field.Value != nil {
			made.Custom["ticket:"+field.ID.String()] = field.Value
		}
	}
	return made
}

type comment struct {
	ID          source.ID   `json:"id"`
	Type        string      `json:"type"`
	AuthorID    source.ID   `json:"author_id"`
	Body        string      `json:"body"`
	PlainBody   string      `json:"plain_body"`
	HTMLBody    string      `json:"html_body"`
	Public      bool        `json:"public"`
	CreatedAt   source.Time `json:"created_at"`
	Attachments []struct {
		ID          source.ID `json:"id"`
		FileName    string    `json:"file_name"`
		ContentURL  string    `json:"content_url"`
		ContentType string    `json:"content_type"`
		Size        int64     `json:"size"`
		Inline      bool      `json:"inline"`
	} `json:"attachments"`
	Via struct {
		Channel string `json:"channel"`
		Source  struct {
			From place `json:"from"`
			To   place `json:"to"`
		} `json:"source"`
	} `json:"via"`
}

// place is where a comment came from or went to.
type place struct {
	Address string `json:"address"`
	Name    string `json:"name"`
}

func (p place) String() string {
	if p.Address == "" || p.Name == "" {
		return p.Address + p.Name
	}
	return `"` + strings.NewReplacer(`\`, "", `"`, "").Replace(p.Name) + `" <` + p.Address + ">"
}

// mostComments is what Zendesk keeps of a ticket at most.
const mostComments = 5000

// Complete reads the comments of a ticket, which are its articles.
func (a *Account) Complete(ctx context.Context, t *source.Ticket) error {
	people := map[string]source.User{}
	for cursor := ""; len(t.Articles) < mostComments; {
		query := url.Values{"page[size]": {strconv.Itoa(pageSize)}, "include": {"users"}, "include_inline_images": {"true"}}
		if cursor != "" {
			query.Set("page[after]", cursor)
		}
		var answer struct {
			Comments []comment `json:"comments"`
			Users    []user    `json:"users"`
			Meta     struct {
				HasMore     bool   `json:"has_more"`
				AfterCursor string `json:"after_cursor"`
			} `json:"meta"`
		}
		if _, err := a.client.Get(ctx, "/tickets/"+url.PathEscape(t.ID)+"/comments.json", query, &answer); err != nil {
			return err
		}
		for _, u := range answer.Users {
			people[u.ID.String()] = u.record()
		}
		for _, c := range answer.Comments {
			t.Articles = append(t.Articles, c.article(people, t))
		}
		if cursor = answer.Meta.AfterCursor; !answer.Meta.HasMore || cursor == "" {
			break
		}
	}
	for _, person := range people {
		t.People = append(t.People, person)
	}
	return nil
}

var articleTypes = map[string]string{
	"web": "web", "email": "email", "api": "web", "mobile": "web", "mobile_sdk": "web", "web_widget": "web", "help_center": "web",
	"voice": "phone", "sms": "sms", "chat": "chat", "twitter": "twitter status", "facebook": "facebook feed post",
}

func (c comment) article(people map[string]source.User, t *source.Ticket) source.Article {
	made := source.Article{
		ID: c.ID.String(), Author: c.AuthorID.String(), Internal: !c.Public, Created: c.CreatedAt.Time, Changed: c.CreatedAt.Time,
		From: c.Via.Source.From.String(), To: c.Via.Source.To.String(), Subject: t.Title, HTML: true, Body: c.HTMLBody,
		Type: articleTypes[c.Via.Channel],
	}
	if c.HTMLBody == "" {
		made.HTML, made.Body = false, c.PlainBody
		if c.PlainBody == "" {
			made.Body = c.Body
		}
	}
	if author, known := people[made.Author]; known && author.Role != source.Customer && made.Author != t.Customer {
		made.Sender = source.ByAgent
	}
	switch {
	case c.Type == "VoiceComment":
		made.Type = "phone"
	case made.Internal || made.Type == "":
		made.Type = "note"
	case made.Sender == source.ByAgent && made.Type == "web": // written in the browser, and mailed to the customer
		made.Type = "email"
	}
	for _, f := range c.Attachments {
		made.Files = append(made.Files, source.File{
			ID: f.ID.String(), Name: f.FileName, Type: f.ContentType, URL: f.ContentURL, Inline: f.Inline, Size: f.Size,
		})
	}
	return made
}
