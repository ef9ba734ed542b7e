package email

import (
	"bytes"
	"encoding/base64"
	"mime"
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
	if strings.TrimSpace(value) == "" {
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
	if len(words) == 0 || h.err != nil {
		return
	}
	if strings.ContainsAny(strings.Join(words, ""), "\r\n\x00") {
		field := strings.ReplaceAll(strings.ToLower(name), "-", "_")
		h.err = &desk.InvalidError{Field: field, Reason: "Line breaks are not allowed in '" + field + "'."}
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

// encodeText returns text as encoded words where it has to be, else as it is.
func encodeText(text string) string {
	encoded := mime.QEncoding.Encode("UTF-8", text)
	if encoded != text {
		return encoded
	}
	long := false
	for word := range strings.SplitSeq(text, " ") {
		long = long || len(word) > wordLength
	}
	if !long && !strings.Contains(text, "=?") {
		return text
	}
	return encodeASCII(text)
}

// encodeASCII encodes text that the standard library would leave alone.
func encodeASCII(text string) string {
	const piece = 42 // bytes, which base64 makes 56 characters
	var words []string
	for len(text) > 0 {
		cut := min(piece, len(text))
		for cut > 1 && cut < len(text) && !utf8.RuneStart(text[cut]) {
			cut--
		}
		words = append(words, "=?UTF-8?B?"+base64.StdEncoding.EncodeToString([]byte(text[:cut]))+"?=")
		text = text[cut:]
	}
	return strings.Join(words, " ")
}

// encodePhrase returns the name of an address as a header has it.
func encodePhrase(name string) string {
	name = strings.TrimSpace(name)
	switch {
	case name == "":
		return ""
	case !isASCII(name) || strings.Contains(name, "=?"):
		if encoded := mime.QEncoding.Encode("UTF-8", name); encoded != name {
			return encoded
		}
		return encodeASCII(name)
	case strings.ContainsAny(name, "()<>[]:;@\\,.\"\t"):
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name) + `"`
	}
	return name
}
