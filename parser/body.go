package parser

import (
	"strings"

	"postroom/internal/richtext"
)

// content is the body that was chosen, and the parts it came from.
type content struct {
	text    string
	isHTML  bool
	isBuilt bool // escaped by us: nothing in it needs cleaning

	textPart, htmlPart *part // the first of their kind; nil: none
	html               string
}

// chooseBody prefers HTML, then text with the images that stand between it, then text.
func chooseBody(root *part) content {
	if !root.isContainer() {
		return singleBody(root)
	}
	leaves := root.leaves()
	var c content
	images := false
	for _, p := range leaves {
		images = images || p.isInlineImage()
		if p.isNamed() {
			continue
		}
		if c.textPart == nil && p.media.name == "text/plain" {
			c.textPart = p
		}
		if c.htmlPart == nil && p.media.name == "text/html" {
			c.htmlPart = p
		}
	}
	if c.htmlPart != nil {
		c.html = c.htmlPart.text()
	}
	switch {
	case strings.TrimSpace(c.html) != "":
		c.text, c.isHTML = c.html, true
	case c.textPart != nil && images:
		c.text, c.isHTML, c.isBuilt = mixedBody(leaves), true, true
	case c.textPart != nil:
		c.text = joinedText(leaves)
	}
	return c
}

func singleBody(root *part) content {
	var c content
	switch root.media.name {
	case "text/plain":
		c.textPart, c.text = root, root.text()
	case "text/html":
		c.htmlPart, c.html, c.isHTML = root, root.text(), true
		c.text = c.html
	}
	return c
}

// mixedBody is HTML of text parts and the inline images among them.
func mixedBody(leaves []*part) string {
	var b strings.Builder
	for _, p := range leaves {
		switch {
		case b.Len() > maxText:
		case p.isInlineImage():
			if id := p.contentID(); id != "" {
				b.WriteString("<img src='cid:" + richtext.FromText(id) + "'>")
			}
		case p.media.name == "text/plain" && !p.isNamed():
			b.WriteString(richtext.FromText(p.text()))
		}
	}
	return b.String()
}

func joinedText(leaves []*part) string {
	var texts []string
	size := 0
	for _, p := range leaves {
		if size <= maxText && p.media.name == "text/plain" && !p.isNamed() {
			texts = append(texts, p.text())
			size += len(texts[len(texts)-1])
		}
	}
	return strings.Join(texts, "")
}
