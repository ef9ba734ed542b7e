package richtext

import (
	"strings"

	"golang.org/x/net/html"
)

// removedWhenEmpty are tags that mean nothing without content or attributes.
var removedWhenEmpty = words("p div span small table b i u")

// nestedOnce are tags that mean no more when they are doubled.
var nestedOnce = words("div span small b i u p center big em strong")

// holdsNoText are tags between whose parts white space means nothing.
var holdsNoText = words("table thead tbody tfoot tr colgroup ul ol dl")

// tidyChildren removes empty and doubled elements and superfluous white space below a node.
func tidyChildren(parent *html.Node, keepSpace bool) {
	for n := parent.FirstChild; n != nil; {
		next := n.NextSibling
		if n.Type == html.ElementNode {
			tidyChildren(n, keepSpace || n.Data == "pre" || n.Data == "code")
			tidyElement(n)
		}
		n = next
	}
	mergeTexts(parent)
	if !keepSpace {
		tidyTexts(parent)
	}
	if parent.Data != "body" {
		reduceBreaks(parent, false)
	}
}

func tidyElement(n *html.Node) {
	if len(n.Attr) > 0 {
		return
	}
	switch {
	case n.FirstChild == nil && removedWhenEmpty[n.Data]:
		n.Parent.RemoveChild(n)
	case n.Data == "span":
		unwrap(n)
	case nestedOnce[n.Data] && onlyChild(n, n.Data):
		unwrap(n)
	}
}

// onlyChild reports whether a node holds one element of that name and nothing else.
func onlyChild(n *html.Node, name string) bool {
	child := n.FirstChild
	return child != nil && child.NextSibling == nil && child.Type == html.ElementNode && child.Data == name
}

// mergeTexts joins texts that became neighbours.
func mergeTexts(parent *html.Node) {
	for n := parent.FirstChild; n != nil; n = n.NextSibling {
		if n.Type != html.TextNode || n.NextSibling == nil || n.NextSibling.Type != html.TextNode {
			continue
		}
		var b strings.Builder
		b.WriteString(n.Data)
		for next := n.NextSibling; next != nil && next.Type == html.TextNode; next = n.NextSibling {
			b.WriteString(next.Data)
			parent.RemoveChild(next)
		}
		n.Data = b.String()
	}
}

// tidyTexts collapses white space and trims it at the edges of blocks.
func tidyTexts(parent *html.Node) {
	for n := parent.FirstChild; n != nil; {
		next := n.NextSibling
		if n.Type == html.TextNode {
			n.Data = collapse(n.Data)
			if isBlock(n.PrevSibling) || n.PrevSibling == nil && isBlock(parent) {
				n.Data = strings.TrimLeft(n.Data, " \n")
			}
			if n.NextSibling == nil && isBlock(parent) {
				n.Data = strings.TrimRight(n.Data, " \n")
			}
			if n.Data == "" || holdsNoText[parent.Data] && strings.Trim(n.Data, " \n") == "" {
				parent.RemoveChild(n)
			}
		}
		n = next
	}
}

func isBlock(n *html.Node) bool {
	return n != nil && n.Type == html.ElementNode && (n.Data == "div" || n.Data == "p")
}

// collapse makes one blank of white space; two line breaks or more stay two.
func collapse(text string) string {
	if !strings.ContainsAny(text, "\t\r\n\f\v") && !strings.Contains(text, "  ") {
		return text
	}
	var b strings.Builder
	b.Grow(len(text))
	for i := 0; i < len(text); {
		if !isWhite(text[i]) {
			b.WriteByte(text[i])
			i++
			continue
		}
		breaks := 0
		for ; i < len(text) && isWhite(text[i]); i++ {
			if text[i] == '\n' {
				breaks++
			}
		}
		if breaks >= 2 {
			b.WriteString("\n\n")
			continue
		}
		b.WriteByte(' ')
	}
	return b.String()
}

func isWhite(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

// reduceBreaks leaves at most two empty lines of a run, and none at the edges of the whole.
func reduceBreaks(parent *html.Node, isWhole bool) {
	for n := parent.FirstChild; n != nil; {
		if !isEmptyLine(n) {
			n = n.NextSibling
			continue
		}
		run, next := emptyRun(n)
		atEdge := isWhole && (run[0].PrevSibling == nil || next == nil)
		lines := 0
		for _, line := range run {
			if line.Type == html.ElementNode {
				lines++
			}
		}
		switch {
		case atEdge:
			removeAll(parent, run)
		case lines > 2:
			for range 2 {
				parent.InsertBefore(newElement("br"), run[0])
			}
			removeAll(parent, run)
		}
		n = next
	}
}

// emptyRun collects the empty lines from a node on, with the blanks between them.
func emptyRun(n *html.Node) (run []*html.Node, next *html.Node) {
	for ; n != nil; n = n.NextSibling {
		if isEmptyLine(n) || n.Type == html.TextNode && isBlankText(n.Data) {
			run = append(run, n)
			continue
		}
		break
	}
	for n != nil && len(run) > 0 && run[len(run)-1].Type == html.TextNode {
		run = run[:len(run)-1] // the blank before the next text is that text's
	}
	return run, n
}

func removeAll(parent *html.Node, nodes []*html.Node) {
	for _, n := range nodes {
		parent.RemoveChild(n)
	}
}

// isEmptyLine: a break, or a block that shows nothing.
func isEmptyLine(n *html.Node) bool {
	if n.Type != html.ElementNode {
		return false
	}
	if n.Data == "br" {
		return true
	}
	if n.Data != "p" && n.Data != "div" {
		return false
	}
	breaks := 0
	for child := n.FirstChild; child != nil; child = child.NextSibling {
		switch {
		case child.Type == html.TextNode && isBlankText(child.Data):
		case child.Type == html.ElementNode && child.Data == "br":
			if breaks++; breaks > 1 {
				return false
			}
		default:
			return false
		}
	}
	return true
}

func isBlankText(text string) bool {
	return strings.Trim(text, " \t\r\n\u00a0\u200b\ufeff") == ""
}
