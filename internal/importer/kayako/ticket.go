package kayako

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	"postroom/internal/importer/source"
)

type conversation struct {
	ID            source.ID   `json:"id"`
	Subject       string      `json:"subject"`
	State         string      `json:"state"`
	Requester     *reference  `json:"requester"`
	AssignedTeam  *reference  `json:"assigned_team"`
	AssignedAgent *reference  `json:"assigned_agent"`
	Status        *reference  `json:"status"`
	Priority      *reference  `json:"priority"`
	Type          *reference  `json:"type"`
	Tags          []reference `json:"tags"`
	CustomFields  []reference `json:"custom_fields"`
	CompletedAt   source.Time `json:"last_completed_at"`
	CreatedAt     source.Time `json:"created_at"`
	UpdatedAt     source.Time `json:"updated_at"`
}

var (
	states = map[string]string{
		"NEW": "new", "OPEN": "open", "PENDING": "pending reminder", "COMPLETED": "closed", "CLOSED": "closed",
	}
	priorities = map[string]string{"LOW": "1 low", "NORMAL": "2 normal", "HIGH": "3 high", "URGENT": "3 high"}
)

func nameOf(r *reference) string {
	if r == nil {
		return ""
	}
	return r.ID.String()
}

func addCase(page *source.Page, said answer) func(conversation) (string, error) {
	return func(c conversation) (string, error) {
		if strings.EqualFold(c.State, "TRASH") {
			page.Skipped++
			return c.ID.String(), nil
		}
		made := source.Ticket{
			ID: c.ID.String(), Number: c.ID.String(), Title: c.Subject, Group: nameOf(c.AssignedTeam), Owner: nameOf(c.AssignedAgent),
			Customer: nameOf(c.Requester), Closed: c.CompletedAt.Time, Created: c.CreatedAt.Time, Changed: c.UpdatedAt.Time,
		}
		if err := classify(&made, c, said); err != nil {
			return made.ID, err
		}
		page.Tickets = append(page.Tickets, made)
		return made.ID, nil
	}
}

// classify fills in what of a case lies in records of its own.
func classify(made *source.Ticket, c conversation, said answer) error {
	var status, kind, priority struct {
		Type  string `json:"type"`
		Label string `json:"label"`
	}
	for _, part := range []struct {
		ref  *reference
		into any
	}{{c.Status, &status}, {c.Priority, &priority}, {c.Type, &kind}} {
		if part.ref == nil {
			continue
		}
		if err := said.follow(*part.ref, part.into); err != nil {
			return err
		}
	}
	if made.State = states[strings.ToUpper(status.Type)]; made.State == "" {
		if made.State = states[strings.ToUpper(status.Label)]; made.State == "" {
			made.State = "open" // one that the administrator named
		}
	}
	made.Priority, made.Type = priorities[strings.ToUpper(priority.Label)], kind.Label
	for _, ref := range c.Tags {
		var tag struct {
			Name string `json:"name"`
		}
		if err := said.follow(ref, &tag); err != nil {
			return err
		}
		made.Tags = append(made.Tags, tag.Name)
	}
	var err error
	made.Custom, err = customOf(said, "ticket", c.CustomFields)
	return err
}

type post struct {
	ID            source.ID   `json:"id"`
	Subject       string      `json:"subject"`
	Contents      string      `json:"contents"`
	Creator       *reference  `json:"creator"`
	IsRequester   bool        `json:"is_requester"`
	SourceChannel *reference  `json:"source_channel"`
	Original      *reference  `json:"original"`
	Attachments   []reference `json:"attachments"`
	CreatedAt     source.Time `json:"created_at"`
	UpdatedAt     source.Time `json:"updated_at"`
}

// original is what a post was made of: a message, or a note.
type original struct {
	BodyHTML string      `json:"body_html"`
	BodyText string      `json:"body_text"`
	From     string      `json:"fromemail"`
	Mailbox  *reference  `json:"mailbox"`
	ID       source.ID   `json:"id"`
	Files    []reference `json:"attachments"`
}

// mostPosts bounds what is read of one case.
const mostPosts = 10_000

// Complete reads the posts of a case, which are its articles.
func (a *Account) Complete(ctx context.Context, t *source.Ticket) error {
	for after := ""; len(t.Articles) < mostPosts; {
		query := url.Values{"limit": {strconv.Itoa(pageSize)}, "include": {"case_message,note,channel,attachment,user_minimal,user"}, "filters": {"all"}}
		if after != "" {
			query.Set("after_id", after)
		}
		said, err := a.list(ctx, "/cases/"+url.PathEscape(t.ID)+"/posts.json", query)
		if err != nil {
			return err
		}
		rows, err := said.rows()
		if err != nil {
			return err
		}
		last := after
		err = source.All("post", rows, func(p post) (string, error) {
			article, err := p.article(t, said)
			if last = p.ID.String(); err == nil {
				t.Articles = append(t.Articles, article)
			}
			return p.ID.String(), err
		})
		if err != nil {
			return err
		}
		if said.NextURL == "" || last == after {
			return nil
		}
		after = last
	}
	return nil
}

var channels = map[string]string{
	"MAIL": "email", "MAILBOX": "email", "HELPCENTER": "web", "WEB": "web", "API": "web", "MESSENGER": "chat", "CHAT": "chat",
	"TWITTER": "twitter status", "FACEBOOK": "facebook feed post", "NOTE": "note", "PHONE": "phone",
}

func (p post) article(t *source.Ticket, said answer) (source.Article, error) {
	made := source.Article{
		ID: p.ID.String(), Author: nameOf(p.Creator), Subject: p.Subject, Body: p.Contents, Created: p.CreatedAt.Time, Changed: p.UpdatedAt.Time,
	}
	var channel struct {
		Type string `json:"type"`
	}
	if p.SourceChannel != nil {
		if err := said.follow(*p.SourceChannel, &channel); err != nil {
			return made, err
		}
	}
	if made.Type = channels[strings.ToUpper(channel.Type)]; made.Type == "" {
		made.Type = "note"
	}
	files := p.Attachments
	if p.Original != nil {
		var o original
		if err := said.follow(*p.Original, &o); err != nil {
			return made, err
		}
		if o.BodyHTML != "" {
			made.HTML, made.Body = true, o.BodyHTML
		}
		if made.Internal = p.Original.ResourceType == "note"; made.Internal {
			made.Type = "note"
		}
		made.From = o.From
	}
	made.Internal = made.Internal || made.Type == "note"
	if !p.IsRequester && made.Author != t.Customer {
		made.Sender = source.ByAgent
	}
	for _, ref := range files {
		file, err := fileOf(ref, said)
		if err != nil {
			return made, err
		}
		made.Files = append(made.Files, file)
	}
	return made, nil
}

func fileOf(ref reference, said answer) (source.File, error) {
	var f struct {
		ID          source.ID `json:"id"`
		Name        string    `json:"name"`
		Size        int64     `json:"size"`
		Type        string    `json:"type"`
		URL         string    `json:"url"`
		URLDownload string    `json:"url_download"`
		ContentID   string    `json:"content_id"`
	}
	if err := said.follow(ref, &f); err != nil {
		return source.File{}, err
	}
	if f.URLDownload == "" {
		f.URLDownload = f.URL
	}
	return source.File{ID: ref.ID.String(), Name: f.Name, Type: f.Type, Size: f.Size, URL: f.URLDownload, ContentID: f.ContentID}, nil
}
