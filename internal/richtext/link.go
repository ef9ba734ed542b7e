package richtext

import (
	"strings"

	"golang.org/x/net/html"
)

// linkTexts makes links of the URLs in texts, outside links and preformatted text.
func linkTexts(parent *html.Node) {
	for n := parent.FirstChild; n != nil; {
		next := n.NextSibling
		switch {
		case n.Type == html.TextNode:
			if hasURL(n.Data) {
				linkText(n)
			}
		case n.Data != "a" && n.Data != "pre":
			linkTexts(n)
		}
		n = next
	}
}

// hasURL is a cheap look for what findURL may find.
func hasURL(text string) bool {
	return strings.Contains(text, "://") || containsFold(text, "www.")
}

// linkText replaces a text node by text and links.
func linkText(n *html.Node) {
	rest := n.Data
	for {
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
		end = start + urlLength(text[start:])
		minimum := strings.IndexAny(text[start:], "./") + 1
		if end-start > minimum+2 && (start == 0 || !isWordByte(text[start-1])) {
			return start, end
		}
		from = start + 3
	}
	return -1, -1
}

// nextStart finds where "://" or "www." would make a URL begin.
func nextStart(text string, from int) int {
	best := -1
	for _, prefix := range urlStarts {
		if i := indexFold(text[from:], prefix); i >= 0 && (best < 0 || from+i < best) {
			best = from + i
		}
	}
	return best
}

// urlLength reads up to a blank, a bracket or quote, and leaves punctuation at the end outside.
func urlLength(text string) int {
	end := strings.IndexFunc(text, func(r rune) bool {
		return r <= ' ' || r == '<' || r == '>' || r == '"' || r == '\u00a0' || r == '\u201c' || r == '\u201d' || r == '|' || r == '`'
	})
	if end < 0 {
		end = len(text)
	}
	for end > 0 {
		switch c := text[end-1]; {
		case strings.IndexByte(".,;:!?'*", c) >= 0:
		case c == ')' && strings.Count(text[:end], "(") < strings.Count(text[:end], ")"):
		case c == ']' && strings.Count(text[:end], "[") < strings.Count(text[:end], "]"):
		default:
			return end
		}
		end--
	}
	return 0
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
		if attribute(n, "title") == "" && !sameURL(textOf(n), href) {
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

// textOf is the text inside a node.
func textOf(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data
	}
	var b strings.Builder
	for child := n.FirstChild; child != nil; child = child.NextSibling {
		b.WriteString(textOf(child))
	}
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
