package richtext

import (
	"strings"

	"golang.org/x/net/html"
)

// maxLinks bounds the links that are made in one text: more of them are no help to any reader.
const maxLinks = 5000

// linker makes links of the URLs in texts, outside links and preformatted text.
type linker struct{ made int }

func (l *linker) texts(parent *html.Node) {
	for n := parent.FirstChild; n != nil; {
		next := n.NextSibling
		switch {
		case n.Type == html.TextNode:
			if hasURL(n.Data) {
				l.text(n)
			}
		case n.Data != "a" && n.Data != "pre":
			l.texts(n)
		}
		n = next
	}
}

// hasURL is a cheap look for what findURL may find.
func hasURL(text string) bool {
	return strings.Contains(text, "://") || containsFold(text, "www.")
}

// text replaces a text node by text and links.
func (l *linker) text(n *html.Node) {
	rest := n.Data
	for ; l.made < maxLinks; l.made++ {
		start, end := findURL(rest)
		if start < 0 {
			break
		}
		if start > 0 {
			n.Parent.InsertBefore(&html.Node{Type: html.TextNode, Data: rest[:start]}, n)
		}
		text := rest[start:end]
		href := cleanLink(text)
		link := newElement("a")
		setAttribute(link, "href", href)
		link.AppendChild(&html.Node{Type: html.TextNode, Data: text})
		if href == "" {
			link = &html.Node{Type: html.TextNode, Data: text}
		}
		n.Parent.InsertBefore(link, n)
		rest = rest[end:]
	}
	n.Data = rest
	if rest == "" {
		n.Parent.RemoveChild(n)
	}
}

var urlStarts = []string{"http://", "https://", "ftp://", "www."}

// findURL finds the first URL in a text, without the punctuation behind it; -1: none.
func findURL(text string) (start, end int) {
	for from := 0; from < len(text); {
		start = nextStart(text, from)
		if start < 0 {
			return -1, -1
		}
		if start > 0 && isWordByte(text[start-1]) {
			from = start + 3
			continue
		}
		size, read := urlLength(text[start:])
		minimum := strings.IndexAny(text[start:], "./") + 1
		if size > minimum+2 {
			return start, start + size
		}
		from = start + max(read, 3)
	}
	return -1, -1
}

// nextStart finds where "://" or "www." would make a URL begin. It looks at each byte once: texts
// can be megabytes of URLs of one kind.
func nextStart(text string, from int) int {
	for i := from; i < len(text); i++ {
		switch text[i] | 0x20 {
		case 'h', 'f', 'w':
			for _, prefix := range urlStarts {
				if len(text)-i >= len(prefix) && strings.EqualFold(text[i:i+len(prefix)], prefix) {
					return i
				}
			}
		}
	}
	return -1
}

// maxURL is how long a URL can be to be made a link, in bytes.
const maxURL = 8 << 10

// urlLength reads up to a blank, a bracket or quote, and leaves punctuation at the end outside. It
// says how far it read, too: nothing up to there begins another URL.
func urlLength(text string) (size, read int) {
	end := strings.IndexFunc(text[:min(len(text), maxURL)], func(r rune) bool {
		return r <= ' ' || r == '<' || r == '>' || r == '"' || r == '\u00a0' || r == '\u201c' || r == '\u201d' || r == '|' || r == '`'
	})
	if end < 0 && len(text) > maxURL {
		return 0, maxURL
	}
	if end < 0 {
		end = len(text)
	}
	// How many more brackets close than open.
	round := strings.Count(text[:end], ")") - strings.Count(text[:end], "(")
	square := strings.Count(text[:end], "]") - strings.Count(text[:end], "[")
	for size = end; size > 0; size-- {
		switch c := text[size-1]; {
		case strings.IndexByte(".,;:!?'*", c) >= 0:
		case c == ')' && round > 0:
			round--
		case c == ']' && square > 0:
			square--
		default:
			return size, end
		}
	}
	return 0, end
}

func isWordByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == '@' || c == '/' || c == '.' || c == '-'
}

// finishLinks gives links that lead outside the attributes that protect who clicks them.
func finishLinks(parent *html.Node, opts Options) {
	for n := parent.FirstChild; n != nil; n = n.NextSibling {
		if n.Type != html.ElementNode {
			continue
		}
		finishLinks(n, opts)
		if n.Data != "a" {
			continue
		}
		href := attribute(n, "href")
		lower := strings.ToLower(href[:min(len(href), 4)])
		if !strings.HasPrefix(lower, "http") && !strings.HasPrefix(lower, "ftp") && !strings.HasPrefix(lower, "//") {
			continue
		}
		if attribute(n, "title") == "" && !sameURL(textOf(n, len(href)+maxURL), href) {
			setAttribute(n, "title", href)
		}
		setAttribute(n, "rel", "nofollow noreferrer noopener")
		if opts.OwnURL == "" || !strings.HasPrefix(href, strings.TrimSuffix(opts.OwnURL, "/")+"/#") {
			setAttribute(n, "target", "_blank")
		}
	}
}

// sameURL compares the text of a link with its target, as a reader would.
func sameURL(text, href string) bool {
	plain := func(s string) string {
		s = strings.ToLower(strings.TrimSpace(s))
		s = strings.TrimPrefix(strings.TrimPrefix(s, "https://"), "http://")
		return strings.TrimSuffix(s, "/")
	}
	text = plain(text)
	return text == "" || text == plain(href)
}

// textOf is the text inside a node, no more than about so many bytes.
func textOf(n *html.Node, limit int) string {
	var b strings.Builder
	var read func(*html.Node)
	read = func(n *html.Node) {
		if n.Type == html.TextNode {
			b.WriteString(n.Data[:min(len(n.Data), limit+1)])
		}
		for child := n.FirstChild; child != nil && b.Len() <= limit; child = child.NextSibling {
			read(child)
		}
	}
	read(n)
	return b.String()
}

func containsFold(text, word string) bool { return indexFold(text, word) >= 0 }

// indexFold finds a lower-case ASCII word, whatever the case of the text.
func indexFold(text, word string) int {
	first := word[0]
	for i := 0; i+len(word) <= len(text); i++ {
		if text[i]|0x20 == first && strings.EqualFold(text[i:i+len(word)], word) {
			return i
		}
	}
	return -1
}
