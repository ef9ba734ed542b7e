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

// Select returns the promise that is for a ticket: the first whose condition holds, else the last
// one without a condition. all are in the order of their names. It returns nil when there is none.
func Select[P any](all []P, blank func(P) bool, holds func(P) bool) *P {
	var fallback *P
	for i := range all {
		switch {
		case blank(all[i]):
			fallback = &all[i]
		case holds(all[i]):
			return &all[i]
		}
	}
	return fallback
}
