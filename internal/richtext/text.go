package richtext

import (
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

var textEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;")

// FromText makes HTML of plain text.
func FromText(text string) string {
	out := textEscaper.Replace(strings.ReplaceAll(text, "\r\n", "\n"))
	return strings.ReplaceAll(strings.ReplaceAll(out, "&amp;amp;", "&amp;"), "\n", "<br>")
}

// ToText makes the plain part of a mail: links are numbered and listed at the end.
func ToText(source string) string { return toText(source, true) }

// PlainText is what a reader sees; where links lead doesn't count.
func PlainText(source string) string { return toText(source, false) }

func toText(source string, withLinks bool) string {
	t := texter{withLinks: withLinks}
	z := html.NewTokenizer(strings.NewReader(source))
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			return t.finish()
		}
		t.token(z, kind)
	}
}

// texter writes text from tokens. It needs no tree, so that any size and depth is fine.
type texter struct {
	out       strings.Builder
	links     []string
	withLinks bool

	hidden   string // the element whose content isn't shown, such as script
	pre      int
	quotes   int
	blank    bool // white space is due before the next word
	breaks   int  // line breaks are due before the next word
	hasText  bool
	lineOpen bool
	line     int // where in out the line starts
}

// maxQuotes bounds how deep quotes are shown: each line of theirs begins with a sign for each.
const maxQuotes = 10

// hiddenTags have content that isn't text for readers.
var hiddenTags = words("script style title head template noscript select")

// blockTags end a line.
var blockTags = words(`p div br li ul ol tr table blockquote h1 h2 h3 h4 h5 h6 pre hr address article aside
	section header footer dl dt dd center form fieldset figure figcaption caption tbody thead tfoot`)

var paragraphTags = words("p h1 h2 h3 h4 h5 h6 ul ol blockquote table pre")

func (t *texter) token(z *html.Tokenizer, kind html.TokenType) {
	switch kind {
	case html.TextToken:
		if t.hidden == "" {
			t.text(html.UnescapeString(string(z.Raw())))
		}
	case html.StartTagToken, html.SelfClosingTagToken:
		raw, hasAttr := z.TagName()
		name := string(raw)
		if t.hidden == "" {
			t.start(z, name, hasAttr)
		}
		if kind == html.StartTagToken && t.hidden == "" && hiddenTags[name] && name != "head" {
			t.hidden = name
		}
	case html.EndTagToken:
		raw, _ := z.TagName()
		name := string(raw)
		if t.hidden == name {
			t.hidden = ""
			return
		}
		if t.hidden == "" {
			t.end(name)
		}
	}
}

func (t *texter) start(z *html.Tokenizer, name string, hasAttr bool) {
	switch name {
	case "br":
		t.newLine()
		return
	case "hr":
		t.block(1)
		t.word("___")
		t.block(1)
		return
	case "li":
		t.block(1)
		t.word("*")
		t.blank = true
		return
	case "a":
		if t.withLinks && hasAttr {
			t.link(z)
		}
		return
	case "blockquote":
		t.block(2)
		t.quotes = min(t.quotes+1, maxQuotes)
	case "pre":
		t.block(2)
		t.pre++
	}
	t.blockTag(name)
}

func (t *texter) end(name string) {
	switch name {
	case "td", "th":
		t.blank = true
	case "blockquote":
		t.block(2)
		t.quotes = max(0, t.quotes-1)
	case "pre":
		t.pre = max(0, t.pre-1)
	}
	if name != "br" && name != "hr" {
		t.blockTag(name)
	}
}

func (t *texter) blockTag(name string) {
	switch {
	case paragraphTags[name]:
		t.block(2)
	case blockTags[name]:
		t.block(1)
	}
}

// link numbers a link that leads somewhere.
func (t *texter) link(z *html.Tokenizer) {
	for {
		key, value, more := z.TagAttr()
		if href := strings.TrimSpace(string(value)); string(key) == "href" && href != "" && href[0] != '#' && len(t.links) < 5000 {
			t.links = append(t.links, href)
			t.word("[" + strconv.Itoa(len(t.links)) + "]")
			t.blank = true
			return
		}
		if !more {
			return
		}
	}
}

// text adds words; white space collapses outside of pre.
func (t *texter) text(text string) {
	if t.pre > 0 {
		for i, line := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
			if i > 0 {
				t.newLine()
			}
			t.word(line)
		}
		return
	}
	start := -1
	for i := 0; i < len(text); i++ {
		if isWhite(text[i]) {
			if start >= 0 {
				t.word(text[start:i])
				start = -1
			}
			t.blank = true
		} else if start < 0 {
			start = i
		}
	}
	if start >= 0 {
		t.word(text[start:])
	}
}

// word writes what is due before it, then itself.
func (t *texter) word(word string) {
	if word == "" {
		return
	}
	switch {
	case t.breaks > 0 && t.hasText:
		t.out.WriteString("\n\n"[:t.breaks])
		t.startLine()
	case !t.hasText:
		t.startLine()
	case t.blank && t.lineOpen:
		t.out.WriteByte(' ')
	}
	t.breaks, t.blank, t.hasText, t.lineOpen = 0, false, true, true
	t.out.WriteString(word)
}

func (t *texter) startLine() {
	t.out.WriteString(strings.Repeat("> ", t.quotes))
	t.line = t.out.Len()
}

// endLine keeps the blank of "-- ", by which clients know a signature.
func (t *texter) endLine() {
	if t.blank && t.lineOpen && t.out.String()[t.line:] == "--" {
		t.out.WriteByte(' ')
	}
	t.blank, t.lineOpen = false, false
}

// block asks for at least so many line breaks.
func (t *texter) block(breaks int) {
	t.breaks = max(t.breaks, breaks)
	t.endLine()
}

// newLine asks for one more, so that there is at most one empty line in a row.
func (t *texter) newLine() {
	t.breaks = min(t.breaks+1, 2)
	t.endLine()
}

func (t *texter) finish() string {
	text := strings.ReplaceAll(t.out.String(), "\u00a0", " ")
	if len(t.links) == 0 {
		return text
	}
	var b strings.Builder
	b.WriteString(text + "\n\n")
	for i, href := range t.links {
		b.WriteString("[" + strconv.Itoa(i+1) + "] " + href + "\n")
	}
	return b.String()
}
