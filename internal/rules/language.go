package rules

// Language is something else than SQL that a condition about tickets can be written in, such as what
// search engines are asked. T is a condition in it.
type Language[T any] interface {
	Fixed(holds bool) T
	All(parts []T) T
	Any(parts []T) T
	// Compare reports false for a comparison that the language has no exact words for.
	Compare(c Comparison) (T, bool)
}

// Comparison is what a condition asks of one attribute, with all negations inside. Of attributes that a
// ticket has many of, such as tags, it asks whether one of them is as it says; not In: whether none is.
type Comparison struct {
	Name    string  // the whole: ticket.state_id
	Custom  bool    // an administrator added it
	Values  []any   // int64, float64, string, bool or time.Time: it is one of them
	Limits  []Limit // or, where there are some, within all of these
	In      bool    // whether it has to be so, or must not
	Missing bool    // whether it holds as well where nothing is set
}

// Limit is a side of a stretch.
type Limit struct {
	Order string // <, <=, >, >=
	Value any    // float64 or time.Time
}

// Write writes a condition about tickets in another language. It reports false where one of its
// comparisons can't be said there: then nothing of the whole is of use.
func Write[T any](b *Bound, in Language[T]) (T, bool) {
	if b.object != ticketObject || b.context.Event != nil || b.context.Articles.Limited {
		var none T
		return none, false
	}
	return write(b.root, in)
}

func write[T any](p plan, in Language[T]) (none T, ok bool) {
	switch p := p.(type) {
	case fixed:
		return in.Fixed(bool(p)), true
	case allOf:
		parts, ok := writeEach(p, in)
		return in.All(parts), ok
	case anyOf:
		parts, ok := writeEach(p, in)
		return in.Any(parts), ok
	case some:
		// "One of the articles is not this" is not the opposite of "one of them is", and what several
		// comparisons say of the same row is more than what each says.
		if c, ok := comparisonOf(p.inner); ok && c.In && !c.Missing {
			return in.Compare(c)
		}
		return none, false
	case allTags:
		return writeTags(p, in)
	}
	if p.rows() != 0 {
		return none, false
	}
	c, ok := comparisonOf(p)
	if !ok {
		return none, false
	}
	return in.Compare(c)
}

func writeEach[T any](plans []plan, in Language[T]) ([]T, bool) {
	parts := make([]T, 0, len(plans))
	for _, p := range plans {
		part, ok := write(p, in)
		if !ok {
			return nil, false
		}
		parts = append(parts, part)
	}
	return parts, true
}

func writeTags[T any](p allTags, in Language[T]) (none T, ok bool) {
	about := Comparison{Name: "ticket.tags", In: !p.negated, Missing: p.negated}
	if p.one {
		about.Values = anyValues(p.names)
		return in.Compare(about)
	}
	var parts []T
	for _, name := range p.names {
		about.Values = []any{name}
		part, ok := in.Compare(about)
		if !ok {
			return none, false
		}
		parts = append(parts, part)
	}
	if p.negated {
		return in.Any(parts), true
	}
	return in.All(parts), true
}

// comparisonOf says what a plan asks of one attribute. It reports false for one that asks something else.
func comparisonOf(p plan) (Comparison, bool) {
	switch p := p.(type) {
	case cell:
		return p.comparison()
	case tag:
		return Comparison{Name: "ticket.tags", Values: anyValues(p.names), In: !p.negated}, true
	case subscriber:
		return Comparison{Name: "ticket.mention_user_ids", Values: anyValues(p.users), In: !p.negated}, true
	case anySubscriber:
		c := Comparison{Name: "ticket.mention_user_ids", Values: anyValues(p.users), In: !p.negated, Missing: p.negated}
		if p.users == nil { // anybody: not one of nobody
			c.In = !c.In
		}
		return c, true
	}
	return Comparison{}, false
}

func (p cell) comparison() (Comparison, bool) {
	c := Comparison{Name: p.attribute.String(), Custom: p.attribute.custom != nil, In: !p.negated, Missing: p.fits(nil)}
	switch asked := p.predicate.(type) {
	case among:
		c.Values, c.In = asked.set.all(), asked.negated == p.negated
	case ordered:
		c.Limits = []Limit{{asked.order, asked.limit.reals[0]}}
	case between:
		if asked.from != nil {
			c.Limits = append(c.Limits, Limit{">=", *asked.from})
		}
		if asked.to != nil {
			c.Limits = append(c.Limits, Limit{"<=", *asked.to})
		}
	default: // parts of texts, whatever the case, and patterns: who folds cases, and how, is PostgreSQL's
		return c, false
	}
	return c, true
}

// all are the values of the set, whatever their kind.
func (s set) all() []any {
	all := anyValues(s.texts)
	all = append(all, anyValues(s.numbers)...)
	all = append(all, anyValues(s.reals)...)
	all = append(all, anyValues(s.bools)...)
	return append(all, anyValues(s.times)...)
}

func anyValues[V any](values []V) []any {
	all := make([]any, len(values))
	for i, v := range values {
		all[i] = v
	}
	return all
}
