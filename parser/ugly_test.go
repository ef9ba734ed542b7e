package parser

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestUglyMails compares what becomes of mails that break the rules with the golden file beside each.
func TestUglyMails(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/ugly/*.eml")
	if err != nil || len(files) < 40 {
		t.Fatalf("%d mails, %v, want at least 40", len(files), err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".eml"), func(t *testing.T) {
			t.Parallel()
			raw, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			got := summary(raw)
			golden := strings.TrimSuffix(name, ".eml") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// summary writes down what matters of a message.
func summary(raw []byte) string {
	msg, err := Parse(raw, Options{FQDN: "desk.example.com"})
	if err != nil {
		return fmt.Sprintf("error: %v\n", err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "message-id: %s\nsubject: %q\nfrom: %q\nsender: %q <%s>\n", msg.MessageID, msg.Subject, msg.From, msg.Sender.Name, msg.Sender.Email)
	fmt.Fprintf(&b, "to: %q\ncc: %q\nreply-to: %q\nrecipients: %q\n", msg.To, msg.Cc, msg.ReplyTo, msg.Recipients)
	if msg.Date != nil {
		fmt.Fprintf(&b, "date: %s\n", msg.Date.Format(time.RFC3339))
	}
	fmt.Fprintf(&b, "%s: %q\n", msg.ContentType, msg.Body)
	for _, a := range msg.Attachments {
		fmt.Fprintf(&b, "attachment: %q %s %d bytes %.60q\n", a.Filename, a.ContentType, len(a.Data), a.Data)
	}
	return b.String()
}
