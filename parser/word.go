package parser

import (
	"encoding/base64"
	"strings"
)

// decodeWords decodes the encoded words (RFC 2047) of a header, also those that break its rules:
// with blanks inside, without padding, in charsets unknown.
func decodeWords(text string) string {
	if !strings.Contains(text, "=?") {
		return text
	}
	var out strings.Builder
	var pending encodedBytes
	for text != "" {
		start := strings.Index(text, "=?")
		if start < 0 {
			break
		}
		word, size, ok := nextWord(text[start:])
		if !ok {
			pending.flush(&out)
			out.WriteString(text[:start+2])
			text = text[start+2:]
			continue
		}
		if gap := text[:start]; !pending.used || strings.TrimSpace(gap) != "" {
			pending.flush(&out)
			out.WriteString(gap)
		}
		pending.add(word, &out)
		text = text[start+size:]
	}
	pending.flush(&out)
	out.WriteString(text)
	return out.String()
}

// encodedBytes joins the bytes of adjacent words of one charset before they are decoded, because
// careless mailers cut in the middle of a character.
type encodedBytes struct {
	charset string
	data    []byte
	used    bool
}

func (e *encodedBytes) add(w encodedWord, out *strings.Builder) {
	if e.used && !strings.EqualFold(e.charset, w.charset) {
		e.flush(out)
	}
	e.charset, e.used = w.charset, true
	e.data = append(e.data, w.data...)
}

func (e *encodedBytes) flush(out *strings.Builder) {
	if e.used {
		out.WriteString(wordText(e.data, e.charset))
	}
	*e = encodedBytes{data: e.data[:0]}
}

type encodedWord struct {
	charset string
	data    []byte
}

// maxWord is where the end of an encoded word is looked for: many of them without an end would
// keep us busy. The standard allows 75 bytes.
const maxWord = 8 << 10

// nextWord reads the encoded word at the start of text: =?charset?B|Q?text?=
func nextWord(text string) (w encodedWord, size int, ok bool) {
	rest := text[2:]
	charset, rest, ok := strings.Cut(rest, "?")
	if !ok || charset == "" || strings.ContainsAny(charset, " \t\"<>") || len(rest) < 2 || rest[1] != '?' {
		return w, 0, false
	}
	kind := rest[0] | 0x20
	if kind != 'b' && kind != 'q' {
		return w, 0, false
	}
	rest = rest[2:]
	end := strings.Index(rest[:min(len(rest), maxWord)], "?=")
	if end < 0 {
		return w, 0, false
	}
	// A Q text that begins with a hex pair makes "?=" of "?" and "=XX": the first end counts only
	// when it isn't followed by hex digits and another end.
	if kind == 'q' && end+4 <= min(len(rest), maxWord) && isHex(rest[end+2]) && isHex(rest[end+3]) {
		if next := strings.Index(rest[end+2:min(len(rest), maxWord)], "?="); next >= 0 && !strings.ContainsAny(rest[end+2:end+2+next], " \t") {
			end += 2 + next
		}
	}
	charset, _, _ = strings.Cut(charset, "*") // RFC 2231 adds the language
	w.charset = charset
	if kind == 'b' {
		w.data = wordBase64(rest[:end])
	} else {
		w.data = wordQ(rest[:end])
	}
	return w, len(text) - len(rest) + end + 2, true
}

func wordBase64(text string) []byte {
	data := make([]byte, 0, base64.StdEncoding.DecodedLen(len(text)))
	return appendBase64(data, []byte(text))
}

func wordQ(text string) []byte {
	data := make([]byte, 0, len(text))
	text = strings.TrimSuffix(text, "=")
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '_':
			data = append(data, ' ')
		case c == '=' && i+2 < len(text) && isHex(text[i+1]) && isHex(text[i+2]):
			data = append(data, unhex(text[i+1])<<4|unhex(text[i+2]))
			i += 2
		default:
			data = append(data, c)
		}
	}
	return data
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c&^0x20 - 'A' + 10
}
