package rules

import (
	"cmp"
	"slices"
)

// cheapFirst orders the parts of a group so that those which are quickly asked come first: they
// often decide alone.
func cheapFirst[P ~[]plan](parts P) P {
	slices.SortStableFunc(parts, func(a, b plan) int { return cmp.Compare(cost(a), cost(b)) })
	return parts
}

// cost is about how long it takes to ask a plan, compared with others.
func cost(p plan) int {
	const text, pattern = 5, 100
	switch p := p.(type) {
	case fixed:
		return 0
	case cell:
		switch p.predicate.(type) {
		case fitting:
			return pattern
		case having:
			return text
		}
	case some:
		return 1 + cost(p.inner)
	case allOf:
		return sum(p)
	case anyOf:
		return sum(p)
	}
	return 1
}

func sum(parts []plan) (total int) {
	for _, part := range parts {
		total += cost(part)
	}
	return total
}
