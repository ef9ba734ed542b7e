// Package richtext makes the HTML of strangers safe to show, and turns it into text and back.
//
// In goes what a mail or a client calls HTML; out comes HTML of a few known tags, attributes and
// styles, plain text, or the images inside. It works on a tree of bounded size in linear time, so
// that no input can keep it busy, and it knows nothing of mails, tickets or storage.
package richtext

import (
	"strings"

	"golang.org/x/net/html"
)

// Options are what cleaning must know of the installation.
type Options struct {
	OwnURL string // such as https://desk.example.com: links into the web app open in place
	// MaxLength is how many characters are wanted, 0: all. What is behind them is left out where it
	// breaks no tag.
	MaxLength int
}

// Sanitize returns HTML in which nothing can be executed or fetched from elsewhere, with links made
// of URLs, clutter removed and the start of a quoted reply or signature marked. The second result
// tells whether remote content was taken out.
func Sanitize(source string, opts Options) (clean string, remoteRemoved bool) {
	source = strings.ToValidUTF8(source, "\uFFFD")
	if !strings.ContainsAny(source, "<&") && !hasURL(source) {
		return strings.TrimSpace(collapse(escaper.Replace(source))), false
	}
	root, ok := parse(listBullets(source))
	if !ok {
		return shownAsText(source, opts), false
	}
	c := cleaner{}
	c.cleanChildren(root)
	if clean = finish(root, opts); clean != "" {
		return clean, c.remoteRemoved
	}
	return sanitizeText(PlainText(source), opts), c.remoteRemoved
}

// finish does what is left once the tree holds nothing dangerous.
func finish(root *html.Node, opts Options) string {
	tidyChildren(root, false)
	reduceBreaks(root, true)
	links := linker{}
	links.texts(root)
	finishLinks(root, opts)
	markSignature(root)
	return strings.TrimSpace(render(root, opts.MaxLength))
}

// shownAsText needs no tree: this one would be too large.
func shownAsText(source string, opts Options) string {
	r := newRenderer(opts.MaxLength)
	for line := range strings.SplitSeq(strings.TrimSpace(PlainText(source)), "\n") {
		if r.out.Len() > 0 {
			r.startTag(newElement("br"))
		}
		if r.left <= 0 {
			break
		}
		r.text(line)
	}
	return r.out.String()
}

func sanitizeText(text string, opts Options) string {
	if strings.TrimSpace(text) == "" {
		return ""
	}
	root := newElement("body")
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			root.AppendChild(newElement("br"))
		}
		root.AppendChild(&html.Node{Type: html.TextNode, Data: line})
	}
	return finish(root, opts)
}

// listBullets replaces what Word writes for clients that know no lists.
func listBullets(source string) string {
	const open, end = "<![if !supportLists]>", "<![endif]>"
	if !strings.Contains(source, open) {
		return source
	}
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(source, open)
		if !found {
			break
		}
		_, after, closed := strings.Cut(rest, end)
		if !closed {
			break
		}
		out.WriteString(before + "\u2022 ")
		source = after
	}
	out.WriteString(source)
	return out.String()
}
