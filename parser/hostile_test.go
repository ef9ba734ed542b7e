package parser

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// hostileMail would take much memory or time from a careless reader: a head, the same text again and
// again, and a tail.
type hostileMail struct{ name, head, fill, tail string }

func (m hostileMail) raw(size int) []byte {
	return []byte(m.head + strings.Repeat(m.fill, size/len(m.fill)+1) + m.tail)
}

const (
	plainHead = bareHead + "\r\n"
	htmlHead  = bareHead + "Content-Type: text/html\r\n\r\n"
	mixedHead = bareHead + "Content-Type: multipart/mixed; boundary=x\r\n\r\n"
	reports   = bareHead + "Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n--x\r\nContent-Type: message/delivery-status\r\n"
	asBase64  = "Content-Transfer-Encoding: base64\r\n\r\n"
	asQP      = "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
	asText    = "Content-Type: text/plain; charset="
	behind    = "\r\n\r\nbody"
)

func hostileMails() []hostileMail {
	line := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{0xa5}, 57)) + "\r\n"
	return []hostileMail{
		{"an attachment", mixedHead + "--x\r\nContent-Type: application/pdf; name=a.pdf\r\n" + asBase64, line, "--x--"},
		{"a mail in a mail", mixedHead + "--x\r\nContent-Type: message/rfc822\r\n" + asBase64, line, "--x--"},
		{"a text", plainHead, "some words of text\r\n", ""},
		{"a text in Latin-1", plainHead, "some w\xf6rds of text\r\n", ""},
		{"one line", plainHead, "x", ""},
		{"line feeds", plainHead, "\n", ""},
		{"carriage returns", plainHead, "\r", ""},
		{"blanks", plainHead, " ", ""},
		{"NUL bytes", plainHead, "\x00", ""},
		{"bytes of no charset", plainHead, "\x81", ""},
		{"nothing but high bytes", plainHead, "\xff", ""},
		{"UTF-7", bareHead + asText + "utf-7\r\n\r\n", "+AGE-b", ""},
		{"UTF-16", bareHead + asText + "utf-16\r\n\r\n", "a\x00b\x30", ""},
		{"ISO-2022-JP", bareHead + asText + "iso-2022-jp\r\n\r\n", "\x1b$BF|K\x1b(B", ""},
		{"quoted-printable", bareHead + asQP, "=41", ""},
		{"soft breaks", bareHead + asQP, "=   ", ""},
		{"ends of base64", bareHead + asBase64, "QUI=", ""},
		{"uuencode", bareHead + "Content-Transfer-Encoding: x-uuencode\r\n\r\nbegin 644 a\n", "M" + strings.Repeat("x", 60) + "\n", "end"},
		{"files in a text", plainHead, "begin 644 a\n#0V%T\n`\nend\n", ""},
		{"files that do not end", plainHead, "begin 644 a\n#0V%T\n", ""},
		{"no Message-ID", "From: a@example.com\r\n\r\n", "\n", ""},
		{"words in HTML", htmlHead, "some words of text\r\n", ""},
		{"tags", htmlHead, "<b>", ""},
		{"tags and words", htmlHead + "<p>", "some words of text, www.example.com <br>\r\n", ""},
		{"tags that never end", htmlHead, "<a ", ""},
		{"attributes", htmlHead + "<p ", "dir=a title=b ", ">x"},
		{"an image in the source", htmlHead + `<p><img src="data:image/png;base64,`, "AAAABBBB", `">`},
		{"signs in HTML", htmlHead, "&&&&", ""},
		{"open brackets", htmlHead, "< < ", ""},
		{"quotes in quotes", htmlHead, "<blockquote>x<br>", ""},
		{"links", htmlHead, "http://a.bc/d ", ""},
		{"links without a blank", htmlHead + "a", "www.", ""},
		{"links in brackets", htmlHead, "(www.(", ""},
		{"a link and brackets", htmlHead + "www.example.com/" + strings.Repeat("(", 1000), ")", ""},
		{"links in links", htmlHead + strings.Repeat("<a href=http://x><table><td>", 80), "words ", ""},
		{"comments in styles", htmlHead + `<span style="color:`, "/**/", `">x</span>`},
		{"comments in links", htmlHead + `<a href="java`, "/**/", `script:x">x</a>`},
		{"unclosed formatting", htmlHead + manyFormats(), "<p>x", ""},
		{"a report", reports + asBase64, line, "--x--"},
		{"an empty report", reports + "\r\nStatus:", "\n", ""},
		{"delimiters", mixedHead, "--x\r\n", ""},
		{"empty parts", mixedHead, "--x\r\nContent-Type: image/png\r\n\r\n\r\n", ""},
		{"parts of text", mixedHead, "--x\r\n\r\n" + strings.Repeat("y", 8000) + "\r\n", ""},
		{"parts of headers", mixedHead, "--x\r\n" + strings.Repeat("X-A: "+strings.Repeat("\xe4 ", 100)+"\r\n", 100) + "\r\n", ""},
		{"no part", mixedHead, "text\r\n", ""},
		{"nested multiparts", bareHead, "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n", ""},
		{"a long boundary", bareHead + "Content-Type: multipart/mixed; boundary=" + strings.Repeat("x", 1<<20) + "\r\n\r\n",
			"--" + strings.Repeat("x", 1<<20-1) + "\r\n", ""},
		{"headers", bareHead, "X-Header: some value here\r\n", behind},
		{"a long header", bareHead + "X-Long: ", "folded\r\n ", behind},
		{"a header in Latin-1", bareHead + "X-Long: ", "\xe4 ", behind},
		{"encoded words", bareHead + "X-Long: ", "=?utf-8?Q?a?= ", behind},
		{"words without an end", bareHead + "X-Long: ", "=?a?q?b ", behind},
		{"words in addresses", bareHead + "Cc: ", "=?a?q?b", behind},
		{"words never ended", bareHead + "X-Long: ", "=?utf-8?Q?", behind},
		{"comments in addresses", bareHead + "Cc: ", "(", behind},
		{"quotes in addresses", bareHead + "Cc: ", `"`, behind},
		{"brackets in addresses", bareHead + "Cc: ", "<", behind},
		{"groups in addresses", bareHead + "Cc: ", "a:", behind},
		{"addresses", bareHead + "Cc: ", "a@b.c,", behind},
		{"a name of many words", bareHead + "Cc: ", "a ", behind},
		{"references", bareHead + "References: ", "<a>", behind},
		{"references without end", bareHead + "References: ", "<", behind},
		{"parameters", bareHead + "Content-Type: text/plain", "; a*0=b", behind},
		{"quotes in a parameter", bareHead + `Content-Type: text/plain; name="`, `\"`, behind},
		{"numbers in a date", bareHead + "Date: ", "1 ", behind},
		{"comments in a date", bareHead + "Date: Tue, 3 Mar 2026 10:00:00 +0100 ", "(", behind},
	}
}

// manyFormats are elements that browsers open again in every paragraph.
func manyFormats() string {
	var b strings.Builder
	for i := range 500 {
		fmt.Fprintf(&b, "<b title=%d>", i)
	}
	return b.String()
}

// TestHostileMailsAreBounded counts all that parsing takes from memory, garbage included: so with the
// mail itself it can't be more than three times its size at any moment, and a constant. It runs
// alone, because others' memory and time would count.
func TestHostileMailsAreBounded(t *testing.T) {
	for _, mail := range hostileMails() {
		checkBounded(t, mail.name, mail.raw(16<<20))
	}
}

// TestHundredMegabytesAreBounded: the same for mails of a size that nobody wants to receive.
func TestHundredMegabytesAreBounded(t *testing.T) {
	big := []string{"an attachment", "a text", "a text in Latin-1", "tags and words", "line feeds", "no Message-ID", "empty parts"}
	for _, mail := range hostileMails() {
		if slices.Contains(big, mail.name) {
			checkBounded(t, mail.name, mail.raw(100<<20))
		}
	}
}

func checkBounded(t *testing.T, name string, raw []byte) {
	t.Helper()
	const constant, within = 64 << 20, 5 * time.Second
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	started := processorTime(t)
	if _, err := Parse(raw, Options{FQDN: "desk.example.com"}); err != nil {
		t.Errorf("%s: %v", name, err)
	}
	took := processorTime(t) - started
	runtime.ReadMemStats(&after)
	used := after.TotalAlloc - before.TotalAlloc
	if limit := uint64(2*len(raw) + constant); used > limit {
		t.Errorf("%s: %d MiB for a mail of %d MiB, want at most %d", name, used>>20, len(raw)>>20, limit>>20)
	}
	if took > within {
		t.Errorf("%s: %s for a mail of %d MiB, want at most %s", name, took, len(raw)>>20, within)
	}
}

// processorTime is what this process has computed so far: on a busy machine it says more than the clock.
func processorTime(t testing.TB) time.Duration {
	t.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		t.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
