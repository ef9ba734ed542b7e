package parser

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gogs/chardet"
)

const bareHead = "From: a@example.com\r\nTo: b@example.com\r\nSubject: bounds\r\nMessage-ID: <bounds@example.com>\r\n"

func TestAttachmentIsComplete(t *testing.T) {
	t.Parallel()
	data := bytes.Repeat([]byte("0123456789abcdef"), 100_000)
	raw := bareHead + "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: application/pdf; name=a.pdf\r\n" +
		"Content-Transfer-Encoding: base64\r\n\r\n" + base64.StdEncoding.EncodeToString(data) + "\r\n--x--\r\n"
	msg := mustParse(t, []byte(raw))
	if len(msg.Attachments) != 1 || !bytes.Equal(msg.Attachments[0].Data, data) {
		t.Errorf("%d attachments; the bytes differ", len(msg.Attachments))
	}
}

func TestHeaderFieldsAreCounted(t *testing.T) {
	t.Parallel()
	raw := "From: a@example.com\n" + strings.Repeat("X-Many: x\n", 998) + "X-Last: read\nX-Beyond: not read\n\nbody\n"
	msg := mustParse(t, []byte(raw))
	if msg.Header["x-last"] != "read" || msg.Header["x-beyond"] != "" || msg.Body != "body\n" {
		t.Errorf("last %q, beyond %q, body %q", msg.Header["x-last"], msg.Header["x-beyond"], msg.Body)
	}
}

func TestPartsAreCounted(t *testing.T) {
	t.Parallel()
	part := "--x\r\nContent-Type: image/png; name=a.png\r\n\r\n\r\n"
	msg := mustParse(t, []byte(bareHead+"Content-Type: multipart/mixed; boundary=x\r\n\r\n"+strings.Repeat(part, 20_000)))
	if n := len(msg.Attachments); n > maxParts || n < 1000 {
		t.Errorf("%d attachments, want at most %d", n, maxParts)
	}
}

func TestTooLargeIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := Parse(make([]byte, MaxSize+1), Options{}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("error = %v, want %v", err, ErrTooLarge)
	}
}

// TestDetectionIsNotMissed: guessing only where the declared charset fails reads the corpus as
// rightly as guessing always does.
func TestDetectionIsNotMissed(t *testing.T) {
	t.Parallel()
	for _, s := range scripts {
		data := s.encode(strings.Repeat(s.text+"\n", 10))
		want := strings.Repeat(s.text+"\n", 10)
		if got := bodyText(data, s.name); got != want {
			t.Errorf("%s: declared, read as %.60q", s.name, got)
		}
		if isSevenBit(s.name) {
			continue // without its name it is ASCII
		}
		got := bodyText(data, "")
		if !utf8.ValidString(got) || got != want && always(data) == want {
			t.Errorf("%s: not declared, read as %.60q, though guessing would have found it", s.name, got)
		}
	}
}

// always guesses, as enmime does unless told not to.
func always(data []byte) string {
	best, err := chardet.NewTextDetector().DetectBest(data)
	if err != nil {
		return string(data)
	}
	text, _ := decodeStrictly(data, lookup(best.Charset))
	return text
}

func TestLongTextsAreCutWhereTheyMayBe(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, unit string
	}{
		{"lines", "some words of text\n"},
		{"UTF-8 without lines", "日本語"},
		{"one line of ASCII", "abc"},
	} {
		raw := bareHead + "Content-Type: text/plain; charset=utf-8\r\n\r\n" + strings.Repeat(tc.unit, 8<<20/len(tc.unit))
		body := mustParse(t, []byte(raw)).Body
		if rest := strings.ReplaceAll(body, tc.unit, ""); len(body) > maxText || utf8.RuneCountInString(body) < maxBody || len(rest) >= len(tc.unit) || !utf8.ValidString(body) {
			t.Errorf("%s: %d bytes, ending in %.20q", tc.name, len(body), rest)
		}
	}
}

func TestLongHTMLStaysWhole(t *testing.T) {
	t.Parallel()
	page := "<p>" + strings.Repeat("<b>some</b> words &amp; signs, "+strings.Repeat("ä", 50)+"<br>\n", 8<<20/130) + "</p>"
	msg := mustParse(t, []byte(bareHead+"Content-Type: text/html\r\n\r\n"+page))
	if n := utf8.RuneCountInString(msg.Body); n > maxBody || n < maxBody-10_000 || !strings.HasSuffix(msg.Body, "</p>") || strings.Count(msg.Body, "<b>") != strings.Count(msg.Body, "</b>") {
		t.Errorf("%d bytes, ending in %q", len(msg.Body), msg.Body[max(0, len(msg.Body)-60):])
	}
	if len(msg.Attachments) != 1 || len(msg.Attachments[0].Data) != len(page) {
		t.Errorf("the copy of the message is not complete: %d attachments", len(msg.Attachments))
	}
}

// TestArchivesAreNotOpened: what would become terabytes when somebody unpacks it is a file like others.
func TestArchivesAreNotOpened(t *testing.T) {
	t.Parallel()
	bomb := append([]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"), bytes.Repeat([]byte("\xec\xc1\x01\x01"), 1000)...)
	for _, kind := range []string{"application/zip; name=42.zip", "application/gzip; name=bomb.gz", "application/ms-tnef; name=winmail.dat"} {
		raw := bareHead + "Content-Type: " + kind + "\r\nContent-Encoding: gzip\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.StdEncoding.EncodeToString(bomb)
		if msg := mustParse(t, []byte(raw)); len(msg.Attachments) != 1 || !bytes.Equal(msg.Attachments[0].Data, bomb) {
			t.Errorf("%s: %d attachments", kind, len(msg.Attachments))
		}
	}
}
