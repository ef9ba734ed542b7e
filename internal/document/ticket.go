package document

import (
	"encoding/json"
	"strings"

	"postroom/internal/desk"
	"postroom/internal/richtext"
)

// Matter is a ticket with everything that its document holds.
type Matter struct {
	desk.Ticket
	Articles     []desk.Article // oldest first
	Files        map[desk.ArticleID][]File
	Tags         []string
	Mentions     []int64                         // users
	People       map[desk.UserID]json.RawMessage // InOthers: customer, owner, authors
	Organization json.RawMessage                 // OrganizationInOthers; nil: none
}

// File is an attachment: either with its text, or with its bytes for the engine to read.
type File struct {
	Name    string
	Size    int64
	Text    string
	Content []byte
}

type ticket struct {
	ID                        desk.TicketID        `json:"id"`
	Number                    string               `json:"number"`
	Title                     string               `json:"title"`
	GroupID                   desk.GroupID         `json:"group_id"`
	Group                     json.RawMessage      `json:"group"`
	PriorityID                desk.PriorityID      `json:"priority_id"`
	Priority                  json.RawMessage      `json:"priority"`
	StateID                   desk.StateID         `json:"state_id"`
	State                     json.RawMessage      `json:"state"`
	OrganizationID            *desk.OrganizationID `json:"organization_id"`
	Organization              json.RawMessage      `json:"organization"`
	OwnerID                   desk.UserID          `json:"owner_id"`
	Owner                     json.RawMessage      `json:"owner"`
	CustomerID                desk.UserID          `json:"customer_id"`
	Customer                  json.RawMessage      `json:"customer"`
	CreatedBy                 json.RawMessage      `json:"created_by"`
	UpdatedBy                 json.RawMessage      `json:"updated_by"`
	Note                      *string              `json:"note"`
	Type                      *string              `json:"type"`
	PendingTime               *string              `json:"pending_time"`
	TimeUnit                  *json.Number         `json:"time_unit"`
	Preferences               map[string]any       `json:"preferences"`
	LastContactAt             *string              `json:"last_contact_at"`
	LastContactAgentAt        *string              `json:"last_contact_agent_at"`
	LastContactCustomerAt     *string              `json:"last_contact_customer_at"`
	CreateArticleTypeID       *desk.ArticleTypeID  `json:"create_article_type_id"`
	CreateArticleType         json.RawMessage      `json:"create_article_type"`
	CreateArticleSenderID     *desk.SenderID       `json:"create_article_sender_id"`
	CreateArticleSender       json.RawMessage      `json:"create_article_sender"`
	ArticleCount              int                  `json:"article_count"`
	EscalationAt              *string              `json:"escalation_at"`
	FirstResponseAt           *string              `json:"first_response_at"`
	FirstResponseEscalationAt *string              `json:"first_response_escalation_at"`
	FirstResponseInMin        *int                 `json:"first_response_in_min"`
	FirstResponseDiffInMin    *int                 `json:"first_response_diff_in_min"`
	CloseAt                   *string              `json:"close_at"`
	CloseEscalationAt         *string              `json:"close_escalation_at"`
	CloseInMin                *int                 `json:"close_in_min"`
	CloseDiffInMin            *int                 `json:"close_diff_in_min"`
	LastCloseAt               *string              `json:"last_close_at"`
	UpdateEscalationAt        *string              `json:"update_escalation_at"`
	UpdateInMin               *int                 `json:"update_in_min"`
	UpdateDiffInMin           *int                 `json:"update_diff_in_min"`
	Tags                      []string             `json:"tags"`
	MentionUserIDs            []int64              `json:"mention_user_ids"`
	Article                   []article            `json:"article"`
	stamp
}

// Ticket is the document of a ticket with its articles.
func Ticket(m Matter, terms *Terms) json.RawMessage {
	t := m.Ticket
	d := ticket{
		ID: t.ID, Number: t.Number, Title: t.Title, OrganizationID: t.OrganizationID, Organization: m.Organization,
		GroupID: t.GroupID, Group: term(terms.Groups, &t.GroupID), PriorityID: t.PriorityID, Priority: term(terms.Priorities, &t.PriorityID),
		StateID: t.StateID, State: term(terms.States, &t.StateID),
		OwnerID: t.OwnerID, Owner: byID(m.People, t.OwnerID, null), CustomerID: t.CustomerID, Customer: byID(m.People, t.CustomerID, null),
		CreatedBy: byID(m.People, t.CreatedByID, null), UpdatedBy: byID(m.People, t.UpdatedByID, null),
		Note: t.Note, Type: t.Type, PendingTime: whenever(t.PendingTime), TimeUnit: number(t.TimeUnit), Preferences: preferences(t.Preferences),
		LastContactAt: whenever(t.LastContactAt), LastContactAgentAt: whenever(t.LastContactAgentAt),
		LastContactCustomerAt: whenever(t.LastContactCustomerAt), ArticleCount: t.ArticleCount,
		CreateArticleTypeID: t.CreateArticleTypeID, CreateArticleType: term(terms.types, t.CreateArticleTypeID),
		CreateArticleSenderID: t.CreateArticleSenderID, CreateArticleSender: term(terms.senders, t.CreateArticleSenderID),
		Tags: list(m.Tags), MentionUserIDs: list(m.Mentions), Article: articles(m), stamp: stampOf(t.Stamp),
	}
	if m.Organization == nil {
		d.Organization = null
	}
	d.deadlines(t.Deadlines)
	return withCustom(d, t.Custom, terms.custom)
}

func (d *ticket) deadlines(t desk.Deadlines) {
	d.EscalationAt = whenever(t.EscalationAt)
	d.FirstResponseAt, d.FirstResponseEscalationAt = whenever(t.FirstResponseAt), whenever(t.FirstResponseEscalationAt)
	d.FirstResponseInMin, d.FirstResponseDiffInMin = t.FirstResponseInMin, t.FirstResponseDiffInMin
	d.CloseAt, d.CloseEscalationAt, d.LastCloseAt = whenever(t.CloseAt), whenever(t.CloseEscalationAt), whenever(t.LastCloseAt)
	d.CloseInMin, d.CloseDiffInMin = t.CloseInMin, t.CloseDiffInMin
	d.UpdateEscalationAt = whenever(t.UpdateEscalationAt)
	d.UpdateInMin, d.UpdateDiffInMin = t.UpdateInMin, t.UpdateDiffInMin
}

func term[K comparable](all map[K]json.RawMessage, id *K) json.RawMessage {
	if id != nil {
		if found, ok := all[*id]; ok {
			return found
		}
	}
	return null
}

func number(text *string) *json.Number {
	if text == nil {
		return nil
	}
	return new(json.Number(*text))
}

type article struct {
	ID          desk.ArticleID     `json:"id"`
	TicketID    desk.TicketID      `json:"ticket_id"`
	TypeID      desk.ArticleTypeID `json:"type_id"`
	SenderID    desk.SenderID      `json:"sender_id"`
	From        *string            `json:"from"`
	To          *string            `json:"to"`
	Cc          *string            `json:"cc"`
	Subject     *string            `json:"subject"`
	ReplyTo     *string            `json:"reply_to"`
	MessageID   *string            `json:"message_id"`
	InReplyTo   *string            `json:"in_reply_to"`
	References  *string            `json:"references"`
	ContentType string             `json:"content_type"`
	Body        string             `json:"body"`
	Internal    bool               `json:"internal"`
	Preferences map[string]any     `json:"preferences"`
	OriginByID  *desk.UserID       `json:"origin_by_id"`
	Attachment  []file             `json:"attachment,omitempty"`
	stamp
}

type file struct {
	Name    string  `json:"_name"`
	Size    int64   `json:"size"`
	Text    *string `json:"content,omitempty"`
	Content []byte  `json:"_content,omitempty"` // base64; the engine's pipeline makes content of it
}

// articles are those of a ticket. What they say is text: the tags of a mail are no words.
func articles(m Matter) []article {
	all := make([]article, len(m.Articles))
	texts, files := 0, 0
	for i, a := range m.Articles {
		body := ""
		if texts < MaxTexts {
			body = bodyText(a)
		}
		all[i] = article{
			a.ID, a.TicketID, a.TypeID, a.SenderID, a.From, a.To, a.Cc, a.Subject, a.ReplyTo, a.MessageID, a.InReplyTo, a.References,
			a.ContentType, body, a.Internal, preferences(a.Preferences), a.OriginByID, nil, stampOf(a.Stamp),
		}
		texts += len(body)
		for _, f := range m.Files[a.ID] {
			shown := file{Name: f.Name, Size: f.Size}
			if files += len(f.Content); files < MaxFiles {
				shown.Content = f.Content
			}
			if f.Text != "" && texts < MaxTexts {
				shown.Text = &f.Text
				texts += len(f.Text)
			}
			all[i].Attachment = append(all[i].Attachment, shown)
		}
	}
	return all
}

func bodyText(a desk.Article) string {
	text := a.Body
	if strings.HasPrefix(a.ContentType, "text/html") {
		text = richtext.PlainText(text)
	}
	return strings.ToValidUTF8(text[:min(len(text), MaxBody)], "")
}
