package parser

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// vector is a case of testdata/email_cases.json; its "format" explains the fields.
type vector struct {
	ID       string
	Area     string
	Title    string
	Versions string
	Input    struct {
		Raw       string
		RawBase64 string `json:"raw_base64"`
		RawPrefix string `json:"raw_prefix"`
		Repeat    string
		Times     int
	}
	Expect map[string]json.RawMessage
}

func (v vector) raw(t *testing.T) []byte {
	t.Helper()
	switch {
	case v.Input.RawBase64 != "":
		raw, err := base64.StdEncoding.DecodeString(v.Input.RawBase64)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	case v.Input.RawPrefix != "":
		return []byte(v.Input.RawPrefix + strings.Repeat(v.Input.Repeat, v.Input.Times))
	}
	return []byte(v.Input.Raw)
}

func TestParseVectors(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/email_cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []vector }
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, v := range file.Cases {
		if !strings.HasPrefix(v.Area, "parse.") {
			continue // other rooms check those
		}
		checked++
		t.Run(v.ID, func(t *testing.T) {
			t.Parallel()
			checkMail(t, v.raw(t), v.Expect)
		})
	}
	if checked != 50 {
		t.Errorf("%d parse cases in the file, want 50", checked)
	}
}

func TestParseFixtures(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/mail/*.json")
	if err != nil || len(files) != 8 {
		t.Fatalf("%d fixtures, want 8: %v", len(files), err)
	}
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			var fixture struct{ Expect map[string]json.RawMessage }
			if err := json.Unmarshal(data, &fixture); err != nil {
				t.Fatal(err)
			}
			raw, err := os.ReadFile(strings.TrimSuffix(name, ".json") + ".box")
			if err != nil {
				t.Fatal(err)
			}
			checkMail(t, raw, fixture.Expect)
			if got, want := MessageID(raw), mustParse(t, raw).MessageID; got != want {
				t.Errorf("MessageID(raw) = %q, Parse gives %q", got, want)
			}
		})
	}
}

func mustParse(t *testing.T, raw []byte) Message {
	t.Helper()
	msg, err := Parse(raw, Options{FQDN: "desk.example.com", OwnURL: "https://desk.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	return msg
}

// checkMail compares the listed attributes.
func checkMail(t *testing.T, raw []byte, expect map[string]json.RawMessage) {
	t.Helper()
	if wanted, refused := expect["error"]; refused {
		if _, err := Parse(raw, Options{}); string(wanted) != `"missing_sender"` || err != ErrNoSender {
			t.Errorf("error = %v, want %s", err, wanted)
		}
		return
	}
	msg := mustParse(t, raw)
	for key, data := range expect {
		var want any
		if err := json.Unmarshal(data, &want); err != nil {
			t.Fatal(err)
		}
		checkAttribute(t, msg, key, want)
	}
}

func checkAttribute(t *testing.T, msg Message, key string, want any) {
	t.Helper()
	switch key {
	case "attachments":
		checkAttachments(t, msg, want.([]any))
	case "attachment_names":
		checkNames(t, msg, want.([]any))
	case "body_contains":
		checkContains(t, msg.Body, want.(string), true)
	case "body_contains_all":
		for _, word := range want.([]any) {
			checkContains(t, msg.Body, word.(string), true)
		}
	case "body_not_contains":
		for _, word := range want.([]any) {
			checkContains(t, msg.Body, word.(string), false)
		}
	case "message_id_regex":
		if !regexp.MustCompile(want.(string)).MatchString(msg.MessageID) {
			t.Errorf("message_id = %q, want a match of %s", msg.MessageID, want)
		}
	case "sanitized_body_info":
		if removed := want.(map[string]any)["remote_content_removed"]; msg.RemoteContentRemoved != removed {
			t.Errorf("remote content removed = %t, want %t", msg.RemoteContentRemoved, removed)
		}
	case "bounce":
		checkBounce(t, msg.Bounce, want.(map[string]any))
	default:
		if got := textAttribute(msg, key); got != want && (want != nil || got != "") {
			t.Errorf("%s = %q, want %q", key, got, want)
		}
	}
}

func textAttribute(msg Message, key string) string {
	switch key {
	case "from_email":
		return msg.Sender.Email
	case "from_local":
		return msg.Sender.Local()
	case "from_domain":
		return msg.Sender.Domain()
	case "from_display_name":
		return msg.Sender.Name
	case "content_type":
		return msg.ContentType
	case "body":
		return msg.Body
	case "message_id":
		return msg.MessageID
	case "subject":
		return msg.Subject
	case "from":
		return msg.From
	case "date":
		if msg.Date == nil {
			return ""
		}
		return msg.Date.Format(time.RFC3339)
	}
	return msg.Header[key]
}

func checkContains(t *testing.T, body, word string, want bool) {
	t.Helper()
	if strings.Contains(body, word) != want {
		t.Errorf("%q in the body = %t, want %t: %.300q", word, !want, want, body)
	}
}

func checkNames(t *testing.T, msg Message, want []any) {
	t.Helper()
	var got []any
	for _, a := range msg.Attachments {
		got = append(got, a.Filename)
	}
	if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
		t.Errorf("attachment names = %q, want %q", got, want)
	}
}

func checkAttachments(t *testing.T, msg Message, want []any) {
	t.Helper()
	if len(msg.Attachments) != len(want) {
		checkNames(t, msg, want)
		return
	}
	for i, w := range want {
		got := msg.Attachments[i]
		for key, value := range w.(map[string]any) {
			switch key {
			case "filename":
				if got.Filename != value {
					t.Errorf("attachment %d is named %q, want %q", i, got.Filename, value)
				}
			case "size":
				if float64(len(got.Data)) != value {
					t.Errorf("%s has %d bytes, want %v: %q", got.Filename, len(got.Data), value, got.Data)
				}
			case "preferences", "preferences_exact":
				checkPreferences(t, got, value.(map[string]any), key == "preferences_exact")
			default:
				t.Errorf("no check for %q of an attachment", key)
			}
		}
	}
}

func checkPreferences(t *testing.T, got Attachment, want map[string]any, exact bool) {
	t.Helper()
	for key, value := range want {
		if got.Preferences[key] != value {
			t.Errorf("%s: preference %s = %v, want %v", got.Filename, key, got.Preferences[key], value)
		}
	}
	if exact && len(got.Preferences) != len(want) {
		t.Errorf("%s: preferences = %v, want %v", got.Filename, got.Preferences, want)
	}
}

func checkBounce(t *testing.T, got *Bounce, want map[string]any) {
	t.Helper()
	if got == nil {
		t.Fatal("not recognised as a bounce")
	}
	is := map[string]any{"bounced": got.Failed(), "action": got.Action, "status": got.Status,
		"retryable": got.Retryable(), "final_recipient": got.FinalRecipient}
	for key, value := range want {
		if is[key] != value {
			t.Errorf("bounce: %s = %v, want %v", key, is[key], value)
		}
	}
}
