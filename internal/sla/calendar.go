package sla

import (
	"fmt"
	"slices"
	"time"

	"postroom/internal/desk"
)

// Calendar is a calendar made ready for arithmetic. It is never changed, so it may be shared.
type Calendar struct {
	zone     *time.Location
	hours    Hours
	holidays []int // days since 1970-01-01 of the local date, in order
}

// NewCalendar makes a calendar ready. One whose zone or hours can't be read is a *desk.InvalidError.
func NewCalendar(c desk.Calendar) (*Calendar, error) {
	zone, err := time.LoadLocation(c.Timezone)
	if err != nil {
		return nil, &desk.InvalidError{Field: "timezone", Reason: fmt.Sprintf("There is no time zone %q.", c.Timezone)}
	}
	hours, err := ParseHours(c.BusinessHours)
	if err != nil {
		return nil, err
	}
	ready := &Calendar{zone: zone, hours: hours.merged()}
	for date, value := range c.PublicHolidays {
		holiday, _ := value.(map[string]any)
		day, err := time.Parse(time.DateOnly, date)
		if err == nil && isOn(holiday["active"]) && !isOn(holiday["removed"]) {
			ready.holidays = append(ready.holidays, int(day.Unix()/secondsADay))
		}
	}
	slices.Sort(ready.holidays)
	return ready, nil
}

const secondsADay = 24 * 60 * 60

// merged joins frames of a day that overlap: nobody works two hours at once.
func (h Hours) merged() Hours {
	for day, frames := range h {
		var joined []Frame
		for _, f := range frames {
			if n := len(joined); n > 0 && f.From < joined[n-1].To {
				joined[n-1].To = max(joined[n-1].To, f.To)
				continue
			}
			joined = append(joined, f)
		}
		h[day] = joined
	}
	return h
}

// furthest bounds how far a deadline is looked for: calendars may have hardly any working time.
const furthest = 20 * 366 // days

// After returns the time at which so many minutes of working time have passed since start, pauses
// left out. It reports false when there is no such deadline: nothing is promised, or there is not
// that much working time in the next twenty years.
//
// What ends exactly with a working period ends when the next one begins: who has until the close of
// business has until the doors open again.
func (c *Calendar) After(start time.Time, minutes int, pauses []Span) (time.Time, bool) {
	if minutes <= 0 {
		return time.Time{}, false
	}
	left := int64(minutes) * 60
	w := c.walk(start, pauses)
	for {
		period, ok := w.next()
		if !ok {
			return time.Time{}, false
		}
		length := period.seconds()
		if length > left {
			return time.Unix(0, period.from+left*int64(time.Second)).UTC(), true
		}
		left -= length
	}
}

// Within returns how many whole minutes of working time are between two times, pauses left out.
func (c *Calendar) Within(from, to time.Time, pauses []Span) int {
	end := to.UnixNano()
	sum := int64(0)
	w := c.walk(from, pauses)
	for {
		period, ok := w.next()
		if !ok || period.from >= end {
			return int(sum / 60)
		}
		period.to = min(period.to, end)
		sum += period.seconds()
	}
}

// Open reports whether people work at a moment, by the clock on their wall: from the minute they
// begin up to that in which they leave, and not on holidays.
func (c *Calendar) Open(at time.Time) bool {
	local := at.In(c.zone)
	_, offset := local.Zone()
	if _, holiday := slices.BinarySearch(c.holidays, int(floorDiv(at.Unix()+int64(offset), secondsADay))); holiday {
		return false
	}
	minute := local.Hour()*60 + local.Minute()
	return slices.ContainsFunc(c.hours[local.Weekday()], func(f Frame) bool { return f.From <= minute && minute < f.To })
}

// Span is a stretch of time: from From up to, and without, To.
type Span struct{ From, To time.Time }

// stretch is a Span in nanoseconds since 1970.
type stretch struct{ from, to int64 }

// seconds are the whole ones.
func (s stretch) seconds() int64 { return (s.to - s.from) / int64(time.Second) }

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
