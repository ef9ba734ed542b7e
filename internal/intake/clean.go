package intake

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"postroom/internal/desk"
	"postroom/internal/richtext"
)

// clean makes a text one that the database can hold: UTF-8 without NUL.
func clean(text string) string {
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, "\uFFFD")
	}
	return strings.ReplaceAll(text, "\x00", "")
}

// cleanAll is clean for everything in a JSON value.
func cleanAll(value any) any {
	switch v := value.(type) {
	case string:
		return clean(v)
	case []string:
		out := make([]string, len(v))
		for i, text := range v {
			out[i] = clean(text)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = cleanAll(item)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, item := range v {
			out[clean(key)] = cleanAll(item)
		}
		return out
	}
	return value
}

var lineBreaks = strings.NewReplacer("\t", " ", "\r", " ", "\n", " ")

// oneLine makes each tab and line break a blank.
func oneLine(text string) string { return lineBreaks.Replace(text) }

// optional is a text column that may be null, cut to n characters.
func optional(text string, n int) *string {
	if text == "" {
		return nil
	}
	return new(desk.Cut(clean(text), n))
}

var punycode = regexp.MustCompile(`(?i)\bxn--[a-z0-9-]+`)

// readable shows the domains of an address header as their owners write them.
func readable(header string) string {
	if !strings.Contains(strings.ToLower(header), "xn--") {
		return header
	}
	return punycode.ReplaceAllStringFunc(header, func(label string) string {
		if text, err := idna.ToUnicode(strings.ToLower(label)); err == nil {
			return text
		}
		return label
	})
}

// asText is what of a body people read.
func asText(contentType, body string) string {
	if contentType == "text/html" {
		return richtext.PlainText(body)
	}
	return body
}
