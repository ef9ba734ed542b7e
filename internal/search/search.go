// Package search reads what people type into search fields.
//
// The text comes in as a search engine takes it: words, "several words", attribute:value,
// attribute:(this OR that), ranges, wildcards, AND, OR, NOT and brackets. It leaves as a query that
// the database understands, and as one for a search engine that means the same. Nothing that can be
// typed is an error: what makes no sense as syntax is looked for as it was typed. The package asks
// nobody and decides nothing about who may see what.
package search

import (
	"strings"
	"time"

	"postroom/internal/rules"
	"postroom/internal/wording"
)

// Bounds on what somebody can make the database think about.
const (
	maxTerms = 64
	maxDepth = 20
	maxText  = 4000
)

// Reading is what somebody typed.
type Reading struct {
	Query  *rules.Query // for the database
	Engine string       // for a search engine, in the syntax of its query_string; without letters: everything
	Marks  []wording.Mark
}

// Parse reads a text. The attributes say which names before a colon are attributes; now is what
// times that count from now are about.
func Parse(text string, attributes *rules.Attributes, now time.Time) Reading {
	p := &parser{
		tokens: tokens(clean(text)), attributes: attributes.Wide(), now: now.UTC().Truncate(time.Millisecond),
	}
	var all []*part
	for !p.end() {
		if found := p.either("", 0); found != nil {
			all = append(all, found)
			continue
		}
		p.next++ // a bracket too many
	}
	found := allOf(all)
	return Reading{Query: found.query, Engine: found.text, Marks: p.marks}
}

// clean cuts what is too long, and takes away what no text in the database has.
func clean(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text[:min(len(text), maxText)], ""), "\x00", "")
}

type parser struct {
	tokens     []token
	next       int
	terms      int
	attributes *rules.Attributes
	now        time.Time
	marks      []wording.Mark // of what is to be found
	begun      string         // the attribute of a name whose first word was read: state.name of state.name:pending
	behind     int            // the token behind that word
}

func (p *parser) end() bool { return p.next >= len(p.tokens) }

// accept takes the next token if it is one of a kind.
func (p *parser) accept(kind kind) bool {
	if p.end() || p.tokens[p.next].kind != kind {
		return false
	}
	p.next++
	return true
}

// either reads what OR joins. field is the attribute that values without a name of their own are
// of; empty: any text.
func (p *parser) either(field string, depth int) *part {
	var any []*part
	for {
		if found := p.both(field, depth); found != nil {
			any = append(any, found)
		}
		if !p.accept(or) {
			break
		}
	}
	if len(any) == 0 {
		return nil
	}
	return anyOf(any)
}

// both reads what AND joins, or nothing in between.
func (p *parser) both(field string, depth int) *part {
	var all []*part
	for !p.end() && p.tokens[p.next].kind != or && p.tokens[p.next].kind != closing {
		if p.accept(and) {
			continue
		}
		if found := p.term(field, depth); found != nil {
			all = append(all, found)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return allOf(all)
}

// term reads a word, a value of an attribute, or what is in brackets.
func (p *parser) term(field string, depth int) *part {
	negated := false
	for p.accept(not) {
		negated = !negated
	}
	if p.end() || p.tokens[p.next].kind == or || p.tokens[p.next].kind == closing {
		return nil
	}
	marked := len(p.marks)
	found := p.positive(field, depth)
	if found == nil || !negated {
		return found
	}
	p.marks = p.marks[:marked]
	return noneOf(found)
}

func (p *parser) positive(field string, depth int) *part {
	t := p.tokens[p.next]
	p.next++
	switch t.kind {
	case opening:
		return p.group(field, depth)
	case name:
		if known := p.field(t.text); known != "" {
			return p.value(known, t, depth)
		}
		if known := p.field(strings.TrimSuffix(t.text, keyword)); known != "" {
			return p.whole(known, t, depth)
		}
		// Not an attribute, as in "Re: printer" or a web address: a word like others.
		if !p.end() && p.tokens[p.next].glued {
			t.text += ":" + p.tokens[p.next].raw
			p.next++
			return p.word(field, token{kind: word, text: t.text, raw: t.text})
		}
		t.text += ":"
	case word:
		if field == "" && p.begun != "" && p.behind == p.next-1 {
			return p.further(t)
		}
	}
	return p.word(field, t)
}

func (p *parser) group(field string, depth int) *part {
	if depth >= maxDepth {
		return nil
	}
	found := p.either(field, depth+1)
	p.accept(closing)
	return found
}

// field returns the whole name of an attribute; empty: it is none.
func (p *parser) field(typed string) string {
	if typed == "_exists_" {
		return typed
	}
	for _, name := range []string{typed, p.attributes.Main() + "." + typed} {
		if _, known := p.attributes.Kind(name); known {
			return name
		}
	}
	// Search engines know what another system calls something by a name below that of the attribute.
	if above, found := strings.CutSuffix(typed, ".value"); found {
		if name := p.field(above); name != "" {
			if kind, _ := p.attributes.Kind(name); kind == rules.External {
				return name
			}
		}
	}
	return ""
}
