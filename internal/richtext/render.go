package richtext

import (
	"strings"

	"golang.org/x/net/html"
)

// voidTags have no content and no end.
var voidTags = words("area br col command hr img")

var (
	escaper          = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	attributeEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")
)

// render writes the children of a node.
func render(parent *html.Node) string {
	var b strings.Builder
	renderChildren(&b, parent)
	return b.String()
}

func renderChildren(b *strings.Builder, parent *html.Node) {
	for n := parent.FirstChild; n != nil; n = n.NextSibling {
		if n.Type == html.TextNode {
			_, _ = escaper.WriteString(b, n.Data) // a Builder can't fail
			continue
		}
		b.WriteByte('<')
		b.WriteString(n.Data)
		for _, a := range n.Attr {
			b.WriteByte(' ')
			b.WriteString(a.Key)
			b.WriteString(`="`)
			_, _ = attributeEscaper.WriteString(b, a.Val)
			b.WriteByte('"')
		}
		b.WriteByte('>')
		if voidTags[n.Data] {
			continue
		}
		renderChildren(b, n)
		b.WriteString("</")
		b.WriteString(n.Data)
		b.WriteByte('>')
	}
}
