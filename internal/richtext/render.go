package richtext

import (
	"math"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
)

// voidTags have no content and no end.
var voidTags = words("area br col command hr img")

var (
	escaper          = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	attributeEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")
)

// render writes the children of a node: at most so many characters, 0: all.
func render(parent *html.Node, maxLength int) string {
	r := newRenderer(maxLength)
	r.children(parent)
	return r.out.String()
}

func newRenderer(maxLength int) *renderer {
	if maxLength == 0 {
		return &renderer{left: math.MaxInt}
	}
	return &renderer{left: maxLength - maxDepth*len("</blockquote>")} // all that is open can be closed
}

// renderer stops where its text would become too long, with all tags closed.
type renderer struct {
	out  strings.Builder
	left int // characters
}

func (r *renderer) children(parent *html.Node) {
	for n := parent.FirstChild; n != nil && r.left > 0; n = n.NextSibling {
		if n.Type == html.TextNode {
			r.text(n.Data)
			continue
		}
		if !r.startTag(n) || voidTags[n.Data] {
			continue
		}
		r.children(n)
		r.out.WriteString("</" + n.Data + ">")
		r.left -= len(n.Data) + 3
	}
}

func (r *renderer) text(text string) {
	before := r.out.Len()
	if len(text) > r.left/len("&amp;") {
		text = cut(text, r.left)
	}
	_, _ = escaper.WriteString(&r.out, text) // a Builder can't fail
	r.left -= utf8.RuneCountInString(text) + r.out.Len() - before - len(text)
}

// cut leaves so much of a text that it has no more characters than that when it's escaped.
func cut(text string, length int) string {
	for i, c := range text {
		size := 1
		switch c {
		case '&':
			size = len("&amp;")
		case '<', '>':
			size = len("&lt;")
		}
		if length -= size; length < 0 {
			return text[:i]
		}
	}
	return text
}

// startTag reports whether there was room for it.
func (r *renderer) startTag(n *html.Node) bool {
	before := r.out.Len()
	if n.Attr != nil && sizeOfTag(n) > r.left {
		r.left = 0
		return false
	}
	r.out.WriteByte('<')
	r.out.WriteString(n.Data)
	for _, a := range n.Attr {
		r.out.WriteByte(' ')
		r.out.WriteString(a.Key)
		r.out.WriteString(`="`)
		_, _ = attributeEscaper.WriteString(&r.out, a.Val)
		r.out.WriteByte('"')
	}
	r.out.WriteByte('>')
	r.left -= r.out.Len() - before
	return true
}

// sizeOfTag is how long it gets at most.
func sizeOfTag(n *html.Node) int {
	size := len(n.Data) + 2
	for _, a := range n.Attr {
		size += len(a.Key) + len(a.Val) + 4
		if len(a.Val) > 1<<10 {
			size += strings.Count(a.Val, "&")*4 + strings.Count(a.Val, "<")*3 + strings.Count(a.Val, ">")*3 + strings.Count(a.Val, `"`)*5
		}
	}
	return size
}
