package wording

import (
	"html"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Mark is what somebody looked for, to be shown where it was found.
type Mark struct {
	Field   string // it was looked for in this one alone; empty: in every text
	Pattern string // of LIKE, as Pieces takes it
	Whole   bool   // not as a part of a longer word
}

// Bounds on what is shown of one text.
const (
	mostMarks    = 16
	mostPassages = 3
	mostFound    = 60  // of each mark
	shortText    = 240 // bytes; it is shown whole
	passageBytes = 160
	leadBytes    = 60 // before the first mark of a passage
)

// Marker finds marks in texts.
type Marker struct{ marks []compiled }

type compiled struct {
	Mark
	is *regexp.Regexp
}

// NewMarker returns a marker of some marks, of which the first so many count.
func NewMarker(marks []Mark) *Marker {
	m := &Marker{}
	for _, mark := range marks[:min(len(marks), mostMarks)] {
		if text := expression(mark.Pattern); text != "" {
			m.marks = append(m.marks, compiled{mark, regexp.MustCompile(text)})
		}
	}
	return m
}

const inWord = `[\pL\pN\pM]`

// expression writes a pattern of LIKE as a regular expression. What stands between words may be something
// else in the text: engines don't look at it either.
func expression(pattern string) string {
	var out strings.Builder
	gap, escaped, letters := false, false, 0
	for _, r := range pattern {
		switch {
		case r == '\\' && !escaped:
			escaped = true
			continue
		case !escaped && (r == '%' || r == '_'), !between(r):
			if gap && letters > 0 {
				out.WriteString(`[^\pL\pN\pM]+`)
			}
			gap = false
			out.WriteString(oneOf(r, escaped))
			letters++
		default:
			gap = true
		}
		escaped = false
	}
	if letters == 0 {
		return ""
	}
	return "(?i)" + out.String()
}

func oneOf(r rune, escaped bool) string {
	switch {
	case escaped:
	case r == '%':
		return inWord + "*"
	case r == '_':
		return inWord
	}
	return regexp.QuoteMeta(string(r))
}

// Passages are the parts of a text in which marks were found, in HTML: what was found stands in <em>. A
// short text is shown whole. There are none where nothing was found.
func (m *Marker) Passages(field, text string) []string {
	found := m.find(field, text)
	if len(found) == 0 {
		return nil
	}
	if len(text) <= shortText {
		return []string{emphasized(text, 0, len(text), found)}
	}
	var passages []string
	for len(found) > 0 && len(passages) < mostPassages {
		from := wordStart(text, max(found[0].from-leadBytes, 0))
		end := wordEnd(text, min(max(from+passageBytes, found[0].end), len(text)))
		n := 1
		for n < len(found) && found[n].end <= end {
			n++
		}
		passages = append(passages, emphasized(text, from, end, found[:n]))
		found = found[n:]
	}
	return passages
}

// span is a part of a text, in bytes.
type span struct{ from, end int }

// find returns where marks are in a text, in order. None begins before another ends.
func (m *Marker) find(field, text string) []span {
	var all []span
	for _, mark := range m.marks {
		if mark.Field != "" && mark.Field != field {
			continue
		}
		for _, at := range mark.is.FindAllStringIndex(text, mostFound) {
			word := span{wordStart(text, at[0]), wordEnd(text, at[1])}
			if at[0] < at[1] && (!mark.Whole || word == span{at[0], at[1]}) {
				all = append(all, word)
			}
		}
	}
	slices.SortFunc(all, func(a, b span) int { return a.from - b.from })
	var apart []span
	for _, s := range all {
		if last := len(apart) - 1; last >= 0 && s.from < apart[last].end {
			apart[last].end = max(apart[last].end, s.end)
			continue
		}
		apart = append(apart, s)
	}
	return apart
}

// wordStart moves a place in a text back to the beginning of the word that it is in.
func wordStart(text string, at int) int {
	for at > 0 && at < len(text) && !utf8.RuneStart(text[at]) {
		at--
	}
	for longest := at - 4*Longest; at > 0 && at > longest; {
		r, size := utf8.DecodeLastRuneInString(text[:at])
		if between(r) {
			break
		}
		at -= size
	}
	return at
}

// wordEnd moves it on to the end of the word.
func wordEnd(text string, at int) int {
	for at < len(text) && !utf8.RuneStart(text[at]) {
		at++
	}
	for longest := at + 4*Longest; at < len(text) && at < longest; {
		r, size := utf8.DecodeRuneInString(text[at:])
		if between(r) {
			break
		}
		at += size
	}
	return at
}

func emphasized(text string, from, end int, found []span) string {
	var out strings.Builder
	for _, s := range found {
		s.end = min(s.end, end)
		out.WriteString(html.EscapeString(text[from:s.from]))
		out.WriteString("<em>" + html.EscapeString(text[s.from:s.end]) + "</em>")
		from = s.end
	}
	out.WriteString(html.EscapeString(text[from:end]))
	return strings.TrimSpace(out.String())
}
