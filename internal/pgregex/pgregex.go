// Package pgregex understands regular expressions as PostgreSQL does.
//
// An expression in PostgreSQL's words comes in, one of Go's leaves that finds the same in the same
// texts, whatever their case. It asks no database.
package pgregex

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxPattern bounds regular expressions, in bytes.
const maxPattern = 1000

// Compile makes of a regular expression of PostgreSQL one of Go's. What Go has no word for, such as
// looking ahead, and what the two read in different ways, is refused.
func Compile(pattern string) (*regexp.Regexp, bool) {
	if len(pattern) > maxPattern || strings.HasPrefix(pattern, "***") {
		return nil, false
	}
	t := translator{left: pattern}
	t.out.WriteString("(?is)")
	t.left = strings.TrimPrefix(t.left, "(?i)")
	for t.left != "" {
		if !t.step() {
			return nil, false
		}
	}
	compiled, err := regexp.Compile(t.out.String())
	return compiled, err == nil
}

type translator struct {
	left       string
	out        strings.Builder
	constraint bool // what was just read matches no character: nothing can repeat it
}

// take removes the next so many bytes.
func (t *translator) take(n int) string {
	taken := t.left[:n]
	t.left = t.left[n:]
	return taken
}

func (t *translator) write(text string, constraint bool) bool {
	t.out.WriteString(text)
	t.constraint = constraint
	return true
}

func (t *translator) step() bool {
	switch c := t.left[0]; c {
	case '\\':
		return t.escape()
	case '[':
		return t.bracket()
	case '{':
		return t.bounds()
	case '*', '+', '?':
		return !t.constraint && t.write(t.take(1), false)
	case '^', '$', '|':
		return t.write(t.take(1), true)
	case '(':
		if strings.HasPrefix(t.left, "(?") && !strings.HasPrefix(t.left, "(?:") {
			return false
		}
		if strings.HasPrefix(t.left, "(?:") {
			return t.write(t.take(3), true)
		}
		return t.write(t.take(1), true)
	}
	_, size := utf8.DecodeRuneInString(t.left)
	return t.write(t.take(size), false)
}

// classes are the escapes for kinds of characters, as parts of a bracket expression.
var classes = map[byte]string{'d': `0-9`, 's': `\s\v`, 'w': `\pL\pN_`}

var (
	constraints = map[byte]string{'A': `\A`, 'Z': `\z`, 'm': `\b`, 'M': `\b`, 'y': `\b`, 'Y': `\B`}
	letters     = map[byte]string{
		'a': `\x07`, 'b': `\x08`, 'B': `\\`, 'e': `\x1b`, 'f': `\f`, 'n': `\n`, 'r': `\r`, 't': `\t`, 'v': `\v`,
	}
)

func (t *translator) escape() bool {
	if len(t.left) < 2 {
		return false
	}
	t.take(1)
	c := t.left[0]
	if constraint, ok := constraints[c]; ok {
		t.take(1)
		return t.write(constraint, true)
	}
	if class, ok := classes[c|0x20]; ok && c != c|0x20 {
		t.take(1)
		return t.write("[^"+class+"]", false)
	}
	if class, ok := classes[c]; ok {
		t.take(1)
		return t.write("["+class+"]", false)
	}
	return t.literal()
}

// literal reads what follows a backslash and stands for one character.
func (t *translator) literal() bool {
	r, size := utf8.DecodeRuneInString(t.left)
	t.take(size)
	if r < utf8.RuneSelf {
		if letter, ok := letters[byte(r)]; ok {
			return t.write(letter, false)
		}
		if isWord(byte(r)) { // a reference back, or a word that one of the two doesn't know
			return false
		}
	}
	return t.write(regexp.QuoteMeta(string(r)), false)
}

func isWord(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

var bounds = regexp.MustCompile(`^\{(\d{1,3})(,(\d{0,3}))?\}`)

func (t *translator) bounds() bool {
	if len(t.left) == 1 || t.left[1] < '0' || t.left[1] > '9' {
		t.take(1)
		return t.write(`\{`, false)
	}
	found := bounds.FindStringSubmatch(t.left)
	if found == nil || t.constraint {
		return false
	}
	for _, bound := range []string{found[1], found[3]} {
		if n, _ := strconv.Atoi(bound); n > 255 {
			return false
		}
	}
	return t.write(t.take(len(found[0])), false)
}

// named are the classes with names that PostgreSQL takes for more than ASCII. Upper and lower case
// are the same, as case is ignored.
var named = map[string]string{
	"alpha": `\pL`, "alnum": `\pL\pN`, "upper": `\pL`, "lower": `\pL`, "digit": `0-9`, "space": `\s\v`,
	"blank": ` \t`, "punct": `[:punct:]`, "xdigit": `[:xdigit:]`, "cntrl": `[:cntrl:]`,
}

func (t *translator) bracket() bool {
	t.write(t.take(1), false)
	if strings.HasPrefix(t.left, "^") {
		t.write(t.take(1), false)
	}
	for first := true; t.left != ""; first = false {
		switch c := t.left[0]; {
		case c == ']' && !first:
			return t.write(t.take(1), false)
		case c == '\\':
			if !t.escapeInBracket() {
				return false
			}
		case c == '[':
			if !t.named() {
				return false
			}
		case c == ']':
			t.take(1)
			t.write(`\]`, false)
		default:
			_, size := utf8.DecodeRuneInString(t.left)
			t.write(t.take(size), false)
		}
	}
	return false
}

func (t *translator) escapeInBracket() bool {
	t.take(1)
	if t.left == "" {
		return false
	}
	if class, ok := classes[t.left[0]]; ok {
		t.take(1)
		return t.write(class, false)
	}
	if _, constraint := constraints[t.left[0]]; constraint {
		return false
	}
	return t.literal()
}

func (t *translator) named() bool {
	if len(t.left) > 1 && strings.ContainsRune(".=", rune(t.left[1])) {
		return false
	}
	name, rest, found := strings.Cut(strings.TrimPrefix(t.left, "[:"), ":]")
	if !strings.HasPrefix(t.left, "[:") {
		t.take(1)
		return t.write(`\[`, false)
	}
	class, known := named[name]
	if !found || !known {
		return false
	}
	t.left = rest
	return t.write(class, false)
}
