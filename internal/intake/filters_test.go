package intake

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"postroom/internal/desk"
	"postroom/internal/store/arrivals"
	"postroom/parser"
)

func TestReferenceVectorsOfSingleFilters(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../../parser/testdata/email_cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cases []struct {
			ID, Area string
			Input    struct{ Headers map[string]string }
			Expect   map[string]bool
		}
	}
	// Expectations of other areas are no switches: those are other tests'.
	if err := json.Unmarshal(data, &file); err != nil && !isTypeError(err) {
		t.Fatal(err)
	}
	ran := 0
	for _, v := range file.Cases {
		m := parsed(t, v.Input.Headers)
		var got map[string]bool
		switch v.Area {
		case "decide.auto_response":
			checkAutoResponse(m)
			got = map[string]bool{"send-auto-response": m.mayAnswer, "is-auto-response": m.autoResponse}
		case "decide.out_of_office":
			checkOutOfOffice(m)
			got = map[string]bool{"out-of-office": m.outOfOffice}
		case "decide.own_loop":
			dropOwnNotification(m)
			got = map[string]bool{"ignore": m.ignore}
		default:
			continue
		}
		ran++
		for name, want := range v.Expect {
			if got[name] != want {
				t.Errorf("%s: %s = %v, want %v", v.ID, name, got[name], want)
			}
		}
	}
	if ran != 19 {
		t.Errorf("%d vectors ran, want 19", ran)
	}
}

func isTypeError(err error) bool {
	_, ok := err.(*json.UnmarshalTypeError)
	return ok
}

// parsed is a mail with these headers, as the parser reads it.
func parsed(t *testing.T, headers map[string]string) *mail {
	t.Helper()
	raw := "From: a@example.org\n"
	for name, value := range headers {
		raw += name + ": " + value + "\n"
	}
	message, err := parser.Parse([]byte(raw+"\nx\n"), parser.Options{FQDN: "zammad.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	c := &desk.Catalog{Settings: desk.Settings{"fqdn": json.RawMessage(`"zammad.example.com"`)}}
	return newMail(message, arrivals.Message{}, c)
}

// withHeaders is a mail with nothing else.
func withHeaders(headers map[string]string, settings map[string]string) *mail {
	c := &desk.Catalog{Settings: desk.Settings{"fqdn": json.RawMessage(`"zammad.example.com"`)}}
	for name, value := range settings {
		c.Settings[name] = json.RawMessage(strconv.Quote(value))
	}
	c.Addresses = map[desk.EmailAddressID]desk.EmailAddress{1: {ID: 1, Email: "support@example.com"}}
	c.States = map[desk.StateID]desk.State{1: {ID: 1}}
	message := parser.Message{
		Header: headers, Subject: headers["subject"], MessageID: headers["message-id"],
		From: headers["from"], To: headers["to"], ReplyTo: headers["reply-to"], Sender: parser.Address{Name: "Web", Email: "form@example.com"},
	}
	return newMail(message, arrivals.Message{}, c)
}

func TestFiltersRunInTheOrderOfTheirNames(t *testing.T) {
	t.Parallel()
	names := make([]string, len(filters))
	for i, f := range filters {
		names[i] = f.name
	}
	if !slices.IsSorted(names) {
		t.Errorf("filters = %v, want them sorted", names)
	}
}

func TestOnlyTrustedMailsSteerUs(t *testing.T) {
	t.Parallel()
	headers := map[string]string{
		"x-zammad-ticket-state": "closed", "x-zammad-ticket-state_id": "1", "x-zammad-ticket-followup-state_id": "99",
		"x-zammad-article-internal": "true", "subject": "x",
	}
	for _, tc := range []struct {
		name string
		make func(*mail)
		want int
	}{
		{"anybody", func(*mail) {}, 0},
		{"the pipe says so", func(m *mail) { m.inbound.Options.Trusted = true }, 3},
		{"the channel says so", func(m *mail) {
			m.channel.Options = map[string]any{"inbound": map[string]any{"trusted": true}}
		}, 3},
	} {
		m := withHeaders(headers, nil)
		tc.make(m)
		if trust(m); len(m.attributes) != tc.want {
			t.Errorf("%s: attributes = %v, want %d of them", tc.name, m.attributes, tc.want)
		}
	}
}

func TestSenderCanComeFromReplyTo(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ setting, replyTo, wantEmail, wantName string }{
		{"", "Jane <jane@example.org>", "form@example.com", "Web"},
		{replyToIsSender, "Jane <jane@example.org>", "jane@example.org", "Jane"},
		{replyToKeepsRealName, "Jane <jane@example.org>", "jane@example.org", "Web"},
		{replyToIsSender, "<>", "form@example.com", "Web"},
		{replyToIsSender, "no address at all", "form@example.com", "Web"},
	} {
		m := withHeaders(map[string]string{"reply-to": tc.replyTo}, map[string]string{settingReplyTo: tc.setting})
		senderFromReplyTo(m)
		asList := withHeaders(map[string]string{"reply-to": tc.replyTo}, map[string]string{})
		asList.catalog.Settings[settingReplyTo] = json.RawMessage(`["` + tc.setting + `"]`)
		if senderFromReplyTo(asList); asList.fromEmail != m.fromEmail || asList.fromName != m.fromName {
			t.Errorf("%q in a list: sender %q <%s>, want %q <%s>", tc.setting, asList.fromName, asList.fromEmail, m.fromName, m.fromEmail)
		}
		if m.fromEmail != tc.wantEmail || m.fromName != tc.wantName {
			t.Errorf("%q with Reply-To %q: sender %q <%s>, want %q <%s>", tc.setting, tc.replyTo, m.fromName, m.fromEmail, tc.wantName, tc.wantEmail)
		}
	}
}

func TestTextsBecomeWhatTheDatabaseHolds(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"plain": "plain", "a\x00b": "ab", "a\xffb": "a\uFFFDb", "": ""} {
		if got := clean(text); got != want {
			t.Errorf("clean(%q) = %q, want %q", text, got, want)
		}
	}
	nested := cleanAll(map[string]any{"a\x00": []any{"b\x00", map[string]any{"c": "d\x00"}}, "n": 1}).(map[string]any)
	if encoded, _ := json.Marshal(nested); string(encoded) != `{"a":["b",{"c":"d"}],"n":1}` {
		t.Errorf("nested = %s", encoded)
	}
	for header, want := range map[string]string{
		"Jane <jane@xn--mnchen-3ya.de>": "Jane <jane@münchen.de>",
		"jane@example.com":              "jane@example.com",
		"jane@xn--\xff.de":              "jane@xn--\xff.de",
	} {
		if got := readable(header); got != want {
			t.Errorf("readable(%q) = %q, want %q", header, got, want)
		}
	}
}

func TestPreferencesOfFilesAreBounded(t *testing.T) {
	t.Parallel()
	few := map[string]any{"Mime-Type": "text/plain", "long": strings.Repeat("x", 700)}
	if fit(few); len(few) != 2 {
		t.Errorf("%d entries of a short list are left, want both", len(few))
	}
	many := map[string]any{"Mime-Type": "text/plain", "Charset": "utf-8"}
	for i := range 30 {
		many[fmt.Sprintf("x-%d", i)] = strings.Repeat("x", 50*i)
	}
	if fit(many); many["Mime-Type"] != "text/plain" || many["Charset"] != "utf-8" || sizeOf(many) > maxPreferences || len(many) < 8 {
		t.Errorf("%d entries of %d bytes are left: %v", len(many), sizeOf(many), many)
	}
	hopeless := map[string]any{}
	for i := range 1000 {
		hopeless[fmt.Sprint(i)] = "x"
	}
	if fit(hopeless); sizeOf(hopeless) > maxPreferences {
		t.Errorf("%d bytes are left", sizeOf(hopeless))
	}
}
