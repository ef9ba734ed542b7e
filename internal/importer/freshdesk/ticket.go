package freshdesk

import (
	"context"
	"net/url"
	"strings"
	"time"

	"postroom/internal/importer/source"
)

type ticket struct {
	ID              source.ID      `json:"id"`
	Subject         string         `json:"subject"`
	Description     string         `json:"description"`
	DescriptionText string         `json:"description_text"`
	Status          int            `json:"status"`
	Priority        int            `json:"priority"`
	Source          int            `json:"source"`
	Type            string         `json:"type"`
	RequesterID     source.ID      `json:"requester_id"`
	ResponderID     source.ID      `json:"responder_id"`
	CompanyID       source.ID      `json:"company_id"`
	GroupID         source.ID      `json:"group_id"`
	Tags            []string       `json:"tags"`
	ToEmails        []string       `json:"to_emails"`
	CCEmails        []string       `json:"cc_emails"`
	Deleted         bool           `json:"deleted"`
	Spam            bool           `json:"spam"`
	CustomFields    map[string]any `json:"custom_fields"`
	Attachments     []attachment   `json:"attachments"`
	DueBy           source.Time    `json:"due_by"`
	CreatedAt       source.Time    `json:"created_at"`
	UpdatedAt       source.Time    `json:"updated_at"`
	Requester       *contact       `json:"requester"`
	Stats           struct {
		ResolvedAt source.Time `json:"resolved_at"`
		ClosedAt   source.Time `json:"closed_at"`
	} `json:"stats"`
}

type attachment struct {
	ID            source.ID `json:"id"`
	Name          string    `json:"name"`
	ContentType   string    `json:"content_type"`
	Size          int64     `json:"size"`
	AttachmentURL string    `json:"attachment_url"`
}

var (
	states     = map[int]string{2: "open", 3: "pending reminder", 4: "closed", 5: "closed"}
	priorities = map[int]string{1: "1 low", 2: "2 normal", 3: "3 high", 4: "3 high"}
	// ways are the sources of tickets.
	ways = map[int]string{1: "email", 2: "web", 3: "phone", 5: "twitter status", 6: "facebook feed post", 7: "chat", 9: "web", 10: "email", 13: "whatsapp message"}
)

// tickets reads a page of those that changed since a moment, the oldest change first. The cursor is the moment
// and the page. The next page is the first one since the last change on this one, but for some tickets that come
// twice: a ticket that changes meanwhile leaves the pages that were read, and would pull another one there that
// nobody read. Only where a page is all of one moment the next one follows it.
func (a *Account) tickets(ctx context.Context, cursor string) (source.Page, error) {
	since, number, _ := strings.Cut(cursor, "|")
	if since == "" {
		since = "1970-01-02T00:00:00Z"
	}
	rows, next, err := a.list(ctx, "/tickets", number, url.Values{
		"updated_since": {since}, "order_by": {"updated_at"}, "order_type": {"asc"}, "include": {"requester,stats"},
	})
	if err != nil {
		return source.Page{}, err
	}
	page, last := source.Page{}, time.Time{}
	page.Broken = source.Rows(rows, func(t ticket) (string, error) {
		if t.UpdatedAt.After(last) {
			last = t.UpdatedAt.Time
		}
		if t.Deleted || t.Spam {
			page.Skipped++
			return t.ID.String(), nil
		}
		page.Tickets = append(page.Tickets, t.record())
		return t.ID.String(), nil
	})
	from := last.Truncate(time.Second).Add(-time.Second) // also what changed in the same second
	switch {
	case next == "":
	case from.After(source.ReadTime(since).Time):
		page.Next = from.Format(time.RFC3339) + "|1"
	default:
		page.Next = since + "|" + next
	}
	return page, nil
}

func (t ticket) record() source.Ticket {
	made := source.Ticket{
		ID: t.ID.String(), Number: t.ID.String(), Title: t.Subject, Group: t.GroupID.String(), State: states[t.Status],
		Priority: priorities[t.Priority], Owner: t.ResponderID.String(), Customer: t.RequesterID.String(), Organization: t.CompanyID.String(),
		Type: t.Type, Tags: t.Tags, Closed: t.Stats.ClosedAt.Time, Custom: keyed("ticket", t.CustomFields),
		Created: t.CreatedAt.Time, Changed: t.UpdatedAt.Time,
	}
	if made.State == "" { // one that the administrator named
		made.State = "open"
	}
	if made.Closed.IsZero() {
		made.Closed = t.Stats.ResolvedAt.Time
	}
	if made.State == "pending reminder" {
		made.Pending = t.DueBy.Time
	}
	return made
}

type conversation struct {
	ID           source.ID    `json:"id"`
	Body         string       `json:"body"`
	BodyText     string       `json:"body_text"`
	Incoming     bool         `json:"incoming"`
	Private      bool         `json:"private"`
	UserID       source.ID    `json:"user_id"`
	Source       int          `json:"source"`
	FromEmail    string       `json:"from_email"`
	SupportEmail string       `json:"support_email"`
	ToEmails     []string     `json:"to_emails"`
	CCEmails     []string     `json:"cc_emails"`
	Attachments  []attachment `json:"attachments"`
	CreatedAt    source.Time  `json:"created_at"`
	UpdatedAt    source.Time  `json:"updated_at"`
}

// Complete reads the description and the conversations of a ticket, which are its articles.
func (a *Account) Complete(ctx context.Context, t *source.Ticket) error {
	var whole ticket
	path := "/tickets/" + url.PathEscape(t.ID)
	if _, err := a.client.Get(ctx, path, url.Values{"include": {"requester"}}, &whole); err != nil {
		return err
	}
	t.Articles = []source.Article{whole.description(t)}
	if whole.Requester != nil && whole.Requester.ID != "" {
		t.People = append(t.People, whole.Requester.record())
	}
	for cursor := "1"; cursor != ""; {
		rows, next, err := a.list(ctx, path+"/conversations", cursor, nil)
		if err != nil {
			return err
		}
		if err := source.All("conversation", rows, func(c conversation) (string, error) {
			t.Articles = append(t.Articles, c.article(t))
			return c.ID.String(), nil
		}); err != nil {
			return err
		}
		cursor = next
	}
	return nil
}

// description is the first article of a ticket.
func (t ticket) description(of *source.Ticket) source.Article {
	made := source.Article{
		ID: "ticket:" + of.ID, Author: of.Customer, Type: ways[t.Source], To: strings.Join(t.ToEmails, ", "),
		Cc: strings.Join(t.CCEmails, ", "), Subject: of.Title, HTML: t.Description != "", Body: t.Description,
		Files: files(t.Attachments), Created: of.Created, Changed: of.Created,
	}
	if !made.HTML {
		made.Body = t.DescriptionText
	}
	if made.Type == "" {
		made.Type = "web"
	}
	const outbound = 10
	if t.Source == outbound {
		made.Sender, made.Author = source.ByAgent, of.Owner
	}
	return made
}

func (c conversation) article(t *source.Ticket) source.Article {
	made := source.Article{
		ID: c.ID.String(), Author: c.UserID.String(), Internal: c.Private, From: c.FromEmail, To: strings.Join(c.ToEmails, ", "),
		Cc: strings.Join(c.CCEmails, ", "), Subject: t.Title, HTML: c.Body != "", Body: c.Body, Files: files(c.Attachments),
		Created: c.CreatedAt.Time, Changed: c.UpdatedAt.Time, Type: "email",
	}
	if !made.HTML {
		made.Body = c.BodyText
	}
	if !c.Incoming && made.Author != t.Customer {
		made.Sender = source.ByAgent
	}
	const note = 2
	if c.Private || c.Source == note {
		made.Type = "note"
	}
	return made
}

func files(attachments []attachment) []source.File {
	list := make([]source.File, len(attachments))
	for i, f := range attachments {
		list[i] = source.File{ID: f.ID.String(), Name: f.Name, Type: f.ContentType, URL: f.AttachmentURL, Size: f.Size}
	}
	return list
}
