package parser

import (
	"bytes"
	"encoding/base64"
	"strings"
)

// decodeTransfer undoes the Content-Transfer-Encoding. Unknown encodings leave the bytes as they are,
// which then are a slice of the raw mail.
func decodeTransfer(body []byte, encoding string) []byte {
	switch encodingName(encoding) {
	case "base64":
		return decodeBase64(body)
	case "quoted-printable":
		return decodeQuotedPrintable(body)
	case "x-uuencode", "uuencode", "x-uue":
		return decodeUU(body)
	}
	return body
}

func encodingName(value string) string {
	value, _, _ = strings.Cut(value, ";")
	return strings.ToLower(strings.Trim(value, " \t\"'"))
}

func decodeBase64(body []byte) []byte {
	out := make([]byte, base64.StdEncoding.DecodedLen(len(body)))
	if n, err := base64.StdEncoding.Decode(out, body); err == nil {
		return out[:n:n]
	}
	return appendBase64(out[:0], body)
}

// appendBase64 decodes what it can: strange characters are skipped, padding may be missing, and
// data may go on behind it.
func appendBase64(out, text []byte) []byte {
	var group uint32
	digits, goesOn := 0, false
	for i, c := range text {
		v := base64Value[c]
		switch {
		case v < 64:
			group = group<<6 | uint32(v)
			if digits++; digits == 4 {
				out = append(out, byte(group>>16), byte(group>>8), byte(group))
				group, digits = 0, 0
			}
		case c == '=' && digits > 0:
			out = appendTail(out, group, digits)
			group, digits = 0, 0
			if goesOn = goesOn || isBase64(text[i+1:]); !goesOn {
				return out // the footer that a mailing list added unencoded
			}
		}
	}
	return appendTail(out, group, digits)
}

func isBase64(text []byte) bool {
	for _, c := range text {
		if base64Value[c] == 64 && c != '=' && c > ' ' {
			return false
		}
	}
	return true
}

func appendTail(out []byte, group uint32, digits int) []byte {
	switch digits {
	case 2:
		return append(out, byte(group>>4))
	case 3:
		return append(out, byte(group>>10), byte(group>>2))
	}
	return out
}

// base64Value has 64 for bytes that are no base64 digit.
var base64Value = func() (table [256]byte) {
	for i := range table {
		table[i] = 64
	}
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	for i := range len(digits) {
		table[digits[i]] = byte(i)
	}
	return table
}()

// decodeQuotedPrintable leaves what is no valid escape as it stands.
func decodeQuotedPrintable(body []byte) []byte {
	out := make([]byte, 0, len(body))
	for len(body) > 0 {
		i := bytes.IndexByte(body, '=')
		if i < 0 {
			return append(out, body...)
		}
		out = append(out, body[:i]...)
		body = body[i:]
		if len(body) >= 3 && isHex(body[1]) && isHex(body[2]) {
			out = append(out, unhex(body[1])<<4|unhex(body[2]))
			body = body[3:]
			continue
		}
		if rest, soft := softBreak(body[1:]); soft {
			body = rest
			continue
		}
		out = append(out, '=')
		body = body[1:]
	}
	return out
}

// softBreak skips blanks and a line end, which "=" in front of them takes back.
func softBreak(text []byte) (rest []byte, ok bool) {
	rest = bytes.TrimLeft(text, " \t")
	switch {
	case len(rest) == 0:
		return nil, true
	case bytes.HasPrefix(rest, []byte("\r\n")):
		return rest[2:], true
	case rest[0] == '\n' || rest[0] == '\r':
		return rest[1:], true
	}
	return text, false
}

// decodeUU decodes the lines between "begin" and "end"; without them the text stays.
func decodeUU(body []byte) []byte {
	lines := newLineReader(body)
	out := make([]byte, 0, len(body)*3/4)
	begun := false
	for {
		line, _, ok := lines.next()
		if !ok || begun && bytes.Equal(line, []byte("end")) {
			break
		}
		if !begun {
			begun = bytes.HasPrefix(line, []byte("begin "))
			continue
		}
		out = appendUULine(out, line)
	}
	if !begun {
		return body
	}
	return out
}

func appendUULine(out, line []byte) []byte {
	if len(line) == 0 {
		return out
	}
	want := int(line[0]-' ') & 63
	line = line[1:]
	for want > 0 && len(line) > 0 {
		var group uint32
		for i := range 4 {
			group <<= 6
			if i < len(line) {
				group |= uint32(line[i]-' ') & 63
			}
		}
		three := []byte{byte(group >> 16), byte(group >> 8), byte(group)}
		n := min(want, 3)
		out = append(out, three[:n]...)
		want -= n
		line = line[min(4, len(line)):]
	}
	return out
}
