package parser

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Bounds that no honest mail meets; beyond them the rest of a mail is the body of its last part.
const (
	maxDepth   = 30 // of multiparts
	maxParts   = 5_000
	maxOutline = 1 << 20 // bytes
	maxHeads   = 8 << 20 // bytes of all parts' headers
)

// outline is a mail without its bodies, for enmime to find the structure in.
//
// enmime copies a mail byte by byte, once a level of nesting, and takes exponential time where
// nested multiparts are not closed. Handing it only delimiters, all of them closed, and a number in
// the place of each body keeps big attachments out of its way, bounds its time and memory for any
// input, and leaves the bodies as slices of the raw mail.
type outline struct {
	text  bytes.Buffer
	parts []span
	open  []multipart // outermost first
	heads int         // bytes of the headers read
}

// span is where one part lies in the raw mail.
type span struct {
	head  []field
	media mediaType
	body  []byte // still transfer-encoded, without the line break before the delimiter
}

// multipart is one whose end has not come yet.
type multipart struct {
	boundary string
	part     int // its index, which makes its name in the outline
}

// newOutline reads a mail whose header has been taken off already.
func newOutline(head []field, body []byte) *outline {
	o := &outline{}
	o.start(head)
	if len(o.open) == 0 {
		o.end(0, body)
		return o
	}
	o.walk(body)
	for len(o.open) > 0 {
		o.pop()
	}
	return o
}

// start notes the header of a part.
func (o *outline) start(head []field) {
	part := span{head: head, media: parseMedia(lastValue(head, "content-type"), "text/plain")}
	boundary := strings.TrimRight(part.media.params["boundary"], " \t")
	if strings.HasPrefix(part.media.name, "multipart/") && boundary != "" && len(o.open) < maxDepth {
		n := len(o.parts)
		o.open = append(o.open, multipart{boundary, n})
		fmt.Fprintf(&o.text, "Content-Type: multipart/mixed; boundary=b%d\r\nX-Part: %d\r\n", n, n)
	} else {
		o.text.WriteString("Content-Type: application/octet-stream\r\n")
	}
	o.text.WriteString("\r\n")
	o.parts = append(o.parts, part)
}

// walk goes through the lines of a multipart body and notes delimiters, headers and bodies.
func (o *outline) walk(body []byte) {
	lines := newLineReader(body)
	start, current := 0, 0 // of the body that is being read, and its part; -1: text between parts
	for {
		line, begin, ok := lines.next()
		if !ok {
			break
		}
		level, final, hit := o.delimiter(line)
		if !hit || o.isFull() {
			continue
		}
		o.end(current, trimLineEnd(body[start:begin]))
		for len(o.open) > level+1 { // an outer delimiter ends what is open inside
			o.pop()
		}
		start, current = lines.pos, -1
		if final {
			// Not closed yet: careless mailers go on behind the end. But where two nested ones
			// have the same boundary, only the inner one has ended.
			if level > 0 && slices.ContainsFunc(o.open[:level], func(m multipart) bool { return m.boundary == o.open[level].boundary }) {
				o.pop()
			}
			continue
		}
		fmt.Fprintf(&o.text, "--b%d\r\n", o.open[level].part)
		head, size := readHeaderUpTo(min(maxHeads-o.heads, maxHeaderBytes), body[lines.pos:], true)
		o.heads = min(o.heads+size, maxHeads)
		lines.pos += size
		start, current = lines.pos, len(o.parts)
		o.start(head)
	}
	o.end(current, body[start:])
}

// end notes the body of a part.
func (o *outline) end(part int, body []byte) {
	if part >= 0 {
		o.parts[part].body = body
		fmt.Fprintf(&o.text, "%d\r\n", part)
	}
}

// pop closes the innermost multipart.
func (o *outline) pop() {
	last := len(o.open) - 1
	fmt.Fprintf(&o.text, "--b%d--\r\n", o.open[last].part)
	o.open = o.open[:last]
}

func (o *outline) isFull() bool {
	return len(o.parts) >= maxParts || o.text.Len() >= maxOutline
}

// delimiter reports whether a line is one, of which open multipart, and whether it is the last.
func (o *outline) delimiter(line []byte) (level int, final, hit bool) {
	if len(line) < 3 || line[0] != '-' || line[1] != '-' {
		return 0, false, false
	}
	line = bytes.TrimRight(line[2:], " \t")
	for level := len(o.open) - 1; level >= 0; level-- {
		rest, found := bytes.CutPrefix(line, []byte(o.open[level].boundary))
		if found && (len(rest) == 0 || string(rest) == "--") {
			return level, len(rest) > 0, true
		}
	}
	return 0, false, false
}

// part returns the span that a leaf of enmime's tree stands for.
func (o *outline) part(content []byte) (*span, bool) {
	n, err := strconv.Atoi(string(bytes.TrimSpace(content)))
	if err != nil || n < 0 || n >= len(o.parts) {
		return nil, false
	}
	return &o.parts[n], true
}

// lineReader hands out lines that end with CRLF, LF or CR alone.
type lineReader struct {
	data   []byte
	pos    int
	nextLF int // where the line feed behind pos is; searched again only when passed
}

func newLineReader(data []byte) lineReader {
	return lineReader{data: data, nextLF: -1}
}

// next returns the next line without its end, and where it begins.
func (r *lineReader) next() (line []byte, begin int, ok bool) {
	if r.pos >= len(r.data) {
		return nil, r.pos, false
	}
	begin = r.pos
	if r.nextLF < begin {
		r.nextLF = len(r.data)
		if i := bytes.IndexByte(r.data[begin:], '\n'); i >= 0 {
			r.nextLF = begin + i
		}
	}
	end := r.nextLF
	if i := bytes.IndexByte(r.data[begin:end], '\r'); i >= 0 {
		end = begin + i
		r.pos = end + 1
		if r.pos < len(r.data) && r.data[r.pos] == '\n' {
			r.pos++
		}
		return r.data[begin:end], begin, true
	}
	r.pos = min(end+1, len(r.data))
	return r.data[begin:end], begin, true
}

// trimLineEnd takes off one line end, which belongs to the delimiter that follows.
func trimLineEnd(b []byte) []byte {
	b = bytes.TrimSuffix(b, []byte("\n"))
	return bytes.TrimSuffix(b, []byte("\r"))
}
