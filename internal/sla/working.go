package sla

import (
	"time"

	"postroom/internal/desk"
)

// Working is Calendar.Open for a calendar as it is stored. Nobody ever works by one that can't be
// read.
func Working(c desk.Calendar, at time.Time) bool {
	calendar, err := NewCalendar(c)
	return err == nil && calendar.Open(at)
}
