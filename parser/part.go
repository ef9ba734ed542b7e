package parser

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/jhillyerd/enmime/v2"
)

// part is a node of the MIME tree.
type part struct {
	*span
	disposition mediaType
	children    []*part
	decoded     []byte
	isDecoded   bool
}

// structure reads outlines: nothing in them has to be decoded or guessed.
var structure = enmime.NewParser(enmime.RawContent(true), enmime.SkipMalformedParts(true), enmime.MaxStoredPartErrors(1))

// readParts finds the parts of a mail.
func readParts(head []field, body []byte) (*part, error) {
	root, err := readTree(newOutline(head, body))
	if err != nil || len(root.children) > 0 || !root.isMultipart() || isBlankText(body) {
		return root, err
	}
	// A multipart without parts: the boundary is missing or wrong, or it's plain text after all.
	if boundary := guessBoundary(body); boundary != "" {
		return readTree(newOutline(withBoundary(head, boundary), body))
	}
	root.media = mediaType{name: "text/plain", params: root.media.params}
	return root, nil
}

func readTree(o *outline) (*part, error) {
	tree, err := structure.ReadParts(bytes.NewReader(o.text.Bytes()))
	if err != nil {
		return nil, err
	}
	root := newPart(&o.parts[0])
	root.adopt(tree, o)
	return root, nil
}

// adopt adds what enmime found below a node.
func (p *part) adopt(node *enmime.Part, o *outline) {
	for child := node.FirstChild; child != nil; child = child.NextSibling {
		reference := child.Content
		if child.Boundary != "" {
			reference = []byte(child.Header.Get("X-Part"))
		}
		span, ok := o.part(reference)
		if !ok {
			continue
		}
		sub := newPart(span)
		sub.adopt(child, o)
		if sub.isMultipart() && len(sub.children) == 0 && !isBlankText(sub.body) {
			sub.media = mediaType{name: "text/plain"} // wrong or too deep: its text is better than nothing
		}
		p.children = append(p.children, sub)
	}
}

func newPart(s *span) *part {
	return &part{span: s, disposition: parseParams(s.value("content-disposition"))}
}

func (s *span) value(name string) string { return lastValue(s.head, name) }

func (p *part) isMultipart() bool { return strings.HasPrefix(p.media.name, "multipart/") }

// isContainer tells a multipart with parts from one that has none to descend into.
func (p *part) isContainer() bool { return len(p.children) > 0 || p.isMultipart() }

// leaves are all parts that have content, depth first.
func (p *part) leaves() []*part {
	if !p.isContainer() {
		return []*part{p}
	}
	var all []*part
	for _, child := range p.children {
		all = append(all, child.leaves()...)
	}
	return all
}

// isNamed: a part with a file name is an attachment, whatever its disposition says.
func (p *part) isNamed() bool {
	return p.disposition.params["filename"] != "" || p.disposition.params["name"] != "" ||
		p.media.params["name"] != "" || strings.TrimSpace(p.value("content-location")) != ""
}

func (p *part) isInlineImage() bool {
	return p.disposition.name == "inline" && strings.HasPrefix(p.media.name, "image/")
}

// data is the body without its transfer encoding.
func (p *part) data() []byte {
	if !p.isDecoded {
		p.decoded, p.isDecoded = decodeTransfer(p.body, p.value("content-transfer-encoding")), true
	}
	return p.decoded
}

// maxText is how much of a text is read, in bytes. Of a body 1,500,000 characters are stored: what
// is behind them takes neither memory nor time. The mail itself has it all.
const maxText = 6 << 20

// text is the body as UTF-8 with LF line ends.
func (p *part) text() string {
	data, charset := beginning(p.data(), maxText), p.media.params["charset"]
	if charset == "" && p.media.name == "text/html" {
		charset = metaCharset(data)
	}
	return lineFeeds(bodyText(data, charset))
}

// beginning cuts a text of an unknown charset where no character should be: behind a line, or else
// before the first byte of a UTF-8 sequence.
func beginning(data []byte, limit int) []byte {
	if len(data) <= limit {
		return data
	}
	data = data[:limit]
	if end := bytes.LastIndexByte(data, '\n'); end > limit-limit/16 {
		return data[:end+1]
	}
	for i := range utf8.UTFMax {
		if c := data[limit-1-i]; utf8.RuneStart(c) {
			if !utf8.FullRune(data[limit-1-i:]) {
				return data[:limit-1-i]
			}
			break
		}
	}
	return data
}

func lineFeeds(text string) string {
	if strings.IndexByte(text, '\r') < 0 {
		return text
	}
	text = strings.ReplaceAll(text, "\r\n", "\n")
	if strings.IndexByte(text, '\r') < 0 {
		return text
	}
	return strings.ReplaceAll(text, "\r", "\n")
}

// contentID is the Content-ID without brackets.
func (p *part) contentID() string {
	id := strings.TrimSpace(decodeHeader(p.value("content-id")))
	return withoutNUL(strings.TrimSuffix(strings.TrimPrefix(id, "<"), ">"))
}

func isBlankText(b []byte) bool { return len(bytes.TrimSpace(b)) == 0 }

// guessBoundary looks for a line of dashes that is followed by a part's header.
func guessBoundary(body []byte) string {
	lines := newLineReader(body)
	last := ""
	for range 10_000 {
		line, _, ok := lines.next()
		if !ok {
			break
		}
		if last != "" && len(line) > 8 && bytes.EqualFold(line[:8], []byte("content-")) {
			return last
		}
		last = ""
		if len(line) > 2 && line[0] == '-' && line[1] == '-' && !bytes.ContainsAny(line, " \t") {
			last = string(line[2:])
		}
	}
	return ""
}

// withBoundary repairs the Content-Type, keeping all other fields.
func withBoundary(head []field, boundary string) []field {
	fixed := append([]field(nil), head...)
	media := parseMedia(lastValue(head, "content-type"), "multipart/mixed")
	return append(fixed, field{"Content-Type", media.name + "; boundary=" + quote(boundary)})
}
