package hook

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"postroom/internal/desk"
	"postroom/internal/richtext"
	"postroom/internal/store"
	"postroom/internal/webhook"
	"postroom/jobs/task"
)

// build reads all that a call says.
func build(ctx context.Context, tx *store.Store, t task.WebhookToCall) (*call, error) {
	hook, err := tx.Webhook(ctx, t.WebhookID)
	if err != nil {
		return nil, err
	}
	ticket, err := tx.Ticket(ctx, t.TicketID)
	if err != nil {
		return nil, err
	}
	var article *desk.Article
	if t.ArticleID != 0 {
		found, err := tx.Article(ctx, t.ArticleID)
		if err != nil {
			return nil, err
		}
		article = &found
	}
	subject, err := tx.WebhookSubject(ctx, ticket, article)
	if err != nil {
		return nil, err
	}
	by, err := tx.User(ctx, t.Event.By)
	if err != nil && !errors.Is(err, desk.ErrNotFound) {
		return nil, err
	}
	what := webhook.Call{Subject: &subject, Webhook: hook, Notification: notification(t.Event, &subject, by), Now: time.Now()}
	body, err := what.Body()
	if err != nil {
		return nil, fmt.Errorf("payload of webhook %d: %w", hook.ID, err)
	}
	return &call{webhook: hook, task: t, body: body, log: desk.HTTPLog{
		Direction: "out", Facility: "webhook", Method: "POST", URL: hook.Endpoint, CreatedByID: new(desk.SystemUser),
		Request: map[string]any{"content": string(body), "content_type": "application/json; charset=utf-8"},
	}}, nil
}

// did says what happened, in front of by whom.
var did = map[string]string{
	desk.EventCreate: "Created by ", desk.EventUpdate: "Updated by ", desk.EventMergedInto: "Merged into another ticket by ",
	desk.EventReceivedMerge: "Another ticket was merged in by ",
}

// reached says which time came.
var reached = map[string]string{
	desk.EventReminderReached: "Reminder reached!", desk.EventEscalation: "Escalated!", desk.EventEscalationWarning: "Will escalate soon!",
}

// notification is what payloads can say about the event, in plain words.
func notification(e desk.TicketEvent, s *webhook.Subject, by desk.User) webhook.Notification {
	settings := s.Catalog.Settings
	n := webhook.Notification{
		Subject: s.Ticket.Title,
		Link:    fmt.Sprintf("%s://%s/#ticket/zoom/%d", settings.String("http_type"), settings.String("fqdn"), s.Ticket.ID),
		Message: reached[e.Type],
	}
	if s.Article != nil {
		n.Link += fmt.Sprintf("/%d", s.Article.ID)
		n.Body = s.Article.Body
		if s.Article.ContentType == "text/html" {
			n.Body = richtext.PlainText(s.Article.Body)
		}
	}
	if n.Message == "" {
		word := did[e.Type]
		if word == "" {
			word = did[desk.EventUpdate]
		}
		n.Message = word + by.FullName() + " at " + s.Ticket.UpdatedAt.UTC().Format("2006-01-02 15:04:05 UTC")
	}
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(e.Changes)) {
		if line, shown := changeLine(name, e.Changes[name], s.Catalog); shown {
			lines = append(lines, line)
		}
	}
	n.Changes = strings.Join(lines, "\n")
	return n
}

// changeLine tells of one change, unless it is one that only machines care about.
func changeLine(name string, pair [2]any, c *desk.Catalog) (string, bool) {
	if name == "preferences" || strings.HasSuffix(name, "_at") || strings.HasSuffix(name, "_in_min") {
		return "", false
	}
	label, values := strings.TrimSuffix(name, "_id"), [2]string{}
	for i, value := range pair {
		values[i] = nameOf(name, value, c)
	}
	return fmt.Sprintf("%s: %s -> %s", strings.ToUpper(label[:1])+strings.ReplaceAll(label[1:], "_", " "), values[0], values[1]), true
}

func nameOf(attribute string, value any, c *desk.Catalog) string {
	if value == nil {
		return "-"
	}
	id, _ := value.(float64)
	switch attribute {
	case "state_id":
		return c.States[desk.StateID(id)].Name
	case "priority_id":
		return c.Priorities[desk.PriorityID(id)].Name
	case "group_id":
		return c.Groups[desk.GroupID(id)].Name
	}
	return fmt.Sprint(value)
}
