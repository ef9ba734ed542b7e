// Package enginequery writes conditions about tickets as queries of a search engine.
//
// It writes only what documents answer exactly as the database would, and says so of everything else:
// what an index reads otherwise, holds in parts or is not told of.
package enginequery

import (
	"strings"
	"time"
	"unicode/utf16"

	"postroom/internal/rules"
)

// Query is a query as engines read it.
type Query = map[string]any

// Of writes a condition; nil: every ticket. It reports false for one that only the database can answer.
func Of(condition *rules.Bound) (Query, bool) {
	if condition == nil {
		return everything, true
	}
	return rules.Write(condition, language{})
}

var everything = Query{"match_all": Query{}}

type language struct{}

func (language) Fixed(holds bool) Query {
	if holds {
		return everything
	}
	return Query{"match_none": Query{}}
}

func (l language) All(parts []Query) Query {
	if len(parts) == 0 {
		return l.Fixed(true)
	}
	return Query{"bool": Query{"filter": parts}}
}

func (l language) Any(parts []Query) Query {
	if len(parts) == 0 {
		return l.Fixed(false)
	}
	return Query{"bool": Query{"should": parts, "minimum_should_match": 1}}
}

func (l language) Compare(c rules.Comparison) (Query, bool) {
	field, known := fieldOf(c)
	if !known {
		return nil, false
	}
	inside, ok := l.inside(field, c)
	if !ok {
		return nil, false
	}
	set := Query{"exists": Query{"field": field}}
	switch {
	case c.In && c.Missing:
		return l.Any([]Query{inside, without(set)}), true
	case c.In:
		return inside, true
	case c.Missing:
		return without(inside), true
	}
	return l.All([]Query{set, without(inside)}), true
}

func without(q Query) Query { return Query{"bool": Query{"must_not": []Query{q}}} }

// inside finds documents in which a field has one of the values, or is within the limits.
func (l language) inside(field string, c rules.Comparison) (Query, bool) {
	if c.Limits != nil {
		return within(field, c.Limits)
	}
	var plain []any
	var ways []Query
	for _, value := range c.Values {
		switch value := value.(type) {
		case time.Time: // engines take a number for a year when it could be one
			at, ok := within(field, []rules.Limit{{Order: ">=", Value: value}, {Order: "<=", Value: value}})
			if !ok {
				return nil, false
			}
			ways = append(ways, at)
		case string:
			if len(utf16.Encode([]rune(value))) > longestKeyword {
				return nil, false
			}
			plain, field = append(plain, value), strings.TrimSuffix(field, whole)+whole
		default:
			plain = append(plain, value)
		}
	}
	if plain != nil {
		ways = append(ways, Query{"terms": Query{field: plain}})
	}
	return l.Any(ways), true
}

const (
	// whole is the part of a text's field that holds it as it is.
	whole = ".keyword"
	// longestKeyword is how many UTF-16 units a text has at most that is kept as a whole. A longer one is
	// equal to none that is shorter, so it need not be.
	longestKeyword = 256
)

// orders are what engines call them.
var orders = map[string]string{"<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}

func within(field string, limits []rules.Limit) (Query, bool) {
	bounds := Query{}
	for _, limit := range limits {
		value := limit.Value
		if at, isTime := value.(time.Time); isTime {
			if at.UTC().Year() < 1 || at.UTC().Year() > 9999 { // a relative one may be; engines can't read them
				return nil, false
			}
			value = Moment(at)
		}
		bounds[orders[limit.Order]] = value
	}
	return Query{"range": Query{field: bounds}}, true
}

// Moment is a time as engines read it, whatever their zone.
func Moment(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
