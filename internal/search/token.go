package search

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

type kind int

const (
	word kind = iota + 1
	phrase
	name // what stands before a colon
	span // a range: [1 TO 5}
	opening
	closing
	and
	or
	not
)

// token is a piece of what was typed.
type token struct {
	kind  kind
	text  string // without quotes; escapes are still in it
	raw   string // as typed
	glued bool   // nothing is between it and the token before
}

// leading are the characters before a word that mean something.
const leading = "+-!"

// tokens takes a text apart.
func tokens(text string) []token {
	var all []token
	glued := false
	for text != "" {
		r, size := utf8.DecodeRuneInString(text)
		if unicode.IsSpace(r) {
			text, glued = text[size:], false
			continue
		}
		t, rest := first(text, len(all) > 0 && all[len(all)-1].kind == name && glued)
		if t.kind != 0 {
			t.glued = glued
			all = append(all, t)
		}
		text, glued = rest, true
	}
	return all
}

var (
	fieldName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*(\.[a-zA-Z_][a-zA-Z0-9_]*){0,2}:`)
	rangeText = regexp.MustCompile(`^[\[{]\s*(\S+)\s+TO\s+(\S+?)\s*[\]}]`)
	weight    = regexp.MustCompile(`^(\^[0-9.]+|~[0-9.]*)`)
)

// first takes one token off a text that does not begin with a blank. value says that it is what
// stands behind a colon.
func first(text string, value bool) (token, string) {
	switch {
	case text[0] == '(':
		return token{kind: opening, raw: "("}, text[1:]
	case text[0] == ')':
		return token{kind: closing, raw: ")"}, trimWeight(text[1:])
	case text[0] == '"':
		return quoted(text)
	case strings.HasPrefix(text, "&&"), strings.HasPrefix(text, "||"):
		return token{kind: map[byte]kind{'&': and, '|': or}[text[0]], raw: text[:2]}, text[2:]
	case !value && strings.ContainsRune(leading, rune(text[0])) && !blankAt(text, 1):
		if text[0] == '+' { // every word must be found anyway
			return token{}, text[1:]
		}
		return token{kind: not, raw: text[:1]}, text[1:]
	}
	if found := fieldName.FindString(text); found != "" && !value {
		return token{kind: name, text: strings.TrimSuffix(found, ":"), raw: found}, text[len(found):]
	}
	if found := rangeText.FindString(text); found != "" && value {
		return token{kind: span, text: found, raw: found}, text[len(found):]
	}
	return bare(text)
}

func blankAt(text string, i int) bool {
	r, _ := utf8.DecodeRuneInString(text[i:])
	return r == utf8.RuneError || unicode.IsSpace(r)
}

// quoted takes off what is in quotes. Without the second one, everything is.
func quoted(text string) (token, string) {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return token{kind: phrase, text: text[1:i], raw: text[:i+1]}, trimWeight(text[i+1:])
		}
	}
	return token{kind: phrase, text: text[1:], raw: text}, ""
}

// trimWeight drops how much a term matters and how exact it has to be: there is one order here.
func trimWeight(text string) string { return text[len(weight.FindString(text)):] }

var keywords = map[string]kind{"AND": and, "OR": or, "NOT": not}

// bare takes off a word. It may hold anything but blanks, quotes and round brackets.
func bare(text string) (token, string) {
	end := len(text)
	escaped := false
	for i, r := range text {
		if !escaped && (unicode.IsSpace(r) || r == '(' || r == ')' || r == '"' && i > 0) {
			end = i
			break
		}
		escaped = r == '\\' && !escaped
	}
	typed, rest := text[:end], text[end:]
	if keyword, known := keywords[typed]; known {
		return token{kind: keyword, raw: typed}, rest
	}
	plain := typed
	if i := strings.LastIndexAny(typed, "^~"); i > 0 && weight.FindString(typed[i:]) == typed[i:] {
		plain = typed[:i]
	}
	return token{kind: word, text: plain, raw: typed}, rest
}
