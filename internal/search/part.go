package search

import (
	"strings"

	"postroom/internal/rules"
	"postroom/internal/wording"
)

// part is a part of what was typed, for both who are asked.
type part struct {
	query *rules.Query
	text  string
}

// everything is what is found where nothing is asked for, in the engine's syntax.
const everything = "*:*"

func allOf(parts []*part) *part {
	if len(parts) == 0 {
		return &part{rules.AllOf(), everything}
	}
	return joined(parts, " AND ", rules.AllOf)
}

func anyOf(parts []*part) *part { return joined(parts, " OR ", rules.AnyOf) }

func joined(parts []*part, by string, join func(...*rules.Query) *rules.Query) *part {
	if len(parts) == 1 {
		return parts[0]
	}
	queries, texts := make([]*rules.Query, len(parts)), make([]string, len(parts))
	for i, p := range parts {
		queries[i], texts[i] = p.query, p.text
	}
	return &part{join(queries...), "(" + strings.Join(texts, by) + ")"}
}

// noneOf says of what something is left out: the engine finds nothing by a negation alone.
func noneOf(p *part) *part {
	return &part{rules.NoneOf(p.query), "(" + everything + " AND NOT " + p.text + ")"}
}

// engineWord writes a word for the engine as it is found without an attribute: also as the beginning of
// a longer one. What is more than one word to the engine has to be there as it was typed.
func engineWord(t token) string {
	text := engineValue(t)
	if strings.HasSuffix(text, `"`) || strings.HasSuffix(text, "*") {
		return text
	}
	return text + "*"
}

// engineValue writes a word or a phrase for the engine. Wildcards keep their meaning in a word.
func engineValue(t token) string {
	pieces := wording.Pieces(likePattern(t))
	if t.kind != word || len(pieces) != 1 || !pieces[0].Cut || !pieces[0].Open {
		return engineQuoted(plainText(t))
	}
	var out strings.Builder
	each(t, func(r rune, _ bool) { out.WriteRune(r) })
	return out.String()
}

var quotes = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

func engineQuoted(text string) string { return `"` + quotes.Replace(text) + `"` }

// engineName is what the engine's documents call an attribute.
func (p *parser) engineName(field string) string {
	return strings.TrimPrefix(field, p.attributes.Main()+".")
}
