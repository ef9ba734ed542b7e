package letter

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"postroom/channels"
	"postroom/internal/desk"
)

var update = flag.Bool("update", false, "write the golden files anew")

var (
	sentAt = time.Date(2026, 3, 1, 9, 30, 0, 0, time.FixedZone("CET", 3600))
	pixel  = []byte("\x89PNG\r\n\x1a\n not really a picture, but 8 bit: \xff\xfe")
)

func answer() channels.Outbound {
	return channels.Outbound{
		MessageID:   "<20260301083000.30.9f1c2d3e-0000-4000-8000-000000000001@desk.example.com>",
		InReplyTo:   "<question@customer.example>",
		References:  []string{"<question@customer.example>", "<20260228120000.30.9f1c2d3e-0000-4000-8000-000000000000@desk.example.com>"},
		From:        "Christopher Miller via Chrispresso <support@example.com>",
		To:          "Jane Doe <jane@customer.example>",
		Subject:     "RE: Coffee is cold [Ticket#10042]",
		ContentType: "text/plain",
		Body:        "Dear Jane,\n\nplease warm it up.\n\n-- \nChrispresso\n",
	}
}

// letters are the messages of the golden files.
var letters = map[string]func() channels.Outbound{
	"plain": answer,
	"plain-utf8": func() channels.Outbound {
		m := answer()
		m.From = `"Grüß Gott, GmbH" <support@münchen.example>`
		m.To = "Zoë <zoe@例え.jp>, bob@example.com"
		m.Cc = `"Doe, John" <john@example.com>`
		m.Bcc = "archive@example.com"
		m.ReplyTo = "Chrispresso <reply@example.com>"
		m.Subject = "RE: Kaffee ist kälter als erwartet und die Betreffzeile ist länger als eine Zeile sein darf [Ticket#10042]"
		m.Body = "Schöne Grüße\r\nFrom here on: " + strings.Repeat("lang ", 40) + "\ntrailing \n.\n"
		return m
	},
	"plain-attachment": func() channels.Outbound {
		m := answer()
		m.Organization, m.Notification = "Chrispresso Inc.", true
		m.Attachments = []channels.File{
			{Filename: "d.pdf", ContentType: "application/pdf", Data: bytes.Repeat([]byte("%PDF"), 50)},
			{Filename: "../Übersicht \"2026\".txt", ContentType: "text/plain; charset=utf-8", Data: []byte("äöü")},
			{Filename: "mail.eml", ContentType: "message/rfc822", Data: []byte("Subject: a\r\n\r\nb")},
			{Filename: "empty.bin"},
		}
		return m
	},
	"html": func() channels.Outbound {
		m := answer()
		m.ContentType, m.Organization = "text/html", "Chrispresso Inc."
		m.Body = `<p>Dear Jane,</p><blockquote type="cite">it is cold</blockquote><hr><p>please warm it <b>up</b>: <a href="https://example.com/?a=1&amp;b=2">how</a></p>`
		m.CSSFont = `font-family:"Comic Sans"; font-size: 14px;`
		return m
	},
	"html-inline": func() channels.Outbound {
		m := answer()
		m.ContentType, m.Notification = "text/html; charset=utf-8", true
		m.Body = `<p>Like this: <img style="width: 120px; height: 80px;" src="cid:img1@x" alt="cup"></p>`
		m.Attachments = []channels.File{
			{Filename: "img.png", ContentType: "image/png", ContentID: "img1@x", Inline: true, Data: pixel},
			{Filename: "other.png", ContentType: "image/png", ContentID: "img2@x", Inline: true, Data: pixel},
			{Filename: "d.pdf", ContentType: "application/pdf", Data: []byte("%PDF")},
		}
		return m
	},
}

func TestMessagesAreBuiltByteForByte(t *testing.T) {
	t.Parallel()
	for name, message := range letters {
		letter, err := Compose(message(), sentAt)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		again, _ := Compose(message(), sentAt)
		if !bytes.Equal(letter.Raw, again.Raw) {
			t.Errorf("%s: the same message built twice differs", name)
		}
		golden := filepath.Join("testdata", name+".eml")
		if *update {
			if err := os.WriteFile(golden, letter.Raw, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(letter.Raw, want) {
			t.Errorf("%s differs from %s:\n%s", name, golden, letter.Raw)
		}
		checkWire(t, name, letter.Raw)
	}
}

// checkWire checks what every mail server asks of a message.
func checkWire(t *testing.T, name string, raw []byte) {
	t.Helper()
	for line := range bytes.Lines(raw) {
		text, ok := bytes.CutSuffix(line, []byte("\r\n"))
		if !ok && len(line) > 0 && !bytes.HasSuffix(raw, line) || bytes.ContainsAny(text, "\r\n") {
			t.Errorf("%s: line %q does not end in CRLF", name, line)
		}
		if len(text) > 998 {
			t.Errorf("%s: line of %d characters", name, len(text))
		}
		if !isASCII(string(text)) {
			t.Errorf("%s: line %q is not ASCII", name, text)
		}
	}
}

func TestBuiltMessagesReadBackAsTheyWere(t *testing.T) {
	t.Parallel()
	for name, message := range letters {
		m := message()
		letter, err := Compose(m, sentAt)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		read, err := mail.ReadMessage(bytes.NewReader(letter.Raw))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		subject, err := new(mime.WordDecoder).DecodeHeader(read.Header.Get("Subject"))
		if err != nil || subject != m.Subject {
			t.Errorf("%s: subject %q (%v), want %q", name, subject, err, m.Subject)
		}
		if got := strings.Fields(read.Header.Get("References")); !reflect.DeepEqual(got, m.References) {
			t.Errorf("%s: references %q, want %q", name, got, m.References)
		}
		if date, err := read.Header.Date(); err != nil || !date.Equal(sentAt) {
			t.Errorf("%s: date %s (%v), want %s", name, date, err, sentAt)
		}
		if read.Header.Get("Bcc") != "" {
			t.Errorf("%s: everybody can read who got a blind copy", name)
		}
	}
}

// structure lists the media types of a message as the reference's vectors do.
func structure(t *testing.T, contentType string, body io.Reader) any {
	t.Helper()
	media, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(media, "multipart/") {
		return []any{media}
	}
	tree := []any{media}
	parts := multipart.NewReader(body, params["boundary"])
	for {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return tree
		}
		if err != nil {
			t.Fatal(err)
		}
		tree = append(tree, structure(t, part.Header.Get("Content-Type"), part))
	}
}

func outVector(t *testing.T, id string, into any) {
	t.Helper()
	text, err := os.ReadFile("testdata/outbound_cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []struct {
		ID     string          `json:"id"`
		Expect json.RawMessage `json:"expect"`
	}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	for _, v := range all {
		if v.ID == id {
			if err := json.Unmarshal(v.Expect, into); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatalf("no vector %s", id)
}

func TestOutboundVectors(t *testing.T) {
	t.Parallel()
	read := func(m channels.Outbound) *mail.Message {
		letter, err := Compose(m, sentAt)
		if err != nil {
			t.Fatal(err)
		}
		message, err := mail.ReadMessage(bytes.NewReader(letter.Raw))
		if err != nil {
			t.Fatal(err)
		}
		return message
	}
	var html struct{ Structure any }
	outVector(t, "out-11", &html)
	inline := letters["html-inline"]()
	inline.Attachments = []channels.File{inline.Attachments[0], inline.Attachments[2]}
	message := read(inline)
	if got := structure(t, message.Header.Get("Content-Type"), message.Body); !reflect.DeepEqual(got, html.Structure) {
		t.Errorf("out-11: structure %v, want %v", got, html.Structure)
	}

	ownName := map[string]string{"X-Mailer": mailerName, "X-Powered-By": poweredBy}
	var marked struct{ Headers map[string]string }
	outVector(t, "out-08", &marked)
	for name, want := range marked.Headers {
		if ours, ok := ownName[name]; ok {
			want = ours
		}
		if got := message.Header.Get(name); got != want {
			t.Errorf("out-08: %s = %q, want %q", name, got, want)
		}
	}

	var bare struct {
		MIMEType      string   `json:"mime_type"`
		HeadersAbsent []string `json:"headers_absent"`
	}
	outVector(t, "out-10", &bare)
	plain := answer()
	plain.Notification, plain.Organization = true, "Chrispresso Inc."
	message = read(plain)
	for _, name := range bare.HeadersAbsent {
		if got := message.Header.Get(name); got != "" {
			t.Errorf("out-10: %s = %q, want none", name, got)
		}
	}
	if got, _, _ := mime.ParseMediaType(message.Header.Get("Content-Type")); got != bare.MIMEType {
		t.Errorf("out-10: type %q, want %q", got, bare.MIMEType)
	}
}

func TestLineBreaksInHeadersAreRefused(t *testing.T) {
	t.Parallel()
	for field, change := range map[string]func(m *channels.Outbound){
		"subject":    func(m *channels.Outbound) { m.Subject = "a\r\nBcc: victim@example.com" },
		"message_id": func(m *channels.Outbound) { m.MessageID = "" },
		"from":       func(m *channels.Outbound) { m.From = "a\n <a@example.com>" },
		"to":         func(m *channels.Outbound) { m.To = "a@example.com\r\nX: y" },
		"cc":         func(m *channels.Outbound) { m.Cc = "no address" },
		"bcc":        func(m *channels.Outbound) { m.Bcc = "a@exa mple.com" },
		"reply_to":   func(m *channels.Outbound) { m.ReplyTo = "\x00@example.com" },
		"organization": func(m *channels.Outbound) {
			m.Organization = "a\nb"
			m.ContentType = "text/html"
		},
	} {
		m := answer()
		change(&m)
		_, err := Compose(m, sentAt)
		invalid, ok := errors.AsType[*desk.InvalidError](err)
		if !ok || invalid.Field != field {
			t.Errorf("%s: error %v, want a *desk.InvalidError about it", field, err)
		}
	}
}

func TestEnvelope(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, from, to, cc, bcc string
		sender, recipients      string
		utf8                    bool
	}{
		{"everybody once", "A <a@example.com>", "b@example.com, C <c@example.com>", "B@example.com", "d@example.com", "a@example.com", "b@example.com c@example.com d@example.com", false},
		{"international domains", "a@münchen.example", "b@例え.jp", "", "", "a@xn--mnchen-3ya.example", "b@xn--r8jz45g.jp", false},
		{"international mailbox", "a@example.com", "jürgen@example.com", "", "", "a@example.com", "jürgen@example.com", true},
		{"names that should be quoted", "Dr. A. <a@example.com>", "Doe, John <j@example.com>; x@example.com", "", "", "a@example.com", "j@example.com x@example.com", false},
		{"only blind copies", "a@example.com", "", "", "b@example.com", "a@example.com", "b@example.com", false},
	} {
		m := answer()
		m.From, m.To, m.Cc, m.Bcc = tc.from, tc.to, tc.cc, tc.bcc
		letter, err := Compose(m, sentAt)
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		if got := strings.Join(letter.Recipients, " "); letter.Sender != tc.sender || got != tc.recipients || letter.UTF8 != tc.utf8 {
			t.Errorf("%s: from %s to %s, UTF-8 %t; want %s, %s, %t", tc.name, letter.Sender, got, letter.UTF8, tc.sender, tc.recipients, tc.utf8)
		}
	}
}

func FuzzSubject(f *testing.F) {
	for _, seed := range []string{"plain", "=?utf-8?q?no?=", "käse", strings.Repeat("x", 2000), "a  b   c", "tab\there", strings.Repeat("ü", 500)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, subject string) {
		head := &headerWriter{}
		head.text("Subject", subject)
		if head.err != nil || head.Len() == 0 {
			return
		}
		raw := append(head.Bytes(), "\r\n"...)
		checkWire(t, "subject", raw)
		read, err := mail.ReadMessage(bytes.NewReader(raw))
		if err != nil || len(read.Header) != 1 {
			t.Fatalf("subject %q makes %d headers, %v", subject, len(read.Header), err)
		}
	})
}
