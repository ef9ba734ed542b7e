package rules

import (
	"bytes"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"postroom/internal/pgregex"
)

// Bounds on what somebody can make the database think about.
const (
	maxDepth       = 50
	maxComparisons = 500
)

// comparison is a parsed leaf: an attribute, an operator and what to compare with.
type comparison struct {
	attribute attribute
	operator  operator
	pre       precondition
	values    set  // of the attribute's kind
	null      bool // null was sent: is set, is not set
	tokens    []string
	pattern   *regexp.Regexp // the only token, compiled
	at        time.Time
	span      span
}

// precondition names a value that is known only when the condition is used.
type precondition int

const (
	specific precondition = iota // the values that were sent
	notSet
	currentUser
	currentOrganization
)

var preconditions = map[string]precondition{
	"": specific, "specific": specific, "not_set": notSet,
	"current_user.id": currentUser, "current_user.organization_id": currentOrganization,
}

// ParseCondition reads a condition in either of its forms: an object of attributes, all of which
// must fit, or a tree of groups. What can't be used is a *desk.InvalidError.
func ParseCondition(sent json.RawMessage, attributes *Attributes) (*Condition, error) {
	decoder := json.NewDecoder(bytes.NewReader(sent))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, invalid()
	}
	return ReadCondition(value, attributes)
}

// ReadCondition is ParseCondition for JSON that was decoded already.
func ReadCondition(sent any, attributes *Attributes) (*Condition, error) {
	p := &parser{attributes: attributes}
	object, ok := sent.(map[string]any)
	if !ok {
		return nil, invalid()
	}
	var root *node
	if _, tree := object["conditions"]; tree {
		root, ok = p.group(object, 0)
	} else {
		root, ok = p.flat(object)
	}
	if !ok {
		return nil, invalid()
	}
	if root == nil {
		return everything(attributes), nil
	}
	return &Condition{attributes: attributes, root: root}, nil
}

type parser struct {
	attributes  *Attributes
	comparisons int
}

func (p *parser) flat(object map[string]any) (*node, bool) {
	all := &node{op: opAll}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		fields, ok := object[name].(map[string]any)
		if !ok {
			return nil, false
		}
		leaf, ok := p.leaf(name, fields)
		if !ok {
			return nil, false
		}
		all.of = append(all.of, leaf)
	}
	return all, true
}

var groupOperators = map[string]groupOperator{"AND": opAll, "OR": opAny, "NOT": opNone}

// group reads a group of a tree. One that is empty is no node at all.
func (p *parser) group(object map[string]any, depth int) (*node, bool) {
	name, _ := object["operator"].(string)
	op, known := groupOperators[name]
	children, listed := object["conditions"].([]any)
	if !known || !listed || depth > maxDepth {
		return nil, false
	}
	group := &node{op: op}
	for _, child := range children {
		fields, ok := child.(map[string]any)
		if !ok {
			return nil, false
		}
		var read *node
		if _, nested := fields["conditions"]; nested {
			read, ok = p.group(fields, depth+1)
		} else {
			name, _ := fields["name"].(string)
			read, ok = p.leaf(name, fields)
		}
		if !ok {
			return nil, false
		}
		if read != nil {
			group.of = append(group.of, read)
		}
	}
	if len(group.of) == 0 {
		return nil, true
	}
	return group, true
}

func (p *parser) leaf(name string, fields map[string]any) (*node, bool) {
	word, _ := fields["operator"].(string)
	unit, _ := fields["range"].(string)
	pre, known := readPrecondition(fields["pre_condition"])
	p.comparisons++
	if !known || p.comparisons > maxComparisons {
		return nil, false
	}
	value, given := fields["value"]
	compared, ok := newComparison(p.attributes, name, word, pre, value, given, unit)
	return &node{leaf: compared}, ok
}

func readPrecondition(sent any) (precondition, bool) {
	text, isText := sent.(string)
	pre, known := preconditions[strings.TrimSpace(text)]
	return pre, known && (isText || sent == nil)
}

func newComparison(attributes *Attributes, name, word string, pre precondition, value any, given bool, unit string) (*comparison, bool) {
	attribute, known := attributes.find(name)
	operator, spoken := operators[word]
	if !known || !spoken || !operator.fits(attribute) {
		return nil, false
	}
	c := &comparison{attribute: attribute, operator: operator}
	if operator.family == equality {
		c.pre = pre
	}
	sent, ok := readOperand(value)
	if !ok {
		return nil, false
	}
	if c.pre != specific {
		return c, c.preconditionFits()
	}
	if !operator.bare && (!given || sent.list && len(sent.texts) == 0 || operator.filled && sent.blank()) {
		return nil, false
	}
	return c, c.read(sent, unit)
}

// preconditionFits reports whether the attribute can be what the precondition says: users and
// organizations are known by number.
func (c *comparison) preconditionFits() bool {
	return c.attribute.kind == Number || c.pre == notSet && c.attribute.special == isColumn
}

// read reads the value as the operator needs it.
func (c *comparison) read(sent operand, unit string) (ok bool) {
	switch c.operator.family {
	case equality:
		c.null = sent.null
		c.values, ok = readSet(c.attribute.kind, sent.texts)
		return ok && (!sent.null || c.attribute.special == isColumn)
	case membership:
		if len(sent.texts) == 0 { // none of nothing: what is not empty
			sent.texts = []string{""}
		}
		c.values, ok = readSet(c.attribute.kind, sent.texts)
		return ok && c.values.size() > 0
	case matching:
		c.tokens = sent.texts
		return !sent.null
	case regular:
		c.tokens = sent.texts
		if len(sent.texts) == 1 {
			c.pattern, ok = pgregex.Compile(sent.texts[0])
		}
		return ok
	case holding:
		c.tokens = keys(sent.texts, c.attribute.special == isTags)
		return len(c.tokens) > 0
	case moment:
		return c.readMoment(sent, unit)
	case size, shift:
		c.values, ok = readSet(c.operator.numberKind(c.attribute), sent.texts)
		return ok && c.values.size() == 1
	}
	return true
}

// numberKind is what the value of an operator is that compares numbers.
func (o operator) numberKind(a attribute) Kind {
	if a.kind == Number && o.family == shift {
		return Number
	}
	return Decimal
}

func (c *comparison) readMoment(sent operand, unit string) (ok bool) {
	switch c.operator.span {
	case today:
		return true
	case until, since:
		if len(sent.texts) != 1 {
			return false
		}
		c.at, ok = readTime(sent.texts[0])
		return ok
	}
	if len(sent.texts) != 1 {
		return false
	}
	c.span, ok = readSpan(sent.texts[0], unit)
	return ok
}

// keys returns each key once. Tags come as one text with commas.
func keys(texts []string, tags bool) []string {
	var all []string
	for _, text := range texts {
		parts := []string{text}
		if tags {
			parts = strings.Split(text, ",")
		}
		for _, part := range parts {
			if part = strings.TrimSpace(part); part != "" && !slices.Contains(all, part) {
				all = append(all, part)
			}
		}
	}
	return all
}
