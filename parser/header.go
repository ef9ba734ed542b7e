package parser

import (
	"bufio"
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"strings"
	"unicode/utf8"
)

// Bounds that no honest mail meets: ten thousand recipients take one megabyte.
const (
	maxFields      = 1000
	maxFieldBytes  = 2 << 20
	maxHeaderBytes = 4 << 20
	maxIDBytes     = 256 << 10 // of Message-ID, In-Reply-To, References: the last ones count
)

// field is one header line as it was written, unfolded but not decoded.
type field struct {
	name  string // in its original spelling
	value string
}

// readHeader reads a header block and returns its size with the empty line that ends it. Lines that
// are no header are dropped, unless a part begins with one: then the part has no header at all.
func readHeader(data []byte, isPart bool) (fields []field, size int) {
	return readHeaderUpTo(maxHeaderBytes, data, isPart)
}

// readHeaderUpTo passes over the fields that begin behind so many bytes.
func readHeaderUpTo(limit int, data []byte, isPart bool) (fields []field, size int) {
	lines := newLineReader(data)
	var name string
	var value []byte
	folded := false
	flush := func() {
		if name != "" && len(fields) < maxFields {
			fields = append(fields, field{name, string(bytes.Trim(value, " \t"))})
		}
		name, value, folded = "", nil, false
	}
	for first := true; ; first = false {
		line, begin, ok := lines.next()
		if !ok || isBlank(line) {
			break
		}
		if line[0] == ' ' || line[0] == '\t' {
			if name != "" && begin < limit && len(value)+len(line) <= maxFieldBytes {
				value = append(ownCopy(value, folded), line...)
				folded = true
			}
			continue
		}
		key, rest, isHeader := splitField(line)
		if first && isPart && !isHeader {
			return nil, 0
		}
		flush()
		if isHeader && begin < limit {
			name, value = key, rest[:min(len(rest), maxFieldBytes)]
		}
	}
	flush()
	return fields, lines.pos
}

// ownCopy makes sure that appending doesn't write into the raw mail.
func ownCopy(b []byte, owned bool) []byte {
	if owned {
		return b
	}
	return append(make([]byte, 0, len(b)+128), b...)
}

func splitField(line []byte) (name string, value []byte, ok bool) {
	colon := bytes.IndexByte(line, ':')
	if colon <= 0 {
		return "", nil, false
	}
	key := bytes.TrimRight(line[:colon], " \t")
	for _, c := range key {
		if c <= ' ' || c > '~' {
			return "", nil, false
		}
	}
	return string(key), line[colon+1:], true
}

func isBlank(line []byte) bool {
	for _, c := range line {
		if c != ' ' && c != '\t' {
			return false
		}
	}
	return true
}

// skipMboxLine takes off the line that mbox files have in front of a mail.
func skipMboxLine(raw []byte) []byte {
	if !bytes.HasPrefix(raw, []byte("From ")) {
		return raw
	}
	lines := newLineReader(raw)
	lines.next()
	return raw[lines.pos:]
}

// lastValue returns the last field of a name, undecoded.
func lastValue(fields []field, name string) string {
	for i := len(fields) - 1; i >= 0; i-- {
		if strings.EqualFold(fields[i].name, name) {
			return fields[i].value
		}
	}
	return ""
}

// decodeHeader decodes encoded words and 8-bit text.
func decodeHeader(value string) string {
	if !isASCII(value) {
		value = eightBitHeader(value)
	}
	return decodeWords(value)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// MessageID returns the Message-ID that Parse would give, reading no more than it must.
func MessageID(raw []byte) string {
	fields, _ := readHeader(skipMboxLine(raw), false)
	if id := withoutNUL(decodeField("message-id", lastValue(fields, "message-id"))); id != "" {
		return id
	}
	return generatedID(raw)
}

// generatedID is the same for the same mail, so that a second import is recognised.
func generatedID(raw []byte) string {
	sum := md5.New()
	out := bufio.NewWriterSize(sum, 32<<10)
	lines := newLineReader(raw)
	crlf := []byte("\r\n")
	for {
		line, begin, ok := lines.next()
		if !ok {
			break
		}
		_, _ = out.Write(line) // a hash can't fail
		if begin+len(line) < len(raw) {
			_, _ = out.Write(crlf)
		}
	}
	_ = out.Flush()
	return "<gen-" + hex.EncodeToString(sum.Sum(nil)) + "@zammad_generated>"
}

// splitIDs finds the <id> items of a Message-ID, In-Reply-To or References header.
func splitIDs(text string) []string {
	text = text[max(len(text)-maxIDBytes, 0):]
	var ids []string
	for {
		open := strings.IndexByte(text, '<')
		if open < 0 {
			return ids
		}
		end := strings.IndexByte(text[open:], '>')
		if end < 0 {
			return ids
		}
		id := strings.Join(strings.Fields(text[open:open+end+1]), "")
		if len(id) > 2 {
			ids = append(ids, id)
		}
		text = text[open+end+1:]
	}
}

// joinIDs normalises such a header; without a bracketed id its text stays.
func joinIDs(text string) string {
	if ids := splitIDs(text); len(ids) > 0 {
		return strings.Join(ids, " ")
	}
	return strings.TrimSpace(text[:min(len(text), maxIDBytes)])
}
