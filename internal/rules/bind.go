package rules

import (
	"errors"
	"slices"
	"time"

	"postroom/internal/desk"
)

// Context is what a condition is judged against, besides the record.
type Context struct {
	Now  time.Time
	Zone *time.Location // in which "today" is meant; nil: UTC
	// User is who current_user means; nil: nobody, as in schedulers. A condition that asks for the
	// user then can't be bound.
	User *User
	// Event is what happened to the ticket; nil: nothing, the condition looks for records.
	Event *Event
	// Working reports whether a time is in the working time of a calendar. It is asked for
	// execution_time.calendar_id only.
	Working func(calendar int64, at time.Time) (working, exists bool)
	// Articles says which articles the condition may look at; the zero value: all.
	Articles ArticleScope
}

// User is who asks.
type User struct {
	ID            desk.UserID
	Organization  *desk.OrganizationID  // the primary one
	Organizations []desk.OrganizationID // secondary ones
}

// Event is what happened to one ticket, for triggers.
type Event struct {
	Type      string         // create, update, update.merged_into, reminder_reached …
	Changed   []string       // attributes of the ticket: owner_id …
	Article   desk.ArticleID // that came with it; 0: none
	Selective bool           // an update counts only if something changed that the condition names
}

// ArticleScope is the articles that somebody may know of.
type ArticleScope struct {
	Limited bool           // internal ones only of tickets in these groups
	Groups  []desk.GroupID // in which internal articles may be read
}

var errNoUser = errors.New("the condition asks for the current user, and there is none")

// Bound is a condition with all that it depends on, besides the records.
type Bound struct {
	object  *object
	context Context
	root    plan
}

// Bind fixes what a condition means now. It fails if the condition asks for a current user or for
// working times where there are none: then it must not select anything.
func (c *Condition) Bind(context Context) (*Bound, error) {
	if context.Zone == nil {
		context.Zone = time.UTC
	}
	context.Now = context.Now.UTC().Truncate(time.Millisecond)
	b := &binder{condition: c, context: context}
	root, err := b.bind(c.root, false)
	if err != nil {
		return nil, err
	}
	if e := context.Event; e != nil && e.Selective && e.Type == "update" && !b.relevant() {
		root = fixed(false)
	}
	return &Bound{object: c.attributes.object, context: context, root: spread(root)}, nil
}

type binder struct {
	condition *Condition
	context   Context
}

// relevant reports whether an update concerns the condition: it brought an article, or changed an
// attribute that is named.
func (b *binder) relevant() bool {
	if b.context.Event.Article != 0 {
		return true
	}
	for _, name := range b.condition.Names() {
		if b.changed(name) {
			return true
		}
	}
	return false
}

func (b *binder) changed(name string) bool {
	if b.context.Event != nil {
		for _, changed := range b.context.Event.Changed {
			if name == "ticket."+changed {
				return true
			}
		}
	}
	return false
}

// bind makes a plan of a node. Negations end at the comparisons: not (a and b) is not a, or not b.
func (b *binder) bind(n *node, negated bool) (plan, error) {
	if n.leaf != nil {
		return b.compare(n.leaf, negated)
	}
	if n.op == opNone {
		negated = !negated
	}
	var children []plan
	for _, child := range n.of {
		bound, err := b.bind(child, negated)
		if err != nil {
			return nil, err
		}
		children = append(children, bound)
	}
	if (n.op == opAny) != negated {
		return decided(anyOf(children), children, true), nil
	}
	return decided(allOf(children), children, false), nil
}

// decided is a group, or its outcome if one of its parts decides it for all records: most triggers
// are judged by what happened alone.
func decided(group plan, parts []plan, by fixed) plan {
	if slices.Contains(parts, plan(by)) {
		return by
	}
	return group
}

// compare makes a plan of one comparison.
func (b *binder) compare(c *comparison, negated bool) (plan, error) {
	a := c.attribute
	withoutArticle := b.context.Event != nil && b.context.Event.Article == 0
	if a.relation == "article" && a.special != isEventArticle && withoutArticle {
		return fixed(negated), nil
	}
	switch c.operator.family {
	case change:
		return fixed(b.changed(a.String()) != negated), nil
	case reach:
		return fixed(b.reached(c) != negated), nil
	case shift:
		return b.shift(c, negated)
	}
	switch a.special {
	case isEventType:
		return fixed(b.happened(c) != negated), nil
	case isEventArticle:
		came := b.context.Event != nil && b.context.Event.Article != 0
		return fixed(came != c.operator.negated != negated), nil
	case isTags:
		return tagged(c, negated), nil
	case isAccounted:
		return accounting{set: c.operator.negated == negated}, nil
	case isExisting, isOpenExisting, isMembers:
		return existence(c, negated), nil
	}
	return b.values(c, negated)
}

// values makes a plan of a comparison with values, some of which only the context knows.
func (b *binder) values(c *comparison, negated bool) (plan, error) {
	predicate, err := b.predicate(c)
	if err != nil {
		return nil, err
	}
	switch c.attribute.special {
	case isSubscribers:
		return subscribed(c, predicate, negated), nil
	case isReplacement, isRoles:
		in := predicate.(among)
		return relatives{special: c.attribute.special, ids: in.set.numbers, negated: in.negated != negated, today: b.today()}, nil
	}
	return cell{attribute: c.attribute, predicate: predicate, negated: negated}, nil
}

func (b *binder) today() time.Time { return day(b.context.Now.In(b.context.Zone)) }

// happened reports whether the event is what ticket.action asks for. An update counts as one only
// if it is relevant, where that is asked for.
func (b *binder) happened(c *comparison) bool {
	e := b.context.Event
	fits := e != nil && c.values.has(e.Type)
	if fits && e.Type == "update" && e.Selective {
		fits = b.relevant()
	}
	return fits != c.operator.negated
}

// reached reports whether the event is the deadline that the comparison waits for. Pending times
// have no warning, and clients ask for either.
func (b *binder) reached(c *comparison) bool {
	e := b.context.Event
	if e == nil {
		return false
	}
	switch c.attribute.name {
	case "pending_time":
		return e.Type == "reminder_reached"
	case "escalation_at":
		return e.Type == "escalation" && !c.operator.all || e.Type == "escalation_warning" && c.operator.all
	}
	return false
}

func (b *binder) shift(c *comparison, negated bool) (plan, error) {
	if b.context.Working == nil {
		return nil, errors.New("the condition asks for working times, and there are no calendars")
	}
	working, exists := b.context.Working(c.values.numbers[0], b.context.Now)
	return fixed((!exists || working != c.operator.negated) != negated), nil
}
