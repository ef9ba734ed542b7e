// Package rules holds the language in which people say which tickets, users or organizations they
// mean: the conditions of triggers, schedulers, overviews, deadlines and searches.
//
// A condition is parsed once (ParseCondition), bound to what it is judged against (Bind: the time,
// who asks, what happened), and then used in one of two ways that mean the same: Matches looks at
// one record in memory, SQL writes the same condition for PostgreSQL. The package does no I/O and
// knows no clock: everything comes in as a value.
//
// Truth is three-valued, as in SQL: a comparison with an attribute that is not set is unknown, and
// so is its negation. A record matches when the condition is true. Negations are pushed down to
// the comparisons while binding, so above them only "certainly true" counts.
//
// Articles, tags and subscriptions of a ticket are looked at row by row: comparisons that are
// joined by AND must hold for one and the same article, as clients and shipped triggers rely on.
package rules

import (
	"slices"

	"postroom/internal/desk"
)

// Condition is a parsed condition. It is never changed, so it may be kept and shared.
type Condition struct {
	attributes *Attributes
	root       *node
}

// everything matches all records.
func everything(attributes *Attributes) *Condition {
	return &Condition{attributes: attributes, root: &node{op: opAll}}
}

// node is a group of nodes or one comparison.
type node struct {
	op   groupOperator
	of   []*node
	leaf *comparison // nil: a group
}

type groupOperator int

const (
	opAll  groupOperator = iota // AND
	opAny                       // OR
	opNone                      // NOT: not all of them
)

// Names lists the attributes that the condition speaks of, each once, by name.
func (c *Condition) Names() []string {
	var names []string
	var walk func(*node)
	walk = func(n *node) {
		if n.leaf != nil {
			names = append(names, n.leaf.attribute.String())
		}
		for _, child := range n.of {
			walk(child)
		}
	}
	walk(c.root)
	slices.Sort(names)
	return slices.Compact(names)
}

// And returns a condition that both hold for. They must be about the same kind of record.
func (c *Condition) And(other *Condition) *Condition { return c.join(opAll, other) }

func (c *Condition) join(op groupOperator, others ...*Condition) *Condition {
	joined := &node{op: op, of: []*node{c.root}}
	for _, other := range others {
		joined.of = append(joined.of, other.root)
	}
	return &Condition{attributes: c.attributes, root: joined}
}

// invalid is the one answer to every condition that cannot be used: clients know this text.
func invalid() error {
	return &desk.InvalidError{Field: "condition", Reason: "Invalid object selector conditions"}
}
