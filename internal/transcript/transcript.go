// Package transcript makes tickets of conversations with visitors.
//
// A session becomes a ticket once, with what was said as its first article; whoever asks again gets the
// same ticket. Who may ask is for others to say.
package transcript

import (
	"context"
	"fmt"
	"html"
	"strings"

	"postroom/internal/chat"
	"postroom/internal/desk"
	"postroom/internal/store"
)

// Wish is what ticket is wanted of a session.
type Wish struct {
	chat.Order
	Title string // empty: one is made up
	By    desk.UserID
}

// Ticket makes a ticket of a session, or returns the one that was made before. The session must be
// locked in the transaction.
func Ticket(ctx context.Context, tx *store.Store, v desk.ChatSession, wish Wish) (desk.Ticket, error) {
	if v.TicketID != nil {
		return tx.Ticket(ctx, *v.TicketID)
	}
	catalog, err := tx.Catalog(ctx)
	if err != nil {
		return desk.Ticket{}, err
	}
	t, err := draft(ctx, tx, catalog, v, wish)
	if err != nil {
		return t, err
	}
	body, err := read(ctx, tx, v)
	if err != nil {
		return t, err
	}
	article := desk.Article{TypeID: desk.ArticleChat, SenderID: desk.SenderCustomer, Subject: &t.Title, ContentType: "text/html", Body: body}
	if err := tx.OpenTicket(ctx, catalog, &t, &article); err != nil {
		return t, err
	}
	v.TicketID = &t.ID
	return t, tx.SaveChatSession(ctx, v)
}

// draft is the ticket before it has a number.
func draft(ctx context.Context, tx *store.Store, c *desk.Catalog, v desk.ChatSession, wish Wish) (desk.Ticket, error) {
	customer, err := tx.User(ctx, max(wish.CustomerID, desk.SystemUser))
	if err != nil {
		return desk.Ticket{}, err
	}
	t := desk.Ticket{
		GroupID: wish.GroupID, StateID: c.DefaultState(), PriorityID: c.DefaultPriority(), OwnerID: desk.SystemUser,
		CustomerID: customer.ID, OrganizationID: customer.OrganizationID, Title: wish.Title,
		Preferences: map[string]any{"chat_session_id": v.ID},
	}
	if !c.Groups[t.GroupID].Active {
		return t, &desk.InvalidError{Field: "group_id", Reason: fmt.Sprintf("Invalid value '%d' for 'group_id'!", t.GroupID)}
	}
	if strings.TrimSpace(t.Title) == "" {
		t.Title = "Chat with " + visitor(v)
	}
	t.Title = desk.Cut(t.Title, desk.MaxTitle)
	t.CreatedByID, t.UpdatedByID = wish.By, wish.By
	return t, nil
}

// visitor is what the visitor of a session is called.
func visitor(v desk.ChatSession) string {
	if v.Name != nil && *v.Name != "" {
		return *v.Name
	}
	return "Anonymous"
}

// maxRemark is how long the remark is that there is more, in characters.
const maxRemark = 100

// read writes down what was said, a line a message.
func read(ctx context.Context, tx *store.Store, v desk.ChatSession) (string, error) {
	said, err := tx.ChatTranscript(ctx, v.ID)
	if err != nil {
		return "", err
	}
	var ids []desk.UserID
	for _, m := range said {
		if m.CreatedByID != nil {
			ids = append(ids, *m.CreatedByID)
		}
	}
	agents, err := tx.Users(ctx, ids)
	if err != nil {
		return "", err
	}
	var text strings.Builder
	if url := v.Preferences.URL; url != "" {
		fmt.Fprintf(&text, "<div>%s</div>", html.EscapeString(url))
	}
	for i, m := range said {
		name := visitor(v)
		if m.CreatedByID != nil {
			name = agents[*m.CreatedByID].FullName()
		}
		line := fmt.Sprintf("<div>%s <b>%s</b>: %s</div>", m.CreatedAt.UTC().Format("2006-01-02 15:04:05"), html.EscapeString(name), m.Content)
		if text.Len()+len(line) > desk.MaxBody-maxRemark {
			fmt.Fprintf(&text, "<div>%d more messages are in chat session %d.</div>", len(said)-i, v.ID)
			break
		}
		text.WriteString(line)
	}
	return text.String(), nil
}
