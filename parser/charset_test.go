package parser

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gogs/chardet"
	"golang.org/x/text/encoding/charmap"
)

// misread are texts that always guessing gets wrong, because it trusts the detector only where that
// is sure of itself, and how they begin.
var misread = map[string]string{"charset-missing-koi8.eml": "Здравствуйте, заказ ещё не пришёл"}

// TestGuessingLessReadsAsWell compares what is read, where the charset is guessed only if none is
// declared or the declared one fails, with what comes of always guessing, for every text of every
// mail in the collections.
func TestGuessingLessReadsAsWell(t *testing.T) {
	t.Parallel()
	compared := 0
	for name, raw := range allMails(t) {
		head, size := readHeader(skipMboxLine(raw), false)
		root, err := readParts(head, skipMboxLine(raw)[size:])
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, p := range root.leaves() {
			if !strings.HasPrefix(p.media.name, "text/") || isASCII(string(p.data())) && !isSevenBit(canonical(p.media.params["charset"])) {
				continue
			}
			compared++
			got, guessed := p.text(), lineFeeds(alwaysGuessed(p.data(), p.media.params["charset"]))
			if start, known := misread[name]; known && strings.HasPrefix(got, start) {
				continue
			}
			if got != guessed {
				t.Errorf("%s (%s):\nread    %.200q\nguessed %.200q", name, p.media.params["charset"], got, guessed)
			}
		}
	}
	if compared < 100 {
		t.Errorf("%d texts compared, want at least 100", compared)
	}
}

// alwaysGuessed trusts the detector wherever it is sure of itself, as enmime does unless told not to.
func alwaysGuessed(data []byte, declared string) string {
	if isSevenBit(canonical(declared)) || canonical(declared) == "utf-16" {
		return bodyText(data, declared) // a detector of 8-bit charsets has no say
	}
	if utf8.Valid(data) {
		return string(data)
	}
	best, err := chardet.NewTextDetector().DetectBest(data)
	for _, name := range []string{declared, "windows-1252"} {
		if err == nil && best.Confidence >= 85 {
			name = best.Charset
		}
		if text, ok := decodeStrictly(data, lookup(name)); ok {
			return text
		}
	}
	text, _ := charmap.Windows1252.NewDecoder().Bytes(data)
	return string(text)
}

// allMails are the collections: fixtures, ugly ones, the vectors and what the benchmarks read.
func allMails(t *testing.T) map[string][]byte {
	t.Helper()
	mails := map[string][]byte{}
	for _, pattern := range []string{"testdata/mail/*.box", "testdata/ugly/*.eml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", pattern, len(files), err)
		}
		for _, name := range files {
			raw, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			mails[filepath.Base(name)] = raw
		}
	}
	data, err := os.ReadFile("testdata/email_cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []vector }
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	for _, v := range file.Cases {
		if strings.HasPrefix(v.Area, "parse.") {
			mails[v.ID] = v.raw(t)
		}
	}
	for i, raw := range corpus(true) {
		mails["benchmark "+string(rune('a'+i%26))+string(rune('a'+i/26))] = raw
	}
	return mails
}

func TestPagesSayTheirCharset(t *testing.T) {
	t.Parallel()
	const privet, gruss = "\xcf\xf0\xe8\xe2\xe5\xf2", "Gr\xfc\xdfe"
	for _, tc := range []struct{ header, page, want string }{
		{"text/html", `<html><head><meta charset=windows-1251></head>` + privet, "Привет"},
		{"text/html", `<META http-equiv="Content-Type" content="text/html; charset = 'Windows-1251' ">` + privet, "Привет"},
		{"text/html; charset=koi8-r", `<meta charset="windows-1251">` + "\xf0\xd2\xc9\xd7\xc5\xd4", "Привет"}, // the mail counts
		{"text/html", `<meta charset="windows-1251">Привет`, "Привет"},                                        // UTF-8 whatever it says
		{"text/html", `<meta charset="utf-16">` + gruss, "Grüße"},
		{"text/html", `<meta charset="no-such">` + gruss, "Grüße"},
		{"text/html", `<meta name="x"><p title="charset=windows-1251">` + gruss, "Grüße"},
		{"text/html", strings.Repeat(" ", metaSample) + `<meta charset="windows-1251">` + gruss, "Grüße"},
		{"text/html", `<meta charset="iso-2022-jp">` + "\x1b$B$3$s\x1b(B", "こん"},
		{"text/plain", `<meta charset=windows-1251>` + gruss, "Grüße"},
	} {
		msg, err := Parse([]byte("From: a@example.com\r\nContent-Type: "+tc.header+"\r\n\r\n"+tc.page), Options{})
		if err != nil || !strings.Contains(msg.Body, tc.want) {
			t.Errorf("%s, %.60q: read as %.80q, %v, want %q in it", tc.header, tc.page, msg.Body, err, tc.want)
		}
	}
}
