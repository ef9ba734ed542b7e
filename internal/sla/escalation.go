package sla

import (
	"time"

	"postroom/internal/desk"
)

// Step is what a calculation of a ticket's deadlines has to do.
type Step int

// The steps, from nothing to all.
const (
	Keep    Step = iota // nothing that matters has changed
	Clear               // no deadline runs
	Compute             // anew, from the ticket's past
)

// Calculation brings the deadlines of one ticket up to date.
type Calculation struct {
	Ticket  *desk.Ticket
	Promise *Promise // nil: nothing is promised
	Ignored func(desk.StateID) bool
	Forced  bool // everything, whatever is remembered
	// Remembered says that the ticket's preferences changed, too.
	Remembered bool
	was        memory
}

// Past is what a calculation needs to know of a ticket besides its fields.
type Past struct {
	States []StateChange // all there were, in the order of time
	// Answers are when agents last wrote by a way that reaches the customer, internal or not: the
	// last two times, the later one last. They are needed for promises with an UpdateTime only.
	Answers []time.Time
}

// Step says what is to be done, and with Compute that the ticket's past is needed.
func (c *Calculation) Step() Step {
	c.was = remembered(c.Ticket.Preferences)
	t, was := c.Ticket, c.was
	calculable := !c.disabled() || !same(t.CloseAt, was.closeAt) || !same(t.LastContactAt, was.lastContactAt)
	switch {
	case !calculable && !c.Forced:
		return Clear
	case c.Promise == nil:
		return Clear
	case c.Forced || c.differs():
		return Compute
	}
	return Keep
}

// differs reports whether anything is not as it was when deadlines were last calculated.
func (c *Calculation) differs() bool {
	t, was := c.Ticket, c.was
	return !was.known || c.promisesDiffer() || was.disabled != c.disabled() || !same(t.FirstResponseAt, was.firstResponseAt) ||
		!same(lastUpdate(t), was.lastUpdateAt) || !same(t.CloseAt, was.closeAt)
}

func (c *Calculation) promisesDiffer() bool {
	p, was := c.Promise, c.was
	return was.slaID != int64(p.ID) || !same(&p.UpdatedAt, was.slaUpdatedAt) ||
		was.calendarID != p.calendarID() || !same(&p.CalendarUpdatedAt, was.calendarUpdatedAt)
}

func (c *Calculation) disabled() bool { return c.Ignored(c.Ticket.StateID) }

// Clear takes the deadlines away. What was measured stays.
func (c *Calculation) Clear() {
	t := c.Ticket
	t.EscalationAt, t.FirstResponseEscalationAt, t.UpdateEscalationAt, t.CloseEscalationAt = nil, nil, nil, nil
	calculable := !c.disabled()
	if !calculable && !c.was.disabled && (c.was.known || c.Promise != nil) {
		c.remember()
	}
}

// Compute sets the deadlines, and what they were kept by.
func (c *Calculation) Compute(past Past) {
	t, p, was := c.Ticket, c.Promise, c.was
	forced := c.Forced || c.promisesDiffer()
	full := forced || !c.disabled() && (was.disabled || !was.known)
	answered := !same(t.FirstResponseAt, was.firstResponseAt)
	updated := !same(lastUpdate(t), was.lastUpdateAt)
	closed := !same(t.CloseAt, was.closeAt)
	clock := counter{p.Calendar, Pauses(t.CreatedAt, past.States, t.StateID, c.Ignored), t}
	if full || answered {
		t.FirstResponseEscalationAt = nil
		if t.FirstResponseAt == nil {
			t.FirstResponseEscalationAt = clock.deadline(&t.CreatedAt, p.FirstResponseTime)
		}
	}
	if full || updated || p.ResponseTime == nil && p.UpdateTime == nil {
		t.UpdateEscalationAt = clock.update(p)
	}
	if full || closed {
		t.CloseEscalationAt = nil
		if t.CloseAt == nil {
			t.CloseEscalationAt = clock.deadline(&t.CreatedAt, p.SolutionTime)
		}
	}
	if c.disabled() {
		t.FirstResponseEscalationAt, t.UpdateEscalationAt, t.CloseEscalationAt = nil, nil, nil
	}
	t.EscalationAt = earliest(t)
	clock.measure(p, past, forced, answered, updated, closed)
	c.remember()
}

// remember notes what the deadlines were calculated from.
func (c *Calculation) remember() {
	t, m := c.Ticket, c.was
	m.firstResponseAt, m.lastUpdateAt, m.closeAt, m.lastContactAt = t.FirstResponseAt, lastUpdate(t), t.CloseAt, t.LastContactAt
	m.disabled = c.disabled()
	if p := c.Promise; p != nil {
		m.slaID, m.slaUpdatedAt = int64(p.ID), &p.UpdatedAt
		m.calendarID, m.calendarUpdatedAt = p.calendarID(), &p.CalendarUpdatedAt
	}
	m.known = true
	if !m.equal(c.was) {
		t.Preferences = m.store(t.Preferences)
		c.Remembered = true
	}
}

// earliest is the next deadline of a ticket that is still to be kept.
func earliest(t *desk.Ticket) *time.Time {
	var first *time.Time
	for _, at := range []*time.Time{t.FirstResponseEscalationAt, t.UpdateEscalationAt, t.CloseEscalationAt} {
		if at != nil && (first == nil || at.Before(*first)) {
			first = at
		}
	}
	return first
}

// lastUpdate is when agent or customer were last in touch.
func lastUpdate(t *desk.Ticket) *time.Time {
	agent, customer := t.LastContactAgentAt, t.LastContactCustomerAt
	if agent == nil || customer != nil && customer.After(*agent) {
		return customer
	}
	return agent
}

// responded reports whether the customer's last message was answered.
func responded(t *desk.Ticket) bool {
	agent, customer := t.LastContactAgentAt, t.LastContactCustomerAt
	return agent != nil && customer != nil && customer.Before(*agent)
}
