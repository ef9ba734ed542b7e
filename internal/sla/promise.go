package sla

import (
	"time"

	"postroom/internal/desk"
)

// Promise is an SLA with its calendar, made ready.
type Promise struct {
	desk.SLA
	Calendar          *Calendar
	CalendarUpdatedAt time.Time
}

func (p *Promise) calendarID() int64 {
	if p.CalendarID == nil {
		return 0
	}
	return int64(*p.CalendarID)
}

// Select returns the index of the promise that is for a ticket: the first whose condition holds, else
// the last one without a condition. There are n, in the order of their names. It returns -1 when
// none is.
func Select(n int, blank, holds func(i int) bool) int {
	fallback := -1
	for i := range n {
		switch {
		case blank(i):
			fallback = i
		case holds(i):
			return i
		}
	}
	return fallback
}
