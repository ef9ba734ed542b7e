package parser

import (
	"bytes"
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/cention-sany/utf7"
	"github.com/gogs/chardet"
	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/unicode"
)

// aliases are names that the WHATWG table doesn't know, or knows as something narrower than what
// mailers mean by them.
var aliases = map[string]string{
	"gb2312":         "gb18030",
	"gb_2312-80":     "gb18030",
	"gbk":            "gb18030",
	"ks_c_5601-1987": "euc-kr", // which is CP949 there
	"cp949":          "euc-kr",
	"ms949":          "euc-kr",
	"uhc":            "euc-kr",
	"cp932":          "shift_jis",
	"windows-1258":   "windows-1252",
	"utf":            "utf-8",
	"utf8mb4":        "utf-8",
	"unicode":        "utf-8",
	"ansi":           "windows-1252",
	"iso-2022-jp-1":  "iso-2022-jp",
	"iso-2022-jp-ms": "iso-2022-jp",
	"iso-2022-jp-2":  "iso-2022-jp",
	"cp850":          "ibm850",
	"cp437":          "ibm437",
}

// lookup finds the encoding of a charset name; nil: unknown, or no more than ASCII or UTF-8.
func lookup(name string) encoding.Encoding {
	name = canonical(name)
	switch name {
	case "", "us-ascii", "ascii", "utf-8", "binary", "8bit", "7bit":
		return nil
	case "utf-7":
		return utf7.UTF7
	case "utf-16":
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case "ibm850":
		return charmap.CodePage850
	case "ibm437":
		return charmap.CodePage437
	}
	enc, found := charset.Lookup(name)
	if found == "utf-8" || found == "replacement" {
		return nil
	}
	return enc
}

// canonical mends spellings: quotes, "windows1252", "cp-1252", "iso8859-1", "charset=x".
func canonical(name string) string {
	name = strings.ToLower(strings.Trim(name, " \t\r\n\"';"))
	name = strings.TrimPrefix(name, "charset=")
	for _, prefix := range []string{"windows", "cp", "iso"} {
		rest, found := strings.CutPrefix(name, prefix)
		if !found || rest == "" {
			continue
		}
		digits := strings.TrimLeft(rest, "-_ ")
		switch {
		case digits == "" || digits[0] < '0' || digits[0] > '9':
		case prefix == "iso":
			name = "iso-" + strings.Replace(digits, "8859_", "8859-", 1)
		case strings.HasPrefix(digits, "125"):
			name = "windows-" + digits
		case prefix == "cp":
			name = "cp" + digits
		}
	}
	if name == "utf8" || name == "utf_8" {
		return "utf-8"
	}
	if name == "utf7" {
		return "utf-7"
	}
	if alias, known := aliases[name]; known {
		return alias
	}
	return name
}

// bodyText turns a transfer-decoded body into UTF-8. Valid UTF-8 wins over a declared other charset,
// because mailers lie more often than other text happens to be valid UTF-8.
func bodyText(data []byte, declared string) string {
	name := canonical(declared)
	switch {
	case name == "iso-2022-jp":
		return japaneseText(data)
	case isSevenBit(name) || strings.HasPrefix(name, "utf-16"):
		if text, ok := decodeStrictly(data, lookup(name)); ok {
			return text
		}
	}
	if utf8.Valid(data) {
		return string(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")))
	}
	if enc := lookup(name); enc != nil {
		if text, ok := decodeStrictly(data, enc); ok {
			return text
		}
	}
	return detectedText(data)
}

// metaCharsets is where pages say their charset: <meta charset="…"> and <meta … content="…; charset=…">.
var metaCharsets = regexp.MustCompile(`(?i)<meta\s[^<>]{0,200}charset\s{0,9}=\s{0,9}["']?\s{0,9}([a-z0-9._:-]{1,40})`)

// metaSample is how far into a page browsers look for its charset, and a little more.
const metaSample = 4 << 10

// metaCharset is what a page says about itself; empty: nothing. UTF-16 and UTF-7 are never true: the
// page was read as ASCII to get here.
func metaCharset(page []byte) string {
	found := metaCharsets.FindSubmatch(page[:min(len(page), metaSample)])
	if found == nil {
		return ""
	}
	name := string(found[1])
	if known := canonical(name); known == "utf-7" || strings.HasPrefix(known, "utf-16") {
		return ""
	}
	return name
}

// isSevenBit reports whether text of this charset looks like ASCII.
func isSevenBit(name string) bool {
	return name == "utf-7" || name == "hz-gb-2312" || strings.HasPrefix(name, "iso-2022-")
}

// decodeStrictly reports whether all bytes mean something in the encoding.
func decodeStrictly(data []byte, enc encoding.Encoding) (string, bool) {
	if enc == nil {
		return "", false
	}
	text, err := enc.NewDecoder().Bytes(data)
	if err != nil || bytes.ContainsRune(text, utf8.RuneError) {
		return "", false
	}
	return string(text), true
}

// japaneseText follows what Japanese mailers send under the name of ISO-2022-JP.
func japaneseText(data []byte) string {
	for _, enc := range []encoding.Encoding{japanese.ISO2022JP, japanese.ShiftJIS} {
		if text, ok := decodeStrictly(data, enc); ok && strings.TrimSpace(text) != "" {
			return text
		}
	}
	if utf8.Valid(data) {
		return string(data)
	}
	text, _ := japanese.ISO2022JP.NewDecoder().Bytes(data)
	return string(text)
}

// sampleSize is what the detector looks at: enough to count letters, and little enough for its cost.
const (
	sampleSize    = 4 << 10
	minConfidence = 30
)

// detectedText guesses the charset; western European text is what short samples most likely are.
func detectedText(data []byte) string {
	if isMostlyUTF8(data) {
		return strings.ToValidUTF8(string(data), "\uFFFD") // cut off or damaged, but not another charset
	}
	for _, name := range guesses(data) {
		if text, ok := decodeStrictly(data, lookup(name)); ok && !strings.ContainsFunc(text, isControl) {
			return text
		}
	}
	if text, ok := decodeStrictly(data, charmap.Windows1252); ok {
		return text
	}
	return questionMarks(data)
}

// isControl: nobody writes the control characters beyond ASCII, so a charset that finds them is wrong.
func isControl(r rune) bool { return r >= 0x80 && r <= 0x9f }

// isMostlyUTF8 reports whether characters beyond ASCII are UTF-8 four times as often as they are not.
func isMostlyUTF8(data []byte) bool {
	good, bad := 0, 0
	for len(data) > 0 {
		r, size := utf8.DecodeRune(data)
		switch {
		case size > 1:
			good++
		case r == utf8.RuneError:
			bad++
		}
		data = data[size:]
	}
	return good > 0 && good >= 4*bad
}

func guesses(data []byte) []string {
	results, err := chardet.NewTextDetector().DetectAll(sample(data))
	if err != nil {
		return nil
	}
	// The detector asks its recognizers at once and returns draws in the order of their answers; the
	// same mail must be read the same way each time.
	slices.SortFunc(results, func(a, b chardet.Result) int {
		return cmp.Or(cmp.Compare(b.Confidence, a.Confidence), strings.Compare(a.Charset, b.Charset))
	})
	var names []string
	for _, r := range results {
		if r.Confidence >= minConfidence && len(names) < 4 {
			names = append(names, r.Charset)
		}
	}
	return names
}

// sample is the part of the text around its first bytes beyond ASCII.
func sample(data []byte) []byte {
	first := bytes.IndexFunc(data, func(r rune) bool { return r >= utf8.RuneSelf })
	start := max(0, first-sampleSize/4)
	return data[start:min(len(data), start+sampleSize)]
}

func questionMarks(data []byte) string {
	out := make([]byte, len(data))
	for i, c := range data {
		if c >= utf8.RuneSelf {
			c = '?'
		}
		out[i] = c
	}
	return string(out)
}

// eightBitHeader makes UTF-8 of a header that was written without encoding.
func eightBitHeader(value string) string {
	if utf8.ValidString(value) {
		return value
	}
	return detectedText([]byte(value))
}

// wordText decodes the bytes of an encoded word. Unknown charsets are read as UTF-8.
func wordText(data []byte, name string) string {
	if canonical(name) == "iso-2022-jp" {
		return japaneseText(data)
	}
	enc := lookup(name)
	if enc == nil {
		return strings.ToValidUTF8(string(data), "\uFFFD")
	}
	text, err := enc.NewDecoder().Bytes(data)
	if err != nil {
		return strings.ToValidUTF8(string(data), "\uFFFD")
	}
	return string(text)
}
