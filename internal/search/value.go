package search

import (
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"postroom/internal/rules"
	"postroom/internal/wording"
)

// value reads what stands behind the name of an attribute.
func (p *parser) value(field string, named token, depth int) *part {
	if p.end() || !p.tokens[p.next].glued && p.tokens[p.next].kind != phrase && p.tokens[p.next].kind != word {
		return p.word("", token{kind: word, text: named.raw, raw: named.raw})
	}
	t := p.tokens[p.next]
	p.next++
	switch {
	case t.kind == opening:
		return p.group(field, depth)
	case field == "_exists_":
		return p.exists(p.field(strings.TrimSuffix(t.text, keyword)), t)
	case t.kind == word && strings.HasSuffix(field, ".name"):
		p.begun, p.behind = field, p.next
	}
	return p.word(field, t)
}

// further reads a word behind the first one of a name: programs write state.name:pending reminder without
// quotes, and search engines, which look for words in names, too, find what they mean. Where nothing is
// called so it is a word like others: those the database finds faster.
func (p *parser) further(t token) *part {
	name := p.begun
	p.behind = p.next
	found := p.word("", t)
	if found == nil || !p.attributes.Named(name, plainText(t)) {
		return found
	}
	inName := p.compare(name, t)
	if inName == nil {
		return found
	}
	return anyOf([]*part{found, inName})
}

// keyword, behind the name of an attribute, asks for the whole text of it: title.keyword:"on fire".
const keyword = ".keyword"

// whole reads a value that a text has to be from beginning to end.
func (p *parser) whole(field string, named token, depth int) *part {
	kind, _ := p.attributes.Kind(field)
	if p.end() || kind != rules.Text {
		return p.value(field, named, depth)
	}
	t := p.tokens[p.next]
	if !t.glued || t.kind != phrase && t.kind != word || t.kind == word && strings.ContainsAny(t.text, "*?<>") {
		return p.value(field, named, depth)
	}
	p.next++
	p.terms++
	text := plainText(t)
	found := p.one(field, "is", text, p.engineName(field)+keyword+":"+engineQuoted(text))
	if found == nil || p.terms > maxTerms {
		return nil
	}
	return narrowed(field, t, found)
}

// word makes a query of one word or phrase; nil: it says nothing.
func (p *parser) word(field string, t token) *part {
	p.terms++
	if p.terms > maxTerms {
		return nil
	}
	if field != "" {
		if found := p.compare(field, t); found != nil {
			return found
		}
		p.marks = append(p.marks, wording.Mark{Pattern: rules.Literal(t.raw)})
		return asTyped(t) // not a value of the attribute: a word like others
	}
	pattern := likePattern(t)
	if strings.Trim(pattern, "%_-+") == "" {
		return nil
	}
	p.marks = append(p.marks, wording.Mark{Pattern: pattern})
	return &part{rules.Words(pattern), engineWord(t)}
}

func asTyped(t token) *part {
	return &part{rules.Words(rules.Literal(t.raw)), engineQuoted(t.raw)}
}

// likePattern writes a word as a pattern of LIKE. It is looked for anywhere, so that a * before or
// behind it says nothing.
func likePattern(t token) string {
	var out strings.Builder
	skipped := false
	each(t, func(r rune, wild bool) {
		if wild && r == '*' {
			skipped = true
			return
		}
		if skipped && out.Len() > 0 {
			out.WriteByte('%')
		}
		skipped = false
		if wild {
			out.WriteByte('_')
			return
		}
		out.WriteString(rules.Literal(string(r)))
	})
	return out.String()
}

// each hands on the characters of a token one by one: wild are those that stand for others.
func each(t token, do func(r rune, wild bool)) {
	escaped := false
	for _, r := range t.text {
		if r == '\\' && !escaped {
			escaped = true
			continue
		}
		do(r, t.kind == word && !escaped && (r == '*' || r == '?'))
		escaped = false
	}
	if escaped {
		do('\\', false)
	}
}

// compare makes a query of an attribute and a value; nil: they don't fit.
func (p *parser) compare(field string, t token) *part {
	kind, _ := p.attributes.Kind(field)
	switch {
	case t.kind == word && t.text == "*":
		return p.exists(field, t)
	case t.kind == span:
		return p.between(field, kind, t.text)
	case t.kind == word && strings.ContainsAny(t.text[:1], "<>"):
		return p.beyond(field, kind, t.text)
	}
	text, name := plainText(t), p.engineName(field)
	switch kind {
	case rules.Text:
		return p.text(field, t)
	case rules.List:
		return p.one(field, "contains one", text, name+".keyword:"+engineQuoted(text))
	case rules.Time, rules.Date:
		return p.day(field, text)
	case rules.External:
		name += ".value"
	}
	return p.one(field, "is", text, name+":"+engineQuoted(text))
}

// one makes a query of one comparison, and of what the engine is asked.
func (p *parser) one(field, operator string, value any, text string) *part {
	found, ok := p.attributes.Compare(field, operator, value)
	if !ok {
		return nil
	}
	return &part{found, text}
}

// indexed are the texts whose words are in the database's index.
var indexed = map[string]bool{
	"ticket.title": true, "ticket.number": true, "article.body": true, "article.subject": true, "article.from": true, "article.to": true,
}

// text looks for words in one text. Where the words are in the index, too, it is asked first, so that
// few texts have to be looked at.
func (p *parser) text(field string, t token) *part {
	found := p.one(field, "matches regex", regular(t), p.engineName(field)+":"+engineValue(t))
	if found == nil {
		return nil
	}
	open := t.kind == word && strings.Trim(t.text, "*") != t.text
	p.marks = append(p.marks, wording.Mark{Field: p.engineName(field), Pattern: likePattern(t), Whole: !open})
	return narrowed(field, t, found)
}

// narrowed asks the index for the words of a text before the text is looked at.
func narrowed(field string, t token, found *part) *part {
	if !indexed[field] {
		return found
	}
	queries := []*rules.Query{}
	for _, piece := range wording.Pieces(likePattern(t)) {
		if piece.Start != "" {
			queries = append(queries, rules.Words(piece.Like))
		}
	}
	found.query = rules.AllOf(append(queries, found.query)...)
	return found
}

// exists looks for records in which something is set.
func (p *parser) exists(field string, t token) *part {
	if found := p.one(field, "is not", nil, "_exists_:"+p.engineName(field)); found != nil {
		return found
	}
	return asTyped(t)
}

func plainText(t token) string {
	var out strings.Builder
	each(t, func(r rune, _ bool) { out.WriteRune(r) })
	return out.String()
}

// regular makes the regular expression that finds a value as a word of a text: "open" is not in
// "reopened". A wildcard stands for a part of a word.
func regular(t token) string {
	var out strings.Builder
	whole := ""
	each(t, func(r rune, wild bool) {
		switch {
		case wild && r == '*':
			out.WriteString(`\w*`)
			r = 'x'
		case wild:
			out.WriteString(`\w`)
			r = 'x'
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '_', r == ' ', r > unicode.MaxASCII:
			out.WriteRune(r)
		default:
			out.WriteString(`\` + string(r))
		}
		whole += string(r)
	})
	pattern := out.String()
	if whole == "" {
		return pattern
	}
	runes := []rune(whole)
	if isWord(runes[0]) {
		pattern = `\m` + pattern
	}
	if isWord(runes[len(runes)-1]) {
		pattern += `\M`
	}
	return pattern
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' }

// beyond reads >5, >=5, <5, <=5.
func (p *parser) beyond(field string, kind rules.Kind, text string) *part {
	limit := strings.TrimLeft(text, "<>=")
	sign := text[:len(text)-len(limit)]
	switch sign {
	case ">", ">=":
		return p.limit(field, kind, limit, true, sign == ">=")
	case "<", "<=":
		return p.limit(field, kind, limit, false, sign == "<=")
	}
	return nil
}

// between reads [from TO to]; a curly bracket leaves its end out.
func (p *parser) between(field string, kind rules.Kind, text string) *part {
	found := rangeText.FindStringSubmatch(text)
	var all []*part
	for i, edge := range found[1:] {
		edge = strings.Trim(edge, `"`)
		if edge == "*" {
			continue
		}
		inclusive := text[0] == '['
		if i == 1 {
			inclusive = text[len(text)-1] == ']'
		}
		limit := p.limit(field, kind, edge, i == 0, inclusive)
		if limit == nil {
			return nil
		}
		all = append(all, limit)
	}
	if len(all) == 0 {
		return p.exists(field, token{raw: text})
	}
	return allOf(all)
}

// limit compares with one end of a range.
func (p *parser) limit(field string, kind rules.Kind, text string, lower, inclusive bool) *part {
	if kind == rules.Time || kind == rules.Date {
		return p.moment(field, text, lower, inclusive)
	}
	operator := map[[2]bool]string{
		{true, true}: "is greater than or equal to", {true, false}: "is greater than",
		{false, true}: "is less than or equal to", {false, false}: "is less than",
	}[[2]bool{lower, inclusive}]
	return p.one(field, operator, text, p.engineRange(field, text, lower, inclusive))
}

// engineRange writes one end of a range for the engine.
func (p *parser) engineRange(field, edge string, lower, inclusive bool) string {
	from, to := engineQuoted(edge), "*"
	if !lower {
		from, to = to, from
	}
	brackets := map[bool]string{true: "[]", false: "{}"}[inclusive]
	return p.engineName(field) + ":" + brackets[:1] + from + " TO " + to + brackets[1:]
}

// moment compares with a time. A day is meant whole: up to a day is up to its end, after it from
// the next one.
func (p *parser) moment(field, text string, lower, inclusive bool) *part {
	from, to, ok := p.times(text)
	if !ok {
		return nil
	}
	at := to
	if lower == inclusive {
		at = from
	}
	if !inclusive && lower {
		at = at.Add(time.Millisecond)
	} else if !inclusive {
		at = at.Add(-time.Millisecond)
	}
	return p.until(field, at, lower)
}

// until looks for times up to one, or from one on.
func (p *parser) until(field string, at time.Time, lower bool) *part {
	operator, edge := "before (absolute)", at.Format(time.RFC3339Nano)
	if lower {
		operator = "after (absolute)"
	}
	return p.one(field, operator, edge, p.engineRange(field, edge, lower, true))
}

// day looks for a time, which may be a whole day.
func (p *parser) day(field, text string) *part {
	from, to, ok := p.times(text)
	if !ok {
		return nil
	}
	first, last := p.until(field, from, true), p.until(field, to, false)
	if first == nil || last == nil {
		return nil
	}
	return allOf([]*part{first, last})
}

var counted = regexp.MustCompile(`^now(?:([+-])(\d{1,6})([smhHdwMy]))?(/d)?$`)

// times reads a time: the first and the last moment that it may be.
func (p *parser) times(text string) (from, to time.Time, ok bool) {
	if found := counted.FindStringSubmatch(text); found != nil {
		at := p.counted(found)
		if found[4] == "" {
			return at, at, true
		}
		from = time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC)
		return from, from.AddDate(0, 0, 1).Add(-time.Millisecond), true
	}
	for layout, next := range map[string]func(time.Time) time.Time{
		"2006": func(t time.Time) time.Time { return t.AddDate(1, 0, 0) }, "2006-01": func(t time.Time) time.Time { return t.AddDate(0, 1, 0) },
		time.DateOnly: func(t time.Time) time.Time { return t.AddDate(0, 0, 1) },
	} {
		if at, err := time.Parse(layout, text); err == nil && at.Year() > 0 {
			return at, next(at).Add(-time.Millisecond), true
		}
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateTime} {
		if at, err := time.Parse(layout, text); err == nil && at.Year() > 0 {
			return at.UTC(), at.UTC(), true
		}
	}
	return from, to, false
}

// counted reads now-7d.
func (p *parser) counted(found []string) time.Time {
	n, _ := strconv.Atoi(found[2])
	if found[1] == "-" {
		n = -n
	}
	switch found[3] {
	case "s":
		return p.now.Add(time.Duration(n) * time.Second)
	case "m":
		return p.now.Add(time.Duration(n) * time.Minute)
	case "h", "H":
		return p.now.Add(time.Duration(n) * time.Hour)
	case "d":
		return p.now.AddDate(0, 0, n)
	case "w":
		return p.now.AddDate(0, 0, 7*n)
	case "M":
		return p.now.AddDate(0, n, 0)
	case "y":
		return p.now.AddDate(min(max(n, -2000), 5000), 0, 0)
	}
	return p.now
}
