package document_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"postroom/internal/desk"
	"postroom/internal/desk/kb"
	"postroom/internal/desk/telephone"
	"postroom/internal/document"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func stamp() desk.Stamp {
	return desk.Stamp{UpdatedByID: 8, CreatedByID: 8, CreatedAt: noon, UpdatedAt: noon}
}

// catalog is one whose records have everything that they can have.
func catalog() *desk.Catalog {
	return &desk.Catalog{
		Groups: map[desk.GroupID]desk.Group{1: {
			ID: 1, Name: "Users", FollowUpPossible: "yes", EmailAddressID: new(desk.EmailAddressID(3)), SignatureID: new(desk.SignatureID(1)),
			AssignmentTimeout: new(30), Note: "ours", Stamp: stamp(),
		}},
		States: map[desk.StateID]desk.State{
			4: {ID: 4, Name: "closed", StateTypeID: 5, Stamp: stamp()},
			7: {ID: 7, Name: "pending close", StateTypeID: 4, NextStateID: new(desk.StateID(4)), Stamp: stamp()},
		},
		StateTypes:   map[desk.StateTypeID]string{4: "pending action", 5: "closed"},
		Priorities:   map[desk.PriorityID]desk.Priority{3: {ID: 3, Name: "3 high", UIIcon: new("important"), Stamp: stamp()}},
		ArticleTypes: map[desk.ArticleTypeID]desk.ArticleType{5: {ID: 5, Name: "phone", Communication: true, Active: true}},
		Senders:      map[desk.SenderID]string{2: "Customer"},
		Addresses:    map[desk.EmailAddressID]desk.EmailAddress{3: {ID: 3, Name: "Desk", Email: "desk@example.com", ChannelID: new(desk.ChannelID(3)), Stamp: stamp()}},
		Attributes: map[string][]desk.Attribute{"Ticket": {
			{Object: "Ticket", Name: "machine", DataType: "input", Editable: true, Active: true},
			{Object: "Ticket", Name: "delivered_on", DataType: "date", Editable: true, Active: true},
			{Object: "Ticket", Name: "state", DataType: "input", Editable: true, Active: true}, // as one of ours
		}},
	}
}

func newTerms(c *desk.Catalog) *document.Terms {
	types := []document.StateType{{ID: 4, Name: "pending action", CreatedAt: noon, UpdatedAt: noon}}
	return document.NewTerms(c, types, map[desk.SignatureID]desk.Signature{1: {ID: 1, Name: "default", Body: "<br>--", Active: true, Stamp: stamp()}}, noon)
}

func person() document.Person {
	return document.Person{
		User: desk.User{
			ID: 8, OrganizationID: new(desk.OrganizationID(3)), Login: "anna", Firstname: "Anna", Email: "anna@example.com", Active: true,
			LastLogin: &noon, OutOfOffice: desk.OutOfOffice{OutOfOffice: true, OutOfOfficeStartAt: &noon, OutOfOfficeEndAt: &noon, OutOfOfficeReplacementID: new(desk.UserID(3))},
			Stamp: stamp(),
		},
		RoleIDs: []int64{1, 2}, Permissions: []string{"ticket.agent"},
	}
}

func organization() desk.Organization {
	return desk.Organization{ID: 3, Name: "Acme", Domain: "example.com", Active: true, Stamp: stamp()}
}

func matter(people map[desk.UserID]json.RawMessage, acme json.RawMessage) document.Matter {
	t := desk.Ticket{
		ID: 1, GroupID: 1, PriorityID: 3, StateID: 7, OrganizationID: new(desk.OrganizationID(3)), Number: "53001", Title: "Broken",
		OwnerID: 8, CustomerID: 8, Note: new("n"), Type: new("Incident"), PendingTime: &noon, TimeUnit: new("15.50"),
		Custom: map[string]any{"machine": "B-7", "delivered_on": "2026-02-01", "state": "rusty"},
		Contact: desk.Contact{
			LastContactAt: &noon, LastContactAgentAt: &noon, LastContactCustomerAt: &noon,
			CreateArticleTypeID: new(desk.ArticleTypeID(5)), CreateArticleSenderID: new(desk.SenderID(2)), ArticleCount: 1,
		},
		Deadlines: desk.Deadlines{
			EscalationAt: &noon, FirstResponseAt: &noon, FirstResponseInMin: new(11), FirstResponseDiffInMin: new(-6), CloseAt: &noon,
			CloseEscalationAt: &noon, CloseInMin: new(11), CloseDiffInMin: new(239), UpdateEscalationAt: &noon, UpdateInMin: new(5), UpdateDiffInMin: new(3),
		},
		Stamp: stamp(),
	}
	return document.Matter{
		Ticket: t, People: people, Organization: acme, Tags: []string{"order"}, Mentions: []int64{3, 5},
		Articles: []desk.Article{{
			ID: 16, TicketID: 1, TypeID: 5, SenderID: 2, From: new("Anna <anna@example.com>"), To: new("support@example.com"), Subject: new("Broken"),
			ContentType: "text/html", Body: "<p>It is <b>broken</b></p><script>x</script>", Stamp: stamp(),
		}},
		Files: map[desk.ArticleID][]document.File{16: {{Name: "bill.pdf", Size: 9, Text: "42 Euro"}, {Name: "raw.pdf", Size: 3, Content: []byte("raw")}}},
	}
}

func call() telephone.Call {
	return telephone.Call{
		ID: 8, CallID: "6", Direction: "in", State: "hangup", Comment: new(""), CreatedAt: noon, UpdatedAt: noon,
		CallSides: telephone.CallSides{From: "493055571600", FromComment: new("John"), To: "491711234567890", Queue: new("49171")},
		CallTimes: telephone.CallTimes{InitializedAt: &noon, StartAt: &noon, EndAt: &noon, DurationWaitingTime: new(77), DurationTalkingTime: new(27)},
	}
}

func talk(agent json.RawMessage) document.Talk {
	return document.Talk{
		ChatSession: desk.ChatSession{
			ID: 1, ChatID: 1, SessionID: "92f2", Name: new("John"), State: "closed", UserID: new(desk.UserID(8)), CreatedAt: noon, UpdatedAt: noon,
			Preferences: desk.ChatPreferences{URL: "https://example.com", Participants: []string{"4"}, RemoteIP: "192.0.2.1", DNSName: "h", GeoIP: map[string]any{"country_name": "Germany"}},
		},
		Chat:     desk.Chat{ID: 1, Name: "default", Stamp: stamp()},
		Messages: []desk.ChatMessage{{ID: 1, ChatSessionID: 1, Content: "Hello <b>you</b>", CreatedAt: noon, UpdatedAt: noon}},
		Tags:     []string{"order"}, Agent: agent,
	}
}

func TestTicketsHoldWhatAdministratorsAddedAndFilesSay(t *testing.T) {
	t.Parallel()
	c := catalog()
	text := document.Ticket(matter(nil, nil), newTerms(c))
	var found struct {
		Machine     string `json:"machine"`
		DeliveredOn string `json:"delivered_on"`
		State       struct{ Name string }
		TimeUnit    float64 `json:"time_unit"`
		Article     []struct {
			Body       string
			Attachment []map[string]any
		}
	}
	if err := json.Unmarshal(text, &found); err != nil {
		t.Fatal(err)
	}
	if found.Machine != "B-7" || found.DeliveredOn != "2026-02-01" || found.State.Name != "pending close" || found.TimeUnit != 15.5 {
		t.Errorf("attributes: %+v", found)
	}
	if n := strings.Count(string(text), `"state":`); n != 1 {
		t.Errorf("the document has %d members called state: engines refuse it", n)
	}
	a := found.Article[0]
	if a.Body != "It is broken" {
		t.Errorf("body %q", a.Body)
	}
	if a.Attachment[0]["content"] != "42 Euro" || a.Attachment[0]["_content"] != nil || a.Attachment[1]["_content"] != "cmF3" || a.Attachment[1]["_name"] != "raw.pdf" {
		t.Errorf("attachments %v", a.Attachment)
	}
	if dates := document.Dates(c, "Ticket"); len(dates) != 1 || dates["delivered_on"] != "date" {
		t.Errorf("times among the attributes: %v", dates)
	}
}

func TestDocumentsKeepToALength(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("word ", document.MaxBody/4)
	m := document.Matter{Ticket: desk.Ticket{ID: 1}}
	for range 100 {
		m.Articles = append(m.Articles, desk.Article{ContentType: "text/plain", Body: long})
	}
	text := document.Ticket(m, newTerms(catalog()))
	if limit := document.MaxTexts + document.MaxBody + 1<<20; len(text) > limit {
		t.Errorf("a document of %d bytes, want at most %d", len(text), limit)
	}
	members := make([]desk.UserID, 5000)
	people := map[desk.UserID]json.RawMessage{}
	for i := range members {
		members[i] = desk.UserID(i)
		people[desk.UserID(i)] = json.RawMessage(`{}`)
	}
	var found struct{ Members []any }
	if err := json.Unmarshal(document.Organization(organization(), members, people, catalog()), &found); err != nil || len(found.Members) != document.MaxMembers {
		t.Errorf("%d members, %v", len(found.Members), err)
	}
}

func TestAnswersSayWhetherTheyArePublic(t *testing.T) {
	t.Parallel()
	later := noon.Add(time.Hour)
	for _, tc := range []struct {
		name   string
		answer kb.Answer
		want   string
	}{
		{"a draft", kb.Answer{}, "draft"},
		{"published", kb.Answer{PublishedAt: &noon}, "published"},
		{"to be published", kb.Answer{PublishedAt: &later}, "draft"},
		{"archived", kb.Answer{PublishedAt: &noon, ArchivedAt: &noon}, "archived"},
	} {
		var found struct{ State, Body, Locale string }
		text := document.Answer(document.Translation{Translation: kb.Translation{Text: "<i>How</i>"}, Locale: "de-de", Answer: &tc.answer}, noon)
		if err := json.Unmarshal(text, &found); err != nil || found.State != tc.want || found.Body != "How" || found.Locale != "de-de" {
			t.Errorf("%s: %+v, %v, want state %s", tc.name, found, err, tc.want)
		}
	}
}

func BenchmarkTicket(b *testing.B) {
	c := catalog()
	terms := newTerms(c)
	full := matter(map[desk.UserID]json.RawMessage{8: document.InOthers(person(), c)}, document.OrganizationInOthers(organization(), c))
	b.ReportAllocs()
	for b.Loop() {
		b.SetBytes(int64(len(document.Ticket(full, terms))))
	}
}
