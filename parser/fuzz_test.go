package parser

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzParse checks what must hold for any bytes at all.
func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"testdata/mail/*.box", "testdata/ugly/*.eml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			f.Fatalf("no seeds in %s: %v", pattern, err)
		}
		for _, name := range files {
			raw, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(raw)
		}
	}
	for _, raw := range corpus(false)[:9] {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		before := string(raw)
		msg, err := Parse(raw, Options{FQDN: "desk.example.com"})
		if string(raw) != before {
			t.Error("the raw mail was changed")
		}
		if err != nil {
			if strings.Contains(err.Error(), "cannot be read") {
				t.Errorf("recovered from a panic: %v", err)
			}
			return
		}
		checkSound(t, msg)
		if id := MessageID(raw); id != msg.MessageID {
			t.Errorf("MessageID = %q, Parse gives %q", id, msg.MessageID)
		}
	})
}

// checkSound checks that a message can be stored.
func checkSound(t *testing.T, msg Message) {
	t.Helper()
	texts := []string{msg.MessageID, msg.InReplyTo, msg.Subject, msg.From, msg.To, msg.Cc, msg.ReplyTo, msg.Sender.Name,
		msg.Sender.Email, msg.ContentType, msg.Body}
	for name, value := range msg.Header {
		texts = append(texts, name, value)
	}
	for _, a := range msg.Recipients {
		texts = append(texts, a.Name, a.Email)
	}
	for _, a := range msg.Attachments {
		if a.Filename == "" {
			t.Error("an attachment without a name")
		}
		texts = append(texts, a.Filename, a.ContentID, a.ContentType)
		for key, value := range a.Preferences {
			texts = append(texts, key)
			if text, ok := value.(string); ok {
				texts = append(texts, text)
			}
		}
	}
	for _, text := range texts {
		if !utf8.ValidString(text) || strings.Contains(text, "\x00") {
			t.Errorf("can't be stored: %q", text)
		}
	}
	if msg.MessageID == "" || strings.TrimSpace(msg.Body) == "" {
		t.Errorf("Message-ID %q, body %q: neither may be empty", msg.MessageID, msg.Body)
	}
}
