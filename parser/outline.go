package parser

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// Bounds that no honest mail meets; beyond them the rest of a mail is the body of its last part.
const (
	maxMultiparts = 64
	maxParts      = 10_000
	maxOutline    = 1 << 20 // bytes
)

// outline is a mail without its bodies, for enmime to find the structure in.
//
// enmime copies a mail byte by byte, once a level of nesting. Handing it only delimiters, media
// types and a number in the place of each body keeps big attachments out of its way, bounds its
// time and memory for any input, and leaves the bodies as slices of the raw mail.
type outline struct {
	text   bytes.Buffer
	parts  []span
	bounds map[string]int // boundary to the number it has in text
}

// span is where one part lies in the raw mail.
type span struct {
	head   []field
	media  mediaType
	body   []byte // still transfer-encoded, without the line break before the delimiter
	isRoot bool
}

// newOutline reads a mail whose header has been taken off already.
func newOutline(head []field, body []byte) *outline {
	o := &outline{bounds: map[string]int{}}
	root := o.open(head)
	root.isRoot = true
	if len(o.bounds) == 0 {
		root.body = body
		fmt.Fprintf(&o.text, "0\r\n")
		return o
	}
	o.walk(body)
	return o
}

// open starts a part: its media type goes into the outline, a boundary is remembered.
func (o *outline) open(head []field) *span {
	part := span{head: head, media: parseMedia(lastValue(head, "content-type"), "text/plain")}
	boundary := part.media.params["boundary"]
	switch {
	case !strings.HasPrefix(part.media.name, "multipart/"):
		o.text.WriteString("Content-Type: application/octet-stream\r\n\r\n")
	case boundary == "" || len(o.bounds) >= maxMultiparts:
		o.text.WriteString("Content-Type: application/octet-stream\r\n\r\n")
	default:
		number, known := o.bounds[boundary]
		if !known {
			number = len(o.bounds) + 1
			o.bounds[boundary] = number
		}
		fmt.Fprintf(&o.text, "Content-Type: multipart/mixed; boundary=b%d\r\n", number)
		fmt.Fprintf(&o.text, "X-Part: %d\r\n\r\n", len(o.parts))
	}
	o.parts = append(o.parts, part)
	return &o.parts[len(o.parts)-1]
}

// walk goes through the lines of a multipart body and notes delimiters, headers and bodies.
func (o *outline) walk(body []byte) {
	lines := newLineReader(body)
	start, current := 0, 0 // of the body that is being read, and its part
	for {
		line, begin, ok := lines.next()
		if !ok {
			break
		}
		number, final, hit := o.delimiter(line)
		if !hit || o.full() {
			continue
		}
		o.close(current, trimLineEnd(body[start:begin]))
		if final {
			fmt.Fprintf(&o.text, "--b%d--\r\n", number)
			start, current = lines.pos, -1 // what follows is an epilogue
			continue
		}
		fmt.Fprintf(&o.text, "--b%d\r\n", number)
		head, size := readHeader(body[lines.pos:], false)
		lines.pos += size
		start, current = lines.pos, len(o.parts)
		o.open(head)
	}
	o.close(current, body[start:])
}

// close ends the body of a part; -1 is text between parts, which nobody sees.
func (o *outline) close(part int, body []byte) {
	if part < 0 {
		return
	}
	o.parts[part].body = body
	fmt.Fprintf(&o.text, "%d\r\n", part)
}

func (o *outline) full() bool {
	return len(o.parts) >= maxParts || o.text.Len() >= maxOutline
}

// delimiter reports whether a line is one, of which boundary, and whether it is the last.
func (o *outline) delimiter(line []byte) (number int, final, hit bool) {
	if len(line) < 3 || line[0] != '-' || line[1] != '-' {
		return 0, false, false
	}
	line = bytes.TrimRight(line[2:], " \t")
	if number, hit = o.bounds[string(line)]; hit {
		return number, false, true
	}
	if inner, closing := bytes.CutSuffix(line, []byte("--")); closing {
		number, hit = o.bounds[string(inner)]
	}
	return number, hit, hit
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
