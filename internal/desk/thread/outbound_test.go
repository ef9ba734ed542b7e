package thread_test

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"postroom/internal/desk"
	"postroom/internal/desk/thread"
)

// outboundCase is a vector of testdata/outbound_cases.json.
type outboundCase struct {
	ID       string
	Area     string
	Settings desk.Settings
	Given    struct{ Articles []article }
	Input    struct {
		Args         []json.RawMessage
		EmailAddress struct{ Name, Email string } `json:"email_address"`
		CreatedBy    desk.User                    `json:"created_by"`
		TicketID     desk.TicketID                `json:"ticket_id"`
		Now          time.Time
		OwnMessageID string `json:"own_message_id"`
	}
	Expect map[string]string
}

type article struct {
	MessageID *string `json:"message_id"`
	InReplyTo *string `json:"in_reply_to"`
}

func outboundCases(t *testing.T) []outboundCase {
	t.Helper()
	data, err := os.ReadFile("testdata/outbound_cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []outboundCase }
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	return file.Cases
}

// arg returns an argument that is a text, or the number of a ticket.
func (c outboundCase) arg(t *testing.T, i int) string {
	t.Helper()
	var value any
	if err := json.Unmarshal(c.Input.Args[i], &value); err != nil {
		t.Fatal(err)
	}
	switch v := value.(type) {
	case string:
		return v
	case map[string]any:
		return v["ticket_number"].(string)
	}
	return ""
}

func TestOutboundVectors(t *testing.T) {
	t.Parallel()
	seen := map[string]int{}
	for _, c := range outboundCases(t) {
		seen[c.Area]++
		catalog := &desk.Catalog{Settings: c.Settings}
		switch c.Area {
		case "fn.subject_clean":
			c.check(t, "result", thread.CleanSubject(c.arg(t, 0), c.arg(t, 1), catalog))
		case "fn.subject_build":
			c.check(t, "result", thread.BuildSubject(c.arg(t, 0), c.arg(t, 1), c.arg(t, 2), catalog))
		case "fn.recipient_line":
			c.check(t, "result", desk.FormatAddress(c.arg(t, 0), c.arg(t, 1)))
		case "outbound":
			c.checkComposed(t)
		default:
			t.Errorf("%s: nobody checks %s", c.ID, c.Area)
		}
	}
	for _, area := range []string{"fn.subject_clean", "fn.subject_build", "fn.recipient_line", "outbound"} {
		if seen[area] == 0 {
			t.Errorf("no vector of %s", area)
		}
	}
}

func (c outboundCase) check(t *testing.T, key, got string) {
	t.Helper()
	if want, ok := c.Expect[key]; ok && got != want {
		t.Errorf("%s: %s = %q, want %q", c.ID, key, got, want)
	}
	if want, ok := c.Expect[key+"_regex"]; ok && !regexp.MustCompile(want).MatchString(got) {
		t.Errorf("%s: %s = %q, want it to match %q", c.ID, key, got, want)
	}
}

func (c outboundCase) checkComposed(t *testing.T) {
	t.Helper()
	catalog := outgoing(c.Settings)
	address := catalog.Addresses[1]
	if c.Input.EmailAddress.Email != "" {
		address.Name, address.Email = c.Input.EmailAddress.Name, c.Input.EmailAddress.Email
		catalog.Addresses[1] = address
	}
	a := desk.Article{To: new("customer@example.com")}
	ticket := desk.Ticket{ID: c.Input.TicketID, GroupID: 1, Title: "t"}
	err := thread.ComposeEmail(&a, ticket, c.Input.CreatedBy, catalog, c.Input.Now, "0b6a3f3e-0000-4000-8000-000000000000")
	if err != nil {
		t.Fatalf("%s: %v", c.ID, err)
	}
	c.check(t, "from", *a.From)
	c.check(t, "message_id", *a.MessageID)
	var newestFirst []thread.IDs
	for _, known := range c.Given.Articles {
		newestFirst = append([]thread.IDs{{MessageID: known.MessageID, InReplyTo: known.InReplyTo}}, newestFirst...)
	}
	c.check(t, "references", strings.Join(thread.References(newestFirst, c.Input.OwnMessageID), " "))
}

// outgoing is a catalog with one group that has an address.
func outgoing(settings desk.Settings) *desk.Catalog {
	if settings == nil {
		settings = desk.Settings{}
	}
	return &desk.Catalog{
		Settings:  settings,
		Groups:    map[desk.GroupID]desk.Group{1: {ID: 1, Name: "Users", EmailAddressID: new(desk.EmailAddressID(1))}, 2: {ID: 2, Name: "Sales"}},
		Addresses: map[desk.EmailAddressID]desk.EmailAddress{1: {ID: 1, Name: "Desk", Email: "desk@example.com"}},
	}
}

func texts(values map[string]string) desk.Settings {
	settings := desk.Settings{}
	for name, value := range values {
		settings[name], _ = json.Marshal(value)
	}
	return settings
}

func TestSubjects(t *testing.T) {
	t.Parallel()
	shipped := map[string]string{"ticket_hook": "Ticket#", "ticket_hook_position": "right", "ticket_subject_size": "110",
		"ticket_subject_re": "RE", "ticket_subject_fwd": "FWD"}
	with := func(name, value string) *desk.Catalog {
		settings := texts(shipped)
		settings[name], _ = json.Marshal(value)
		return &desk.Catalog{Settings: settings}
	}
	plain := with("", "")
	for _, tc := range []struct{ name, got, want string }{
		{"in parentheses", thread.CleanSubject("a (Ticket#42) b", "42", plain), "a b"},
		{"several times", thread.CleanSubject("[Ticket#42] [Ticket#42] a Ticket#42", "42", plain), "a"},
		{"hook with signs that mean something elsewhere", thread.CleanSubject("a [T.*42]", "42", with("ticket_hook", "T.*")), "a"},
		{"a hook that only looks alike stays", thread.CleanSubject("a [Txx42]", "42", with("ticket_hook", "T.*")), "a [Txx42]"},
		{"hook and colon", thread.CleanSubject("a [Ticket#:42]", "42", plain), "a"},
		{"counted prefixes", thread.CleanSubject("Re[12]: AW: WG: a", "42", plain), "a"},
		{"a prefix behind the hook", thread.CleanSubject("[Ticket#42] Re: a", "42", plain), "a"},
		{"cut in characters, not bytes", thread.CleanSubject("äöü€", "42", with("ticket_subject_size", "3")), "äöü[...]"},
		{"just fits", thread.CleanSubject("äöü", "42", with("ticket_subject_size", "3")), "äöü"},
		{"no size set", thread.CleanSubject(strings.Repeat("x", 111), "42", with("ticket_subject_size", "")), strings.Repeat("x", 110) + "[...]"},
		{"forwarded", thread.BuildSubject("a", thread.SubtypeForward, "42", plain), "FWD: a [Ticket#42]"},
		{"no hook", thread.BuildSubject("a", thread.SubtypeReply, "42", with("ticket_hook_position", "none")), "RE: a"},
		{"no prefix set", thread.BuildSubject("a", thread.SubtypeReply, "42", with("ticket_subject_re", "")), "a [Ticket#42]"},
		{"nothing but a hook", thread.BuildSubject("Re: [Ticket#42]", "", "42", plain), "[Ticket#42]"},
	} {
		if tc.got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, tc.got, tc.want)
		}
	}
}

func TestComposedMail(t *testing.T) {
	t.Parallel()
	catalog := outgoing(texts(map[string]string{
		"fqdn": "desk.example.com", "ticket_hook": "Ticket#", "ticket_define_email_from": "AgentNameSystemAddressName",
		"ticket_define_email_from_separator": "via",
	}))
	ticket := desk.Ticket{ID: 7, GroupID: 1, Number: "10007", Title: "RE: Where is it? [Ticket#10007]"}
	author := desk.User{ID: 5, Firstname: "Jörg", Lastname: "Adler"}
	now := time.Date(2026, 2, 3, 4, 5, 6, 0, time.FixedZone("CET", 3600))
	a := desk.Article{To: new("Nicole <nicole@example.org>, x@y"), Subject: new(" ")}
	if err := thread.ComposeEmail(&a, ticket, author, catalog, now, "u-1"); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ name, got, want string }{
		{"subject from the title", *a.Subject, "Where is it?"},
		{"from", *a.From, `"Jörg Adler via Desk" <desk@example.com>`},
		{"message id", *a.MessageID, "<20260203030506.7.u-1@desk.example.com>"},
		{"its sum", *a.MessageIDMD5, thread.MessageIDSum(*a.MessageID)},
	} {
		if tc.got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, tc.got, tc.want)
		}
	}
	if id := a.Preferences["email_address_id"]; id != desk.EmailAddressID(1) {
		t.Errorf("email_address_id = %v, want 1", id)
	}
	catalog.Settings["ticket_define_email_from"] = json.RawMessage(`"AgentName"`)
	if err := thread.ComposeEmail(&a, ticket, author, catalog, now, "u-1"); err != nil || *a.From != `"Jörg Adler" <desk@example.com>` {
		t.Errorf("from = %q, %v, want the agent's name alone", *a.From, err)
	}
}

func TestMailThatCannotBeComposed(t *testing.T) {
	t.Parallel()
	catalog := outgoing(nil)
	for _, tc := range []struct {
		name  string
		to    *string
		group desk.GroupID
		want  string
	}{
		{"no recipient", nil, 1, "Sending an email without a valid recipient is not possible."},
		{"no valid recipient", new("Nicole, somebody"), 1, "Sending an email without a valid recipient is not possible."},
		{"no address", new("a@example.com"), 2, "No email address found for group 'Sales' (2)"},
	} {
		a := desk.Article{To: tc.to}
		err := thread.ComposeEmail(&a, desk.Ticket{GroupID: tc.group}, desk.User{}, catalog, time.Now(), "u")
		if err == nil || err.Error() != tc.want {
			t.Errorf("%s: error %v, want %q", tc.name, err, tc.want)
		}
	}
}

func TestReferencesAreBounded(t *testing.T) {
	t.Parallel()
	long := "<" + strings.Repeat("x", 9_998) + ">"
	newestFirst := []thread.IDs{{MessageID: new("<own@x>")}, {MessageID: new("<new@x>"), InReplyTo: new("<a@x> <b@x>")},
		{MessageID: &long}, {MessageID: &long}, {MessageID: &long}, {MessageID: new("<oldest@x>")}}
	got := thread.References(newestFirst, "<own@x>")
	want := []string{long, long, "<new@x>", "<a@x>", "<b@x>"}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("got %d references, want the newest %d that fit into 30,000 characters, oldest first", len(got), len(want))
	}
}
