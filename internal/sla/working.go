package sla

import (
	"slices"
	"time"

	"postroom/internal/desk"
)

// Working reports whether people work at a moment, by the clock on their wall: from the minute they
// begin up to that in which they leave, and not on holidays. Nobody ever works by a calendar that
// can't be read.
func Working(c desk.Calendar, at time.Time) bool {
	zone, err := time.LoadLocation(c.Timezone)
	if err != nil {
		return false
	}
	hours, err := ParseHours(c.BusinessHours)
	if err != nil {
		return false
	}
	local := at.In(zone)
	holiday, _ := c.PublicHolidays[local.Format(time.DateOnly)].(map[string]any)
	if isOn(holiday["active"]) && !isOn(holiday["removed"]) {
		return false
	}
	minute := local.Hour()*60 + local.Minute()
	return slices.ContainsFunc(hours[local.Weekday()], func(f Frame) bool { return f.From <= minute && minute < f.To })
}
