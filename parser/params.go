package parser

import (
	"net/url"
	"sort"
	"strconv"
	"strings"
)

// mediaType is a Content-Type or Content-Disposition: a name and parameters, read from whatever
// mailers write there.
type mediaType struct {
	name   string // lower case; of a Content-Type always kind/subkind
	params map[string]string
}

// parseMedia reads a Content-Type; what is none becomes the fallback.
func parseMedia(value, fallback string) mediaType {
	m := parseParams(value)
	m.name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, m.name)
	kind, sub, ok := strings.Cut(m.name, "/")
	if !ok || kind == "" || sub == "" || !isASCII(m.name) || strings.ContainsAny(m.name, " <>@,\"()") {
		m.name = fallback
	}
	return m
}

// parseParams splits "name; key=value; key*=charset'language'value; key*0=…".
func parseParams(value string) mediaType {
	first, rest, _ := strings.Cut(value, ";")
	first = strings.TrimSpace(stripComment(first))
	m := mediaType{name: strings.ToLower(first), params: map[string]string{}}
	if key, _, isPair := strings.Cut(m.name, "="); isPair && !strings.ContainsAny(key, " /") {
		m.name, rest = "", value // the name is missing: Content-Type: charset=utf-8
	} else if blank := strings.IndexAny(first, " \t"); blank > 0 && strings.Contains(first[blank:], "=") {
		m.name, rest = strings.ToLower(first[:blank]), first[blank:]+";"+rest // a forgotten semicolon
	}
	var pieces map[string][]piece
	for len(m.params)+len(pieces) < 100 {
		key, text, more, ok := nextParam(rest)
		if !ok {
			break
		}
		rest = more
		base, index, encoded := splitKey(key)
		if index < 0 && !encoded {
			if _, repeated := m.params[base]; !repeated {
				m.params[base] = text
			}
			continue
		}
		if pieces == nil {
			pieces = map[string][]piece{}
		}
		if len(pieces[base]) < 100 {
			pieces[base] = append(pieces[base], piece{max(index, 0), text, encoded})
		}
	}
	for base, list := range pieces {
		m.params[base] = joinPieces(list)
	}
	return m
}

// nextParam reads one key=value; keys without a value are passed over.
func nextParam(text string) (key, value, rest string, ok bool) {
	for {
		text = strings.TrimLeft(text, "; \t\r\n")
		if text == "" {
			return "", "", "", false
		}
		end := strings.IndexAny(text, "=;")
		if end < 0 {
			return "", "", "", false
		}
		if text[end] == ';' {
			text = text[end:]
			continue
		}
		key = strings.ToLower(strings.TrimSpace(text[:end]))
		text = strings.TrimLeft(text[end+1:], " \t\r\n")
		if strings.HasPrefix(text, `"`) {
			value, rest = quotedValue(text[1:])
			return key, value, rest, true
		}
		if value, rest, ok = apostrophes(text); ok && !strings.HasSuffix(key, "*") {
			return key, value, rest, true
		}
		value, rest, _ = strings.Cut(text, ";")
		return key, strings.TrimSpace(stripComment(value)), rest, true
	}
}

// apostrophes reads a value in single quotes, which some mailers take for quotes.
func apostrophes(text string) (value, rest string, ok bool) {
	if text == "" || text[0] != '\'' {
		return "", "", false
	}
	value, rest, closed := strings.Cut(text[1:], "'")
	rest = strings.TrimLeft(rest, " \t")
	return value, strings.TrimPrefix(rest, ";"), closed && value != "" && (rest == "" || rest[0] == ';')
}

// quotedValue reads up to the closing quote, or to the next semicolon if there is none.
func quotedValue(text string) (value, rest string) {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			_, rest, _ = strings.Cut(text[i+1:], ";")
			return unescape(text[:i]), rest
		}
	}
	value, rest, _ = strings.Cut(text, ";")
	return strings.TrimSpace(value), rest
}

func stripComment(text string) string {
	if open := strings.IndexByte(text, '('); open > 0 && strings.HasSuffix(strings.TrimSpace(text), ")") && text[open-1] == ' ' {
		return text[:open]
	}
	return text
}

// piece is a part of an RFC 2231 parameter.
type piece struct {
	index   int
	text    string
	encoded bool
}

// splitKey takes name*1* apart; index is -1 for a key without a number.
func splitKey(key string) (base string, index int, encoded bool) {
	key, encoded = strings.CutSuffix(key, "*")
	base, number, numbered := strings.Cut(key, "*")
	if !numbered {
		return base, -1, encoded
	}
	n, err := strconv.Atoi(number)
	if err != nil || n < 0 {
		return base, -1, encoded
	}
	return base, n, encoded
}

func joinPieces(list []piece) string {
	sort.SliceStable(list, func(i, j int) bool { return list[i].index < list[j].index })
	var data []byte
	charset := ""
	for i, p := range list {
		text := p.text
		if i == 0 && p.encoded {
			if parts := strings.SplitN(text, "'", 3); len(parts) == 3 {
				charset, text = parts[0], parts[2]
			}
		}
		if p.encoded {
			if plain, err := url.PathUnescape(text); err == nil {
				text = plain
			}
		}
		data = append(data, text...)
	}
	if charset == "" {
		return string(data)
	}
	return wordText(data, charset)
}

// String writes the parameters sorted, in quotes only where they need them.
func (m mediaType) String() string {
	keys := make([]string, 0, len(m.params))
	for key := range m.params {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	var b strings.Builder
	b.WriteString(m.name)
	for _, key := range keys {
		value := decodeHeader(m.params[key])
		if value == "" || strings.ContainsAny(value, "()<>@,;:\\\"/[]?= \t") {
			value = quote(value)
		}
		b.WriteString("; " + key + "=" + value)
	}
	return b.String()
}
