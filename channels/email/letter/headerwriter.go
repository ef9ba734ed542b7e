package letter

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/mail"
	"strings"
	"unicode/utf8"

	"postroom/internal/desk"
)

const (
	lineLength = 76  // characters of a header line, where words allow it
	wordLength = 500 // characters of a word that is left as it is; lines must stay below 998
)

// headerWriter writes header lines, folded and in ASCII. What is empty is left out. A line break
// in a value would start a header of somebody else's choice, so it is an error.
type headerWriter struct {
	bytes.Buffer
	err error
}

// line writes a value that is ASCII already.
func (h *headerWriter) line(name, value string) { h.fold(name, strings.Split(value, " ")) }

// text writes free text such as a subject.
func (h *headerWriter) text(name, value string) {
	value = strings.TrimSpace(value)
	if value == "" || h.refuses(name, value) {
		return
	}
	h.fold(name, strings.Split(encodeText(value), " "))
}

// ids writes Message-IDs.
func (h *headerWriter) ids(name string, ids ...string) {
	var words []string
	for _, id := range ids {
		words = append(words, strings.Fields(id)...)
	}
	h.fold(name, words)
}

func (h *headerWriter) addresses(name string, list []*mail.Address) {
	var words []string
	for i, address := range list {
		item := address.Address
		if phrase := encodePhrase(address.Name); phrase != "" {
			item = phrase + " <" + item + ">"
		}
		if i < len(list)-1 {
			item += ","
		}
		words = append(words, strings.Split(item, " ")...)
	}
	h.fold(name, words)
}

// fold writes words with blanks between them, or line breaks where a line would get too long.
func (h *headerWriter) fold(name string, words []string) {
	if len(words) == 0 || h.refuses(name, strings.Join(words, "")) {
		return
	}
	h.WriteString(name + ":")
	length := len(name) + 1
	for i, word := range words {
		// A line of nothing but blanks would end the header for some readers.
		if i > 0 && word != "" && length+1+len(word) > lineLength {
			h.WriteString("\r\n")
			length = 0
		}
		h.WriteString(" " + word)
		length += 1 + len(word)
	}
	h.WriteString("\r\n")
}

// refuses notes a value that no header may have.
func (h *headerWriter) refuses(name, value string) bool {
	if h.err == nil && strings.ContainsAny(value, "\r\n\x00") {
		field := strings.ReplaceAll(strings.ToLower(name), "-", "_")
		h.err = &desk.InvalidError{Field: field, Reason: "Line breaks are not allowed in '" + field + "'."}
	}
	return h.err != nil
}

// encodeText returns text as encoded words where it has to be, else as it is.
func encodeText(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	long := false
	for word := range strings.SplitSeq(text, " ") {
		long = long || len(word) > wordLength
	}
	printable := !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r >= 0x7f })
	if printable && !long && !strings.Contains(text, "=?") {
		return text
	}
	return encodeWords(text)
}

// encodeWords writes text as encoded words (RFC 2047) that fit into a line together with any
// name, and that may stand for a name in an address too. The standard library's don't.
func encodeWords(text string) string {
	const room = 50 // characters of a word, without what begins and ends it
	quoted := 0
	for i := range len(text) {
		quoted += len(encodeQ(text[i : i+1]))
	}
	kind, encode := "Q", encodeQ
	if quoted > base64.StdEncoding.EncodedLen(len(text)) {
		kind, encode = "B", func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	}
	var words []string
	start := 0
	for i, r := range text {
		if len(encode(text[start:i+utf8.RuneLen(r)])) > room {
			words = append(words, "=?UTF-8?"+kind+"?"+encode(text[start:i])+"?=")
			start = i
		}
	}
	return strings.Join(append(words, "=?UTF-8?"+kind+"?"+encode(text[start:])+"?="), " ")
}

// encodeQ is the Q encoding with only what is allowed everywhere left as it is.
func encodeQ(text string) string {
	var out strings.Builder
	for i := range len(text) {
		switch c := text[i]; {
		case c == ' ':
			out.WriteByte('_')
		case c >= '0' && c <= '9', c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', strings.IndexByte("!*+-/", c) >= 0:
			out.WriteByte(c)
		default:
			fmt.Fprintf(&out, "=%02X", c)
		}
	}
	return out.String()
}

// encodePhrase returns the name of an address as a header has it.
func encodePhrase(name string) string {
	name = strings.TrimSpace(name)
	encoded := encodeText(name)
	if encoded == name && strings.ContainsAny(name, "()<>[]:;@\\,.\"") {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name) + `"`
	}
	return encoded
}
