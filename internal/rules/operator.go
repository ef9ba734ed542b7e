package rules

import "slices"

// family is a group of operators that are bound in the same way.
type family int

const (
	equality   family = iota + 1 // is one of the values
	membership                   // the same, without a say on what is not set
	matching                     // text has a part
	regular                      // text fits a regular expression
	holding                      // a list has keys
	moment                       // a time lies between two others
	size                         // a number is less or greater
	change                       // something happened to the attribute
	reach                        // a deadline came
	shift                        // it is working time
	presence                     // there is something
)

// operator is one word of the language.
type operator struct {
	family  family
	negated bool
	kinds   []Kind
	bare    bool // it needs no value
	filled  bool // its value must not be blank
	place   place
	all     bool // every key, not just one
	span    window
	order   string // of SQL: <, <=, >, >=
}

// place is where in a text something has to be.
type place int

const (
	anywhere place = iota
	atStart
	atEnd
)

var (
	scalars   = []Kind{Text, Number, Decimal, Bool, Time, Date, External}
	texts     = []Kind{Text}
	numbers   = []Kind{Number, Decimal}
	times     = []Kind{Time, Date}
	lists     = []Kind{List}
	everyKind = append(slices.Clone(scalars), List)
)

var operators = map[string]operator{
	"is":                     {family: equality, kinds: scalars},
	"is not":                 {family: equality, kinds: scalars, negated: true},
	"is any of":              {family: membership, kinds: []Kind{Text, Number}, bare: true},
	"is none of":             {family: membership, kinds: []Kind{Text, Number}, bare: true, negated: true},
	"contains":               {family: matching, kinds: texts, filled: true},
	"contains not":           {family: matching, kinds: texts, filled: true, negated: true},
	"starts with":            {family: matching, kinds: texts, place: atStart},
	"ends with":              {family: matching, kinds: texts, place: atEnd},
	"starts with one of":     {family: matching, kinds: texts, place: atStart},
	"ends with one of":       {family: matching, kinds: texts, place: atEnd},
	"matches regex":          {family: regular, kinds: texts},
	"does not match regex":   {family: regular, kinds: texts, negated: true},
	"contains all":           {family: holding, kinds: lists, filled: true, all: true},
	"contains one":           {family: holding, kinds: lists, filled: true},
	"contains all not":       {family: holding, kinds: lists, filled: true, all: true, negated: true},
	"contains one not":       {family: holding, kinds: lists, filled: true, negated: true},
	"today":                  {family: moment, kinds: times, bare: true, span: today},
	"before (absolute)":      {family: moment, kinds: times, span: until},
	"after (absolute)":       {family: moment, kinds: times, span: since},
	"before (relative)":      {family: moment, kinds: times, span: untilPast},
	"after (relative)":       {family: moment, kinds: times, span: sinceFuture},
	"within last (relative)": {family: moment, kinds: times, span: pastToNow},
	"within next (relative)": {family: moment, kinds: times, span: nowToFuture},
	"till (relative)":        {family: moment, kinds: times, span: untilFuture},
	"from (relative)":        {family: moment, kinds: times, span: sincePast},

	"is less than":                {family: size, kinds: numbers, order: "<"},
	"is less than or equal to":    {family: size, kinds: numbers, order: "<="},
	"is greater than":             {family: size, kinds: numbers, order: ">"},
	"is greater than or equal to": {family: size, kinds: numbers, order: ">="},

	"has changed":            {family: change, kinds: everyKind, bare: true},
	"has reached":            {family: reach, kinds: times, bare: true},
	"has reached warning":    {family: reach, kinds: times, bare: true, all: true},
	"is in working time":     {family: shift},
	"is not in working time": {family: shift, negated: true},
	"is set":                 {family: presence, bare: true},
	"not set":                {family: presence, bare: true, negated: true},
}

// families are the operators that attributes understand which are no columns.
var families = map[special]family{
	isTags: holding, isSubscribers: equality, isReplacement: equality, isEventType: equality, isEventArticle: equality,
	isAccounted: presence, isWorkingTime: shift, isExisting: equality, isOpenExisting: equality, isRoles: equality, isMembers: equality,
}

// fits reports whether the operator makes sense for an attribute.
func (o operator) fits(a attribute) bool {
	if a.special != isColumn {
		return o.family == families[a.special]
	}
	if o.family == change || o.family == reach {
		return a.relation == "ticket"
	}
	return slices.Contains(o.kinds, a.kind)
}
