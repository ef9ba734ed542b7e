package richtext

import (
	"strings"

	"golang.org/x/net/html"
)

// Bounds of the tree. HTML with more tags is shown as text; elements deeper than maxDepth are left
// out, their content stays.
const (
	maxTags  = 200_000
	maxDepth = 250
)

// parse makes a tree of HTML; false: it is too large for one.
//
// It is simpler than what browsers do with mended markup, and than html.Parse, which opens unclosed
// formatting again in every block: a few kilobytes can become gigabytes that way. Here a tag makes
// at most one node. What is safe doesn't depend on it: whatever the tree is, only known tags and
// attributes are written.
func parse(source string) (root *html.Node, ok bool) {
	if strings.Count(source, "<") > maxTags {
		return nil, false
	}
	root = newElement("body")
	b := builder{current: root}
	z := html.NewTokenizer(strings.NewReader(source))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return root, true
		case html.TextToken:
			if text := z.Text(); len(text) > 0 {
				b.current.AppendChild(&html.Node{Type: html.TextNode, Data: string(text)})
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			b.start(z)
		case html.EndTagToken:
			name, _ := z.TagName()
			b.end(tagName(name))
		}
	}
}

// builder knows where in the tree the next token belongs.
type builder struct {
	current *html.Node
	depth   int
	skipped map[string]int // elements left out because they are too deep, still open
}

// emptyTags never have content, allowed or not.
var emptyTags = words(`area base basefont bgsound br col command embed frame hr image img input keygen link meta
	param source track wbr`)

// documentTags frame the whole and may come in the middle of it, when a mail was pasted into another.
var documentTags = words("html head body")

// closers say which open elements end where another one starts, if no barrier stands between.
var closers = map[string]struct{ closes, barriers set }{
	"p":        {words("p"), cells},
	"li":       {words("li"), words("ul ol menu dir table td th")},
	"dt":       {words("dt dd"), words("dl table td th")},
	"dd":       {words("dt dd"), words("dl table td th")},
	"tr":       {words("tr"), tables},
	"td":       {words("td th"), words("tr table")},
	"th":       {words("td th"), words("tr table")},
	"tbody":    {words("tbody thead tfoot caption colgroup"), tables},
	"thead":    {words("tbody thead tfoot caption colgroup"), tables},
	"tfoot":    {words("tbody thead tfoot caption colgroup"), tables},
	"option":   {words("option"), words("select datalist optgroup")},
	"optgroup": {words("optgroup"), words("select datalist")},
	"a":        {words("a"), cells},
}

// Cells keep end tags of what is around them outside, tables those of other tables' cells.
var (
	cells  = words("td th caption table")
	tables = words("table")
)

// blocks end an open paragraph.
var blocks = words(`address article aside blockquote center details dir div dl fieldset figcaption figure footer
	form h1 h2 h3 h4 h5 h6 header hr main menu nav ol pre section table ul`)

func (b *builder) start(z *html.Tokenizer) {
	raw, hasAttributes := z.TagName()
	name := tagName(raw)
	if name == "noscript" {
		z.NextIsNotRawText() // clients run no scripts here: what it holds is what is shown
	}
	if documentTags[name] {
		return
	}
	rule, known := closers[name]
	if blocks[name] {
		rule, known = closers["p"], true
	}
	if known {
		b.close("", rule.closes, rule.barriers)
	}
	isEmpty := emptyTags[name]
	if !isEmpty && b.depth >= maxDepth {
		if b.skipped == nil {
			b.skipped = map[string]int{}
		}
		b.skipped[name]++
		return
	}
	n := newElement(name)
	if hasAttributes {
		readAttributes(n, z)
	}
	b.current.AppendChild(n)
	if !isEmpty {
		b.current = n
		b.depth++
	}
}

// readAttributes takes only those that are looked at later, and the first of several.
func readAttributes(n *html.Node, z *html.Tokenizer) {
	for more := true; more; {
		var key, value []byte
		key, value, more = z.TagAttr()
		name, wanted := attributeNames[string(key)]
		if wanted && !hasAttribute(n, name) {
			n.Attr = append(n.Attr, html.Attribute{Key: name, Val: string(value)})
		}
	}
}

func (b *builder) end(name string) {
	switch {
	case name == "br": // browsers take </br> for <br>
		b.current.AppendChild(newElement("br"))
		return
	case emptyTags[name] || documentTags[name]:
		return
	case b.skipped[name] > 0:
		b.skipped[name]--
		return
	}
	switch name {
	case "table":
		b.close(name, nil, nil)
	case "td", "th", "tr", "caption", "tbody", "thead", "tfoot":
		b.close(name, nil, tables)
	default:
		b.close(name, nil, cells)
	}
}

// close goes back to before the innermost element of that name, or one of the names.
func (b *builder) close(name string, names, barriers set) {
	up := 1
	for n := b.current; n.Parent != nil; n = n.Parent {
		if n.Data == name || names[n.Data] {
			b.current = n.Parent
			b.depth -= up
			return
		}
		if barriers[n.Data] {
			return
		}
		up++
	}
}

func newElement(name string) *html.Node { return &html.Node{Type: html.ElementNode, Data: name} }

// tagName avoids a copy of names that are well known.
func tagName(raw []byte) string {
	if name, known := tagNames[string(raw)]; known {
		return name
	}
	return string(raw)
}

var tagNames = func() map[string]string {
	names := map[string]string{"font": "font", "o:p": "o:p", "html": "html", "body": "body", "head": "head", "tr": "tr"}
	for _, list := range []set{allowedTags, removedTags, emptyTags} {
		for name := range list {
			names[name] = name
		}
	}
	return names
}()

// attributeNames are those that mean something to any pass.
var attributeNames = func() map[string]string {
	names := map[string]string{"width": "width", "height": "height"}
	for name := range everywhere {
		names[name] = name
	}
	for _, list := range allowedAttributes {
		for name := range list {
			names[name] = name
		}
	}
	return names
}()
