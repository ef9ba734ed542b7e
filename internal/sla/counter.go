package sla

import (
	"time"

	"postroom/internal/desk"
)

// counter counts the working time of one ticket.
type counter struct {
	calendar *Calendar
	pauses   []Span
	ticket   *desk.Ticket
}

// deadline is so many minutes after a time; nil: nothing is promised.
func (c counter) deadline(from *time.Time, minutes *int) *time.Time {
	if from == nil || minutes == nil {
		return nil
	}
	at, ok := c.calendar.After(*from, *minutes, c.pauses)
	if !ok {
		return nil
	}
	return &at
}

// update is until when somebody has to write to the customer: in answer to a message, or because it
// was promised to write every so often.
func (c counter) update(p *Promise) *time.Time {
	t := c.ticket
	if p.UpdateTime != nil && *p.UpdateTime > 0 {
		from := t.LastContactAgentAt
		if from == nil {
			from = &t.CreatedAt
		}
		return c.deadline(from, p.UpdateTime)
	}
	if responded(t) {
		return nil
	}
	return c.deadline(t.LastContactCustomerAt, p.ResponseTime)
}

// used is how many minutes were worked between two times, up to when the ticket was first closed.
func (c counter) used(from, to time.Time) int {
	if from.Before(c.ticket.CreatedAt) {
		from = c.ticket.CreatedAt
	}
	if closed := c.ticket.CloseAt; closed != nil && closed.Before(to) {
		to = *closed
	}
	return c.calendar.Within(from, to, c.pauses)
}

// measure notes how long things took that are done.
func (c counter) measure(p *Promise, past Past, forced, answered, updated, closed bool) {
	t := c.ticket
	if (forced || answered) && t.FirstResponseAt != nil && aims(p.FirstResponseTime) {
		used := c.used(t.CreatedAt, *t.FirstResponseAt)
		t.FirstResponseInMin, t.FirstResponseDiffInMin = &used, new(*p.FirstResponseTime-used)
	}
	if forced || updated {
		c.measureUpdate(p, past, forced)
	}
	if (forced || closed) && t.CloseAt != nil && aims(p.SolutionTime) {
		used := c.used(t.CreatedAt, *t.CloseAt)
		t.CloseInMin, t.CloseDiffInMin = &used, new(*p.SolutionTime-used)
	}
}

// measureUpdate keeps the worst exchange of messages: one that was faster than another changes
// nothing.
func (c counter) measureUpdate(p *Promise, past Past, forced bool) {
	t := c.ticket
	var used, target int
	switch {
	case aims(p.UpdateTime) && t.LastContactAgentAt != nil && len(past.Answers) > 0:
		from, n := t.CreatedAt, len(past.Answers)
		if n > 1 {
			from = past.Answers[n-2]
		}
		used, target = c.used(from, past.Answers[n-1]), *p.UpdateTime
	case aims(p.ResponseTime) && responded(t):
		used, target = c.used(*t.LastContactCustomerAt, *t.LastContactAgentAt), *p.ResponseTime
	default:
		return
	}
	if forced || t.UpdateInMin == nil || used > *t.UpdateInMin {
		t.UpdateInMin, t.UpdateDiffInMin = &used, new(target-used)
	}
}

// aims reports whether so many minutes are a promise.
func aims(minutes *int) bool { return minutes != nil && *minutes > 0 }
