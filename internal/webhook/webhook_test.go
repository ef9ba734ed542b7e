package webhook_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"postroom/internal/desk"
	"postroom/internal/webhook"
)

func subject() *webhook.Subject {
	company, unit := desk.OrganizationID(2), "12.50"
	at := time.Date(2024, 3, 18, 22, 43, 2, 700_000_000, time.UTC)
	s := &webhook.Subject{
		Ticket: desk.Ticket{ID: 5, Number: "70005", Title: "Printer on fire", GroupID: 1, StateID: 2, PriorityID: 3, OwnerID: 1, CustomerID: 7, OrganizationID: &company},
		Article: &desk.Article{
			ID: 9, TicketID: 5, TypeID: desk.ArticleEmail, SenderID: desk.SenderCustomer, Body: "help", TimeUnit: &unit,
		},
		ArticleIDs:  []desk.ArticleID{9},
		Attachments: []desk.Attachment{{ID: 3, OID: 9, Filename: "fire.png", Size: 38}},
		People: map[desk.UserID]webhook.Person{
			1: {User: desk.User{ID: 1, Login: "-"}},
			7: {
				User:      desk.User{ID: 7, Login: "dora", Email: "dora@example.com", OrganizationID: &company, LoginFailed: 3, Preferences: map[string]any{"secret": true}},
				UserLinks: desk.UserLinks{RoleIDs: []desk.RoleID{3}, Groups: desk.GroupAccess{1: {desk.AccessFull}}}, Roles: []string{"Customer"},
			},
		},
		Organizations: map[desk.OrganizationID]desk.Organization{2: {ID: 2, Name: "Acme"}},
		Catalog: &desk.Catalog{
			Settings:     desk.Settings{"http_type": json.RawMessage(`"https"`), "fqdn": json.RawMessage(`"desk.example.com"`)},
			Groups:       map[desk.GroupID]desk.Group{1: {ID: 1, Name: "Users"}},
			States:       map[desk.StateID]desk.State{2: {Name: "open"}},
			Priorities:   map[desk.PriorityID]desk.Priority{3: {ID: 3, Name: "3 high"}},
			ArticleTypes: map[desk.ArticleTypeID]desk.ArticleType{desk.ArticleEmail: {Name: "email"}},
			Senders:      map[desk.SenderID]string{desk.SenderCustomer: "Customer"},
		},
	}
	s.Ticket.CreatedByID, s.Ticket.UpdatedByID, s.Ticket.CreatedAt = 7, 1, at
	s.Article.CreatedByID, s.Article.UpdatedByID = 7, 7
	return s
}

// sent is a payload as the other system reads it.
func sent(t *testing.T, s *webhook.Subject) map[string]any {
	t.Helper()
	text, err := json.Marshal(s.Payload())
	if err != nil {
		t.Fatal(err)
	}
	var payload map[string]any
	if err := json.Unmarshal(text, &payload); err != nil {
		t.Fatal(err)
	}
	return payload
}

func at(payload any, path string) any {
	for key := range strings.SplitSeq(path, ".") {
		if list, ok := payload.([]any); ok {
			payload = list[0]
		}
		object, _ := payload.(map[string]any)
		payload = object[key]
	}
	return payload
}

func TestPayloadTellsOfTicketAndArticle(t *testing.T) {
	t.Parallel()
	payload := sent(t, subject())
	for path, want := range map[string]any{
		"ticket.number":                "70005",
		"ticket.created_at":            "2024-03-18T22:43:02.700Z",
		"ticket.pending_time":          nil,
		"ticket.state":                 "open",
		"ticket.group.name":            "Users",
		"ticket.priority.name":         "3 high",
		"ticket.organization.name":     "Acme",
		"ticket.owner.login":           "-",
		"ticket.customer.email":        "dora@example.com",
		"ticket.customer.organization": "Acme",
		"ticket.created_by.login":      "dora",
		"article.type":                 "email",
		"article.sender":               "Customer",
		"article.accounted_time":       12.5,
		"article.created_by.login":     "dora",
		"article.attachments.url":      "https://desk.example.com/api/v1/ticket_attachment/5/9/3",
		"article.attachments.size":     "38",
	} {
		if got := at(payload, path); got != want {
			t.Errorf("%s = %v, want %v", path, got, want)
		}
	}
	customer, _ := at(payload, "ticket.customer").(map[string]any)
	for _, key := range []string{"password", "preferences", "last_login", "login_failed", "group_ids", "groups", "authorization_ids", "authorizations"} {
		if value, there := customer[key]; there {
			t.Errorf("%s of a customer is sent: %v", key, value)
		}
	}
	if got := fmt.Sprint(customer["roles"], customer["role_ids"], at(payload, "ticket.article_ids")); got != "[Customer] [3] [9]" {
		t.Errorf("lists are %s", got)
	}
}

func TestPayloadOfLittle(t *testing.T) {
	t.Parallel()
	s := subject()
	s.Article, s.Attachments, s.Ticket.OrganizationID = nil, nil, nil
	delete(s.People, 1)
	payload := sent(t, s)
	if article, ok := payload["article"].(map[string]any); !ok || len(article) != 0 {
		t.Errorf("article = %v, want {}", payload["article"])
	}
	if nobody := at(sent(t, subject()), "ticket.owner.roles"); fmt.Sprint(nobody) != "[]" {
		t.Errorf("roles of nobody = %v, want a list without any", nobody)
	}
	for _, key := range []string{"organization", "owner"} {
		if value, there := payload["ticket"].(map[string]any)[key]; !there || value != nil {
			t.Errorf("%s = %v (%v), want null", key, value, there)
		}
	}
	s.Article = &desk.Article{}
	if got := at(sent(t, s), "article.accounted_time"); got != 0.0 {
		t.Errorf("accounted time = %v, want 0", got)
	}
}

func TestPlaceholdersNameWhatPayloadsHave(t *testing.T) {
	t.Parallel()
	names := webhook.Placeholders("Mattermost", subject().Catalog)
	for object, some := range map[string][]string{
		"ticket":       {"id", "title", "state", "group.name", "customer.email", "organization.name", "created_by.login"},
		"article":      {"body", "from", "created_by.firstname", "accounted_time"},
		"notification": {"body", "changes", "link", "message", "subject"},
		"config":       {"fqdn", "http_type", "ticket_hook"},
		"webhook":      {"messaging_channel", "messaging_icon_url", "messaging_username"},
	} {
		for _, name := range some {
			if !slices.Contains(names[object], name) {
				t.Errorf("%s lacks %s: %v", object, name, names[object])
			}
		}
		if !slices.IsSorted(names[object]) {
			t.Errorf("%s is not in order", object)
		}
	}
	for _, name := range append(names["ticket"], names["article"]...) {
		if strings.Contains(name, "preferences.") || strings.Contains(name, "password") || strings.Count(name, ".") > 1 {
			t.Errorf("%s is offered", name)
		}
	}
	if fields := webhook.Placeholders("", subject().Catalog)["webhook"]; fields != nil {
		t.Errorf("without a kind the fields are %v", fields)
	}
}

func TestDefinitionsAreObjectsWithKnownPlaceholders(t *testing.T) {
	t.Parallel()
	placeholder := regexp.MustCompile(`#\{([a-z_]+)\.([a-z_.]+)\}`)
	for _, d := range webhook.Definitions {
		var payload map[string]any
		if err := json.Unmarshal([]byte(d.CustomPayload), &payload); err != nil {
			t.Errorf("%s: %v", d.ID, err)
		}
		known := webhook.Placeholders(d.ID, subject().Catalog)
		found := placeholder.FindAllStringSubmatch(d.CustomPayload, -1)
		if len(found) < 4 {
			t.Errorf("%s has %d placeholders", d.ID, len(found))
		}
		for _, p := range found {
			if !slices.Contains(known[p[1]], p[2]) {
				t.Errorf("%s names %s, which nobody knows", d.ID, p[0])
			}
		}
	}
}

func TestPlaceholdersOfWhatNobodySaidAreEmpty(t *testing.T) {
	t.Parallel()
	for _, d := range webhook.Definitions {
		s := subject()
		s.Article = nil
		call := &webhook.Call{Subject: s, Webhook: desk.Webhook{PreDefinedWebhookType: &d.ID}}
		body, err := call.Body()
		if err != nil || strings.Contains(string(body), "no such") {
			t.Errorf("%s without fields: %s, %v", d.ID, body, err)
		}
	}
	own := `{"text": "#{article.body}", "from": "#{article.created_by.email}", "wrong": "#{ticket.weather}", "channel": "#{webhook.messaging_channel}"}`
	s := subject()
	s.Article = nil
	call := &webhook.Call{Subject: s, Webhook: desk.Webhook{CustomizedPayload: true, CustomPayload: &own}}
	want := `{"text": "", "from": "", "wrong": "#{ticket.weather / no such method}", "channel": "#{webhook.messaging_channel / no such method}"}`
	if body, err := call.Body(); string(body) != want || err != nil {
		t.Errorf("a payload about no article: %s, %v, want %s", body, err, want)
	}
}
