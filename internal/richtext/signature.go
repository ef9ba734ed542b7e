package richtext

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
)

const markerClass = "js-signatureMarker"

// fromWords and onWords start the header that clients put above what they quote.
var (
	fromWords = strings.Fields("Von From De от Z Od Ze Fra Van Mistä Από Dal から Из од iz Från จาก з Từ")
	onWords   = []string{"On", "Am", "Le", "El", "Den", "Dňa", "W dniu", "Il", "Op", "Dne", "Dana"}
)

// markSignature puts a marker where a signature or a quoted mail begins, for clients to fold there.
func markSignature(root *html.Node) {
	m := marking{}
	m.walk(root)
	if m.found {
		return
	}
	if m.before != nil {
		m.before.Parent.InsertBefore(marker(), m.before)
	} else if m.atEndOf != nil {
		m.atEndOf.AppendChild(marker())
	}
}

func marker() *html.Node {
	n := newElement("span")
	setAttribute(n, "class", markerClass)
	return n
}

// marking is a search in the order of the document.
type marking struct {
	found           bool // a marker is there already: further ones are removed
	before, atEndOf *html.Node
}

func (m *marking) walk(parent *html.Node) {
	for n := parent.FirstChild; n != nil; {
		next := n.NextSibling
		if n.Type == html.ElementNode {
			m.look(n)
			m.walk(n)
			if n.Parent != nil && m.before == nil && m.atEndOf == nil && n.Data == "div" && startsDashes(next) {
				m.atEndOf = n
			}
		}
		n = next
	}
}

func (m *marking) look(n *html.Node) {
	if n.Data == "span" && attribute(n, "class") == markerClass {
		if m.found {
			n.Parent.RemoveChild(n)
		}
		m.found = true
		return
	}
	if m.before == nil && m.atEndOf == nil && startsQuote(n) {
		m.before = n
	}
}

// startsQuote holds the patterns of signatures and reply headers.
func startsQuote(n *html.Node) bool {
	next := n.NextSibling
	switch n.Data {
	case "br":
		return startsDashes(next) || isBoldFrom(next) || isElement(next, "br") && startsWord(next.NextSibling, fromWords, true)
	case "p":
		return startsDashes(n.FirstChild) || isBoldFrom(n.FirstChild)
	case "div":
		first := n.FirstChild
		if isBoldFrom(first) {
			return true
		}
		return isElement(first, "br") && (startsWord(first.NextSibling, fromWords, true) ||
			startsWord(first.NextSibling, onWords, false) && quoteFollows(first.NextSibling))
	case "blockquote":
		return isElement(n.FirstChild, "div") && startsWord(n.FirstChild.FirstChild, onWords, false)
	}
	return false
}

func isElement(n *html.Node, name string) bool {
	return n != nil && n.Type == html.ElementNode && n.Data == name
}

func startsDashes(n *html.Node) bool {
	if n == nil || n.Type != html.TextNode {
		return false
	}
	text := strings.TrimLeft(n.Data, " \n")
	return strings.HasPrefix(text, "--") || strings.HasPrefix(text, "__")
}

// isBoldFrom: <b>From:</b>, perhaps with a span inside.
func isBoldFrom(n *html.Node) bool {
	if !isElement(n, "b") {
		return false
	}
	inner := n.FirstChild
	if isElement(inner, "span") {
		inner = inner.FirstChild
	}
	return startsWord(inner, fromWords, true)
}

// startsWord reports whether a text starts with one of the words, with or without a colon.
func startsWord(n *html.Node, list []string, colon bool) bool {
	if n == nil || n.Type != html.TextNode {
		return false
	}
	text := strings.TrimLeft(n.Data, " \n")
	for _, word := range list {
		rest, found := strings.CutPrefix(text, word)
		if !found {
			continue
		}
		if colon {
			return strings.HasPrefix(strings.TrimLeft(rest, " \u00a0"), ":")
		}
		if next, _ := utf8.DecodeRuneInString(rest); rest != "" && unicode.IsSpace(next) {
			return true
		}
	}
	return false
}

// quoteFollows looks for a blockquote within 500 characters behind a node.
func quoteFollows(n *html.Node) bool {
	length := 0
	for depth := 0; n != nil && length <= 500 && depth < 100; depth++ {
		if isElement(n, "blockquote") {
			return true
		}
		if n.Type == html.TextNode {
			length += len(n.Data)
		}
		n = following(n)
	}
	return false
}

// following is the next node in the order of the document.
func following(n *html.Node) *html.Node {
	if n.FirstChild != nil {
		return n.FirstChild
	}
	for n != nil && n.NextSibling == nil {
		n = n.Parent
	}
	if n == nil {
		return nil
	}
	return n.NextSibling
}
