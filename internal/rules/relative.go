package rules

import (
	"strconv"
	"strings"
	"time"
)

// window is a stretch of time that an operator means.
type window int

const (
	today window = iota + 1
	until
	since
	untilPast
	sinceFuture
	pastToNow
	nowToFuture
	untilFuture
	sincePast
)

// span is a distance in time: so many minutes, days, months.
type span struct {
	count int
	unit  string
}

// longest is the longest span of each unit, some thousand years: beyond it neither Go nor
// PostgreSQL can count.
var longest = map[string]int{
	"minute": 1_000_000_000, "hour": 20_000_000, "day": 1_000_000, "week": 100_000, "month": 20_000, "year": 2_000,
}

// readSpan reads the count as far as it is a whole number, as clients send it, and its unit.
func readSpan(count, unit string) (span, bool) {
	limit, known := longest[unit]
	count = strings.TrimSpace(count)
	digits := strings.TrimLeft(count, "+-")
	end := len(digits) - len(strings.TrimLeft(digits, "0123456789"))
	n, err := strconv.Atoi(count[:len(count)-len(digits)+end])
	if end == 0 {
		n, err = 0, nil
	}
	return span{count: n, unit: unit}, known && err == nil && n >= -limit && n <= limit
}

// After returns the time that lies a relative distance, such as 3 and week, after another. It reports
// false for a distance that nobody can count.
func After(at time.Time, count, unit string) (time.Time, bool) {
	distance, ok := readSpan(count, unit)
	if !ok {
		return time.Time{}, false
	}
	return distance.after(at, 1), true
}

// after returns the time that lies so many times the span after another. Days and longer are steps
// of the calendar in UTC; a month's step ends on the last day of a month that is too short.
func (s span) after(at time.Time, times int) time.Time {
	at, n := at.UTC(), s.count*times
	switch s.unit {
	case "minute":
		return at.Add(time.Duration(n) * time.Minute)
	case "hour":
		return at.Add(time.Duration(n) * time.Hour)
	case "day":
		return at.AddDate(0, 0, n)
	case "week":
		return at.AddDate(0, 0, 7*n)
	case "month":
		return addMonths(at, n)
	}
	return addMonths(at, 12*n)
}

func addMonths(at time.Time, n int) time.Time {
	first := time.Date(at.Year(), at.Month()+time.Month(n), 1, at.Hour(), at.Minute(), at.Second(), at.Nanosecond(), time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(at.Day(), last)-1)
}

// bounds returns the first and the last moment of a window; nil: there is none.
func (w window) bounds(now, given time.Time, s span) (from, to *time.Time) {
	switch w {
	case until:
		return nil, &given
	case since:
		return &given, nil
	case untilPast:
		return nil, new(s.after(now, -1))
	case sinceFuture:
		return new(s.after(now, 1)), nil
	case pastToNow:
		return new(s.after(now, -1)), &now
	case nowToFuture:
		return &now, new(s.after(now, 1))
	case untilFuture:
		return nil, new(s.after(now, 1))
	}
	return new(s.after(now, -1)), nil // sincePast
}

// localDay returns the first and the last moment of the day in a time zone.
func localDay(now time.Time, zone *time.Location) (from, to time.Time) {
	local := now.In(zone)
	from = time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, zone)
	to = time.Date(local.Year(), local.Month(), local.Day()+1, 0, 0, 0, 0, zone)
	return from.UTC(), to.Add(-time.Millisecond).UTC()
}
