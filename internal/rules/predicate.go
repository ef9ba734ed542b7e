package rules

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// truth is the outcome of a comparison.
type truth int

const (
	isFalse truth = iota
	unknown
	isTrue
)

func truthOf(b bool) truth {
	if b {
		return isTrue
	}
	return isFalse
}

func (t truth) negated() truth { return isTrue - t }

// predicate is what a comparison asks of one value. truth and sql must mean the same: that is what
// the tests of both compare.
type predicate interface {
	// truth judges a value: nil for what is not set, string, int64, float64, bool, time.Time, []string.
	truth(value any) truth
	// sql writes the same about a column.
	sql(column string, w *writer) string
}

// ifNull says what a comparison makes of a value that is not set.
type ifNull int

const (
	nullUnknown ifNull = iota
	nullFits
	nullFails
)

func (n ifNull) truth() truth { return []truth{unknown, isTrue, isFalse}[n] }

// wrap adds the say on what is not set to the SQL of a comparison.
func (n ifNull) wrap(column, sql string) string {
	switch n {
	case nullFits:
		return "(" + sql + " OR " + column + " IS NULL)"
	case nullFails:
		return "(" + sql + " AND " + column + " IS NOT NULL)"
	}
	return sql
}

// among asks whether a value is one of a set.
type among struct {
	set     set
	negated bool
	null    ifNull
}

func (p among) truth(value any) truth {
	if value == nil && p.null == nullUnknown && p.set.size() == 0 {
		return truthOf(p.negated) // as SQL has it: even what is not set is in no empty list
	}
	if value == nil {
		return p.null.truth()
	}
	return truthOf(p.set.has(value) != p.negated)
}

func (p among) sql(column string, w *writer) string {
	switch {
	case p.set.size() == 0 && p.null == nullFits && !p.negated:
		return column + " IS NULL"
	case p.set.size() == 0 && p.null == nullFails && p.negated:
		return column + " IS NOT NULL"
	case p.negated:
		return p.null.wrap(column, column+" <> ALL("+p.set.list(w)+")")
	}
	if p.set.kind == Number && p.set.size() == 1 {
		// Not a list of one: PostgreSQL reads the records of one id in the order of its index.
		return p.null.wrap(column, column+" = "+w.Add(p.set.numbers[0]))
	}
	return p.null.wrap(column, column+" = ANY("+p.set.list(w)+")")
}

// having asks whether one of the texts is in a value, whatever the case.
type having struct {
	texts   []string
	place   place
	negated bool
	null    ifNull
}

func (p having) truth(value any) truth {
	text, set := value.(string)
	if !set {
		return p.null.truth()
	}
	text = strings.ToLower(text)
	found := slices.ContainsFunc(p.texts, func(part string) bool {
		part = strings.ToLower(part)
		switch p.place {
		case atStart:
			return strings.HasPrefix(text, part)
		case atEnd:
			return strings.HasSuffix(text, part)
		}
		return strings.Contains(text, part)
	})
	return truthOf(found != p.negated)
}

func (p having) sql(column string, w *writer) string {
	var any []string
	for _, text := range p.texts {
		pattern := literally.Replace(text)
		if p.place != atStart {
			pattern = "%" + pattern
		}
		if p.place != atEnd {
			pattern += "%"
		}
		any = append(any, column+" ILIKE "+w.Add(pattern))
	}
	sql := "(" + strings.Join(any, " OR ") + ")"
	if p.negated {
		sql = "NOT " + sql
	}
	return p.null.wrap(column, sql)
}

// literally takes their meaning from the characters that have one for LIKE.
var literally = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// fitting asks whether a value fits a regular expression.
type fitting struct {
	pattern  string
	compiled *regexp.Regexp
	negated  bool
}

func (p fitting) truth(value any) truth {
	text, set := value.(string)
	if !set {
		return unknown
	}
	return truthOf(p.compiled.MatchString(text) != p.negated)
}

func (p fitting) sql(column string, w *writer) string {
	if p.negated {
		return column + " !~* " + w.Add(p.pattern)
	}
	return column + " ~* " + w.Add(p.pattern)
}

// between asks whether a time lies between two others, both included; nil: there is none.
type between struct{ from, to *time.Time }

func (p between) truth(value any) truth {
	at, set := value.(time.Time)
	if !set {
		return unknown
	}
	return truthOf((p.from == nil || !at.Before(*p.from)) && (p.to == nil || !at.After(*p.to)))
}

func (p between) sql(column string, w *writer) string {
	var all []string
	if p.from != nil {
		all = append(all, column+" >= "+w.Add(*p.from))
	}
	if p.to != nil {
		all = append(all, column+" <= "+w.Add(*p.to))
	}
	return "(" + strings.Join(all, " AND ") + ")"
}

// ordered asks whether a number is less or greater than another.
type ordered struct {
	order string // <, <=, >, >=
	limit set    // one number
}

func (p ordered) truth(value any) truth {
	number, set := value.(float64)
	if whole, isWhole := value.(int64); isWhole {
		number, set = float64(whole), true
	}
	if !set {
		return unknown
	}
	limit := p.limit.reals[0]
	switch p.order {
	case "<":
		return truthOf(number < limit)
	case "<=":
		return truthOf(number <= limit)
	case ">":
		return truthOf(number > limit)
	}
	return truthOf(number >= limit)
}

func (p ordered) sql(column string, w *writer) string {
	return column + " " + p.order + " ALL(" + p.limit.list(w) + ")"
}

// keyed asks whether a list has keys.
type keyed struct {
	keys    []string
	all     bool
	negated bool
}

func (p keyed) truth(value any) truth {
	list, set := value.([]string)
	if !set {
		return unknown
	}
	has := func(key string) bool { return slices.Contains(list, key) }
	found := slices.ContainsFunc(p.keys, has)
	if p.all {
		found = !slices.ContainsFunc(p.keys, func(key string) bool { return !has(key) })
	}
	return truthOf(found != p.negated)
}

func (p keyed) sql(column string, w *writer) string {
	operator := " ?| "
	if p.all {
		operator = " ?& "
	}
	sql := column + operator + w.Add(p.keys)
	if p.negated {
		return "NOT (" + sql + ")"
	}
	return sql
}
