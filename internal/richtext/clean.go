package richtext

import (
	"net/url"
	"strings"
	"unicode"

	"golang.org/x/net/html"
)

// cleaner takes out of a tree what may not stay.
type cleaner struct {
	remoteRemoved bool
}

func (c *cleaner) cleanChildren(parent *html.Node) {
	for n := parent.FirstChild; n != nil; {
		next := n.NextSibling
		switch {
		case n.Type == html.TextNode:
		case n.Type != html.ElementNode || removedTags[n.Data]:
			parent.RemoveChild(n)
		case c.badSource(n):
			parent.RemoveChild(n)
		default:
			c.cleanChildren(n)
			c.cleanElement(n)
		}
		n = next
	}
}

// cleanElement keeps an element that is allowed and unwraps any other.
func (c *cleaner) cleanElement(n *html.Node) {
	if !allowedTags[n.Data] {
		unwrap(n)
		return
	}
	c.cleanAttributes(n)
	if n.Data == "a" && attribute(n, "href") == "" {
		unwrap(n)
	}
}

// badSource: an element that loads something from elsewhere, or would run it, goes entirely.
func (c *cleaner) badSource(n *html.Node) bool {
	for _, a := range n.Attr {
		switch a.Key {
		case "src":
			if isRemote(a.Val) {
				c.remoteRemoved = true
				return true
			}
			if !isSafeSource(a.Val) {
				return true
			}
		case "srcset":
			if strings.Contains(a.Val, "//") || strings.Contains(a.Val, `\`) {
				c.remoteRemoved = true
			}
		}
	}
	return false
}

func (c *cleaner) cleanAttributes(n *html.Node) {
	if len(n.Attr) == 0 {
		return
	}
	moveSize(n)
	allowed := allowedAttributes[n.Data]
	kept := n.Attr[:0]
	for _, a := range n.Attr {
		if !everywhere[a.Key] && !allowed[a.Key] {
			continue
		}
		if a.Val = cleanValue(n.Data, a.Key, a.Val); a.Val != "" || a.Key == "alt" || a.Key == "reversed" {
			kept = append(kept, a)
		}
	}
	n.Attr = kept
}

// cleanValue returns what may stay of a value; empty: nothing.
func cleanValue(tag, key, value string) string {
	switch key {
	case "class":
		return keepClasses(value)
	case "style":
		return cleanStyle(tag, value)
	case "href":
		return cleanLink(value)
	case "cite":
		if link := cleanLink(value); strings.HasPrefix(link, "http") {
			return link
		}
		return ""
	case "src":
		return stripControls(value)
	case "srcset":
		if strings.ContainsAny(value, `/\:`) {
			return ""
		}
	case "target":
		return "" // set again for the links that get one
	}
	return value
}

func keepClasses(value string) string {
	var kept []string
	for _, class := range strings.Fields(value) {
		if keptClasses[class] {
			kept = append(kept, class)
		}
	}
	return strings.Join(kept, " ")
}

// cleanLink keeps links of known schemes; those without one lead outside.
func cleanLink(href string) string {
	href = stripControls(href)
	plain := normalize(href)
	if plain == "" || hasScript(plain) {
		return ""
	}
	scheme, _, found := strings.Cut(plain, ":")
	switch {
	case found && isScheme(scheme):
		if !linkSchemes[scheme] && !strings.Contains(scheme, ".") { // example.com:8080 has no scheme
			return ""
		}
		if linkSchemes[scheme] {
			return undisguise(href, scheme)
		}
	case href[0] == '/' || href[0] == '#' || href[0] == '?':
		return href
	}
	return "http://" + href
}

// undisguise writes the scheme as all browsers read it: "http :" is none to them. A link whose scheme
// can't be told from the rest is not worth its risk.
func undisguise(href, scheme string) string {
	written, rest, found := strings.Cut(href, ":")
	switch {
	case !found || normalize(written) != scheme:
		return ""
	case strings.EqualFold(written, scheme):
		return href
	}
	return scheme + ":" + rest
}

func isScheme(text string) bool {
	if text == "" || text[0] < 'a' || text[0] > 'z' {
		return false
	}
	for i := range len(text) {
		c := text[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '+' && c != '-' && c != '.' {
			return false
		}
	}
	return true
}

// isRemote reports whether a source would be fetched from another server.
func isRemote(src string) bool {
	src = strings.ReplaceAll(normalize(src), `\`, "/")
	return strings.HasPrefix(src, "http") || strings.HasPrefix(src, "ftp") || strings.HasPrefix(src, "//")
}

// isSafeSource accepts images of this mail, images in the source itself and paths of this server, if
// that is what a browser reads as well as what is left without disguises.
func isSafeSource(src string) bool {
	plain := normalize(src)
	written := strings.ToLower(stripControls(src[:min(len(src), maxURLPrefix)]))
	return !hasScript(plain) && !strings.Contains(plain, `\`) && hasSafeScheme(plain) && hasSafeScheme(written)
}

func hasSafeScheme(src string) bool {
	scheme, _, found := strings.Cut(src, ":")
	if !found || scheme == "cid" || strings.Contains(scheme, "/") {
		return true
	}
	for _, prefix := range dataImages {
		if strings.HasPrefix(src, prefix) {
			return true
		}
	}
	return false
}

func hasScript(plain string) bool {
	if !strings.Contains(plain, "script:") {
		return false
	}
	return strings.Contains(plain, "javascript:") || strings.Contains(plain, "vbscript:") || strings.Contains(plain, "livescript:")
}

// maxURLPrefix is how much of a long value decides what it is; data URIs go on for megabytes.
const maxURLPrefix = 8 << 10

// normalize undoes the disguises of a URL: escapes, white space, control characters, comments, case.
func normalize(value string) string {
	if len(value) > maxURLPrefix && strings.HasPrefix(value, "data:image/") {
		value = value[:maxURLPrefix]
	}
	if strings.Contains(value, "%") {
		if plain, err := url.PathUnescape(value); err == nil {
			value = plain
		} else {
			value = unescapeLoosely(value)
		}
	}
	return withoutComments(strings.ToLower(strings.Map(dropInvisible, value)))
}

func withoutComments(value string) string {
	if !strings.Contains(value, "/*") {
		return value
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(value, "/*")
		_, after, closed := strings.Cut(rest, "*/")
		if !found || !closed {
			return b.String() + value
		}
		b.WriteString(before)
		value = after
	}
}

// unescapeLoosely decodes %XX where it is valid, as browsers do.
func unescapeLoosely(value string) string {
	var b strings.Builder
	for i := 0; i < len(value); i++ {
		if value[i] == '%' && i+2 < len(value) {
			if plain, err := url.PathUnescape(value[i : i+3]); err == nil {
				b.WriteString(plain)
				i += 2
				continue
			}
		}
		b.WriteByte(value[i])
	}
	return b.String()
}

func dropInvisible(r rune) rune {
	if r <= ' ' || r == 0x7f || r > 0x7f && (unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
		return -1
	}
	return r
}

// stripControls takes out what browsers ignore in URLs.
func stripControls(value string) string {
	return strings.TrimSpace(strings.Map(dropLineControls, value))
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func hasAttribute(n *html.Node, key string) bool {
	for i := range n.Attr {
		if n.Attr[i].Key == key {
			return true
		}
	}
	return false
}

func setAttribute(n *html.Node, key, value string) {
	for i := range n.Attr {
		if n.Attr[i].Key == key {
			n.Attr[i].Val = value
			return
		}
	}
	n.Attr = append(n.Attr, html.Attribute{Key: key, Val: value})
}

// unwrap puts the children of a node in its place.
func unwrap(n *html.Node) {
	parent := n.Parent
	for child := n.FirstChild; child != nil; child = n.FirstChild {
		n.RemoveChild(child)
		parent.InsertBefore(child, n)
	}
	parent.RemoveChild(n)
}
