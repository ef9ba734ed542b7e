package rules

import "time"

// Span is a stretch of time, with its ends; nil: it has none.
type Span struct{ From, To *time.Time }

// Span returns when a time of the record has to be for a condition that says nothing else. It reports
// false for one that says more, or less.
func (b *Bound) Span(attribute string) (Span, bool) {
	spans, only := b.spans(b.root, attribute)
	if !only || len(spans) == 0 {
		return Span{}, false
	}
	var whole Span
	for _, s := range spans {
		if s.from != nil && (whole.From == nil || s.from.After(*whole.From)) {
			whole.From = s.from
		}
		if s.to != nil && (whole.To == nil || s.to.Before(*whole.To)) {
			whole.To = s.to
		}
	}
	return whole, true
}

// spans are the stretches that a plan asks for, all of which have to hold.
func (b *Bound) spans(p plan, attribute string) (all []between, only bool) {
	switch p := p.(type) {
	case allOf:
		for _, part := range p {
			spans, only := b.spans(part, attribute)
			if !only {
				return nil, false
			}
			all = append(all, spans...)
		}
		return all, true
	case cell:
		stretch, isStretch := p.predicate.(between)
		if !isStretch || p.negated || p.attribute.relation != b.object.main || p.attribute.name != attribute {
			return nil, false
		}
		return []between{stretch}, true
	}
	return nil, false
}
