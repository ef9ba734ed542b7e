package hook

import (
	"cmp"
	"context"
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
	what, err := report(ctx, tx, t.TicketID, t.ArticleID, t.Event)
	if err != nil {
		return nil, err
	}
	what.Webhook = hook
	body, err := what.Body()
	if err != nil {
		return nil, fmt.Errorf("payload of webhook %d: %w", hook.ID, err)
	}
	return &call{webhook: hook, task: t, body: body, log: desk.HTTPLog{
		Direction: "out", Facility: "webhook", Method: "POST", URL: hook.Endpoint, CreatedByID: new(desk.SystemUser),
		Request: map[string]any{"content": string(body), "content_type": "application/json; charset=utf-8"},
	}}, nil
}

// report reads what there is to be said of an event, whoever is told; article 0: there is none.
func report(ctx context.Context, tx *store.Store, id desk.TicketID, articleID desk.ArticleID, e desk.TicketEvent) (*webhook.Call, error) {
	ticket, err := tx.Ticket(ctx, id)
	if err != nil {
		return nil, err
	}
	var article *desk.Article
	if articleID != 0 {
		found, err := tx.Article(ctx, articleID)
		if err != nil {
			return nil, err
		}
		article = &found
	}
	subject, err := tx.WebhookSubject(ctx, ticket, article)
	if err != nil {
		return nil, err
	}
	people, err := tx.Users(ctx, append(peopleIn(e.Changes), e.By))
	if err != nil {
		return nil, err
	}
	return &webhook.Call{Subject: &subject, Notification: notification(e, &subject, people), Now: time.Now()}, nil
}

// peopleIn are the users that changes speak of.
func peopleIn(changes desk.AttributeChanges) []desk.UserID {
	var ids []desk.UserID
	for _, name := range []string{"owner_id", "customer_id"} {
		for _, value := range changes[name] {
			if id, isNumber := value.(float64); isNumber {
				ids = append(ids, desk.UserID(id))
			}
		}
	}
	return ids
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
func notification(e desk.TicketEvent, s *webhook.Subject, people map[desk.UserID]desk.User) webhook.Notification {
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
		n.Message = word + people[e.By].FullName() + " at " + s.Ticket.UpdatedAt.UTC().Format("2006-01-02 15:04:05 UTC")
	}
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(e.Changes)) {
		if line, shown := changeLine(name, e.Changes[name], s, people); shown {
			lines = append(lines, line)
		}
	}
	n.Changes = strings.Join(lines, "\n")
	return n
}

// changeLine tells of one change, unless it is one that only machines care about.
func changeLine(name string, pair [2]any, s *webhook.Subject, people map[desk.UserID]desk.User) (string, bool) {
	if name == "preferences" || strings.HasSuffix(name, "_at") || strings.HasSuffix(name, "_in_min") {
		return "", false
	}
	label, values := strings.TrimSuffix(name, "_id"), [2]string{}
	for i, value := range pair {
		values[i] = nameOf(name, value, s, people)
	}
	return fmt.Sprintf("%s: %s -> %s", strings.ToUpper(label[:1])+strings.ReplaceAll(label[1:], "_", " "), values[0], values[1]), true
}

func nameOf(attribute string, value any, s *webhook.Subject, people map[desk.UserID]desk.User) string {
	if value == nil {
		return "-"
	}
	id, _ := value.(float64)
	switch attribute {
	case "state_id":
		return s.Catalog.States[desk.StateID(id)].Name
	case "priority_id":
		return s.Catalog.Priorities[desk.PriorityID(id)].Name
	case "group_id":
		return s.Catalog.Groups[desk.GroupID(id)].Name
	case "owner_id", "customer_id":
		return cmp.Or(people[desk.UserID(id)].FullName(), "-")
	case "organization_id":
		if name := s.Organizations[desk.OrganizationID(id)].Name; name != "" {
			return name
		}
	}
	return fmt.Sprint(value)
}
