package rules

import (
	"slices"
	"strings"
)

// Query is what a search looks for: words that are anywhere in a record, and comparisons of its
// attributes, joined by and, or, not. Unlike a condition it is never unknown: what is not set is
// not what was looked for.
type Query struct {
	op       groupOperator
	of       []*Query
	compare  *Condition
	patterns []string // one of them is anywhere in the record; patterns of LIKE
}

// Words looks for one of the patterns, anywhere in a record. They are patterns of LIKE, see Literal.
func Words(patterns ...string) *Query { return &Query{patterns: patterns} }

// Literal makes a pattern of LIKE that finds a text as it was typed.
func Literal(text string) string { return literally.Replace(text) }

// AllOf, AnyOf and NoneOf join queries. All of none is everything.
func AllOf(queries ...*Query) *Query { return joined(opAll, queries) }

// AnyOf finds what one of the queries finds. Words stay together: one look finds any of them.
func AnyOf(queries ...*Query) *Query {
	patterns := []string{}
	for _, q := range queries {
		if q.patterns == nil {
			return joined(opAny, queries)
		}
		patterns = append(patterns, q.patterns...)
	}
	return Words(patterns...)
}

// NoneOf finds what the query does not find.
func NoneOf(q *Query) *Query { return &Query{op: opNone, of: []*Query{q}} }

func joined(op groupOperator, queries []*Query) *Query {
	if len(queries) == 1 {
		return queries[0]
	}
	return &Query{op: op, of: queries}
}

// Compare looks at one attribute. It fails where a condition would be invalid.
func (a *Attributes) Compare(name, operator string, value any) (*Query, bool) {
	compared, ok := newComparison(a, name, operator, specific, value, true, "")
	if !ok {
		return nil, false
	}
	return &Query{compare: &Condition{attributes: a, root: &node{leaf: compared}}}, true
}

// Wordy reports whether the query looks for words anywhere in records.
func (q *Query) Wordy() bool { return q.patterns != nil || slices.ContainsFunc(q.of, (*Query).Wordy) }

// EachWords calls do with the patterns of every place that looks for words.
func (q *Query) EachWords(do func(patterns []string)) {
	if q.patterns != nil {
		do(q.patterns)
	}
	for _, part := range q.of {
		part.EachWords(do)
	}
}

// OnlyRequired reports whether the words that Required lists are all that the query asks for.
func (q *Query) OnlyRequired() bool {
	if q.patterns != nil {
		return true
	}
	return q.op == opAll && q.compare == nil && !slices.ContainsFunc(q.of, func(part *Query) bool { return !part.OnlyRequired() })
}

// Required lists the words that must be in a record, whatever else it has: of each the patterns of
// which one must be found.
func (q *Query) Required() [][]string {
	switch {
	case q.patterns != nil:
		return [][]string{q.patterns}
	case q.op != opAll:
		return nil
	}
	var all [][]string
	for _, part := range q.of {
		all = append(all, part.Required()...)
	}
	return all
}

// Finder is the statement that a query becomes a part of.
type Finder struct {
	Statement
	Words func(patterns []string) string // writes that one of the patterns is in the record
}

// SQL writes the query as Bound.SQL does a condition.
func (q *Query) SQL(context Context, f Finder) string {
	switch {
	case q.patterns != nil:
		return f.Words(q.patterns)
	case q.compare != nil:
		bound, err := q.compare.Bind(context)
		if err != nil { // it asked for what nobody who types can ask for
			return "false"
		}
		return bound.SQL(f.Statement)
	case len(q.of) == 0:
		return "true"
	}
	var parts []string
	for _, part := range q.of {
		parts = append(parts, part.SQL(context, f))
	}
	switch q.op {
	case opNone:
		return "(" + parts[0] + ") IS NOT TRUE"
	case opAny:
		return "(" + strings.Join(parts, " OR ") + ")"
	}
	return "(" + strings.Join(parts, " AND ") + ")"
}
