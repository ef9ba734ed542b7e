package parser

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gogs/chardet"
)

const bareHead = "From: a@example.com\r\nTo: b@example.com\r\nSubject: bounds\r\nMessage-ID: <bounds@example.com>\r\n"

// allocated is what parsing takes from memory in all, garbage included.
func allocated(t *testing.T, raw []byte) (Message, uint64) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	msg := mustParse(t, raw)
	runtime.ReadMemStats(&after)
	return msg, after.TotalAlloc - before.TotalAlloc
}

// These run alone, because others' memory would count.
func TestParseTakesLittleMemory(t *testing.T) {
	const size = 12 << 20
	attached := bareHead + "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nsee below\r\n" +
		"--x\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
		base64Lines(size) + "\r\n--x--\r\n"
	for _, tc := range []struct {
		name, raw string
	}{
		{"an attachment", attached},
		{"a text", bareHead + "\r\n" + strings.Repeat("some words of text\r\n", size/20)},
		{"one line", bareHead + "\r\n" + strings.Repeat("x", size)},
		{"line feeds", bareHead + "\r\n" + strings.Repeat("\n", size)},
		{"carriage returns", bareHead + "\r\n" + strings.Repeat("\r", size)},
		{"blanks", bareHead + "\r\n" + strings.Repeat(" ", size)},
		{"tags", bareHead + "Content-Type: text/html\r\n\r\n" + strings.Repeat("<b>", size/3)},
		{"formatting that is never closed", bareHead + "Content-Type: text/html\r\n\r\n" + manyFormats() + strings.Repeat("<p>x", 40_000)},
		{"delimiters", bareHead + "Content-Type: multipart/mixed; boundary=x\r\n\r\n" + strings.Repeat("--x\r\n", size/5)},
		{"empty parts", bareHead + "Content-Type: multipart/mixed; boundary=x\r\n\r\n" + strings.Repeat("--x\r\nContent-Type: image/png\r\n\r\n\r\n", size/40)},
		{"nested multiparts", bareHead + nested(size/50)},
		{"headers", bareHead + strings.Repeat("X-Header: some value here\r\n", size/27) + "\r\nbody"},
		{"one long header", bareHead + "X-Long: " + strings.Repeat("folded\r\n ", size/9) + "\r\n\r\nbody"},
		{"encoded words", bareHead + "X-Long: " + strings.Repeat("=?utf-8?Q?a?= ", size/14) + "\r\n\r\nbody"},
		{"encoded words that never end", bareHead + "X-Long: " + strings.Repeat("=?utf-8?Q?", size/10) + "\r\n\r\nbody"},
		{"comments in addresses", bareHead + "Cc: " + strings.Repeat("(", size) + "\r\n\r\nbody"},
		{"parameters", bareHead + "Content-Type: text/plain" + strings.Repeat("; a*0=b", size/7) + "\r\n\r\nbody"},
	} {
		const constant = 64 << 20
		_, used := allocated(t, []byte(tc.raw))
		if limit := uint64(3*len(tc.raw) + constant); used > limit {
			t.Errorf("%s: %d MiB for a mail of %d MiB, want at most %d", tc.name, used>>20, len(tc.raw)>>20, limit>>20)
		}
	}
}

func base64Lines(size int) string {
	line := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{0xa5}, 57)) + "\r\n"
	return strings.TrimSuffix(strings.Repeat(line, size/57), "\r\n")
}

// manyFormats are elements that browsers open again in every paragraph.
func manyFormats() string {
	var b strings.Builder
	for i := range 500 {
		fmt.Fprintf(&b, "<b title=%d>", i)
	}
	return b.String()
}

func nested(depth int) string {
	var b strings.Builder
	for i := range depth {
		fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
	}
	return b.String() + "\r\nbottom"
}

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
