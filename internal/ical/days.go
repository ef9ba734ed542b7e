package ical

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"
	"github.com/teambition/rrule-go"
)

// Bounds on what a feed of days can make us do.
const (
	maxDays  = 5000
	maxSteps = 100_000 // occurrences of one event that are counted before those that are asked for
)

// Days returns the days on which the events of a file begin, with what they are called, from one
// time up to another. Events that come again count on every day on which they do. Only the first
// calendar of the file is read.
func Days(data []byte, from, until time.Time) (map[string]string, error) {
	if len(data) > MaxSize {
		return nil, fmt.Errorf("%w: it is larger than %d bytes", ErrUnreadable, MaxSize)
	}
	calendar, err := ics.ParseCalendar(bytes.NewReader(firstCalendar(data)))
	if err == nil && len(calendar.CalendarProperties)+len(calendar.Components) == 0 {
		err = errors.New("there is no calendar in it")
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	days := map[string]string{}
	for _, event := range calendar.Events() {
		name := text(event, ics.ComponentPropertySummary)
		if name == "" {
			name = text(event, ics.ComponentPropertyDescription)
		}
		for _, at := range occurrences(event, from, until) {
			if len(days) == maxDays {
				return nil, fmt.Errorf("%w: it has more than %d days", ErrUnreadable, maxDays)
			}
			days[at.Format(time.DateOnly)] = name
		}
	}
	return days, nil
}

const end = "END:VCALENDAR"

// firstCalendar leaves out what follows the first calendar of a file.
func firstCalendar(data []byte) []byte {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if at := bytes.Index(data, []byte(end)); at >= 0 {
		return append(bytes.Clone(data[:at+len(end)]), "\r\n"...)
	}
	return data
}

// occurrences are the times at which an event begins, as they are written there: a day is that of
// the place where it is a holiday.
func occurrences(event *ics.VEvent, from, until time.Time) []time.Time {
	start, ok := written(event.GetProperty(ics.ComponentPropertyDtStart))
	if !ok {
		return nil
	}
	rule := text(event, ics.ComponentPropertyRrule)
	if rule == "" {
		if start.Before(from) || !start.Before(until) {
			return nil
		}
		return []time.Time{start}
	}
	option, err := rrule.StrToROption(rule)
	if err != nil || option.Freq > rrule.DAILY { // nothing is a holiday every second
		return nil
	}
	option.Dtstart = start
	repeated, err := rrule.NewRRule(*option)
	if err != nil {
		return nil
	}
	skipped := map[string]bool{}
	for _, except := range event.GetProperties(ics.ComponentPropertyExdate) {
		for value := range strings.SplitSeq(except.Value, ",") {
			if at, ok := writtenAs(value); ok {
				skipped[at.Format(time.DateOnly)] = true
			}
		}
	}
	var all []time.Time
	next := repeated.Iterator()
	for range maxSteps {
		at, more := next()
		if !more || !at.Before(until) {
			break
		}
		if !at.Before(from) && !skipped[at.Format(time.DateOnly)] {
			all = append(all, at)
		}
	}
	return all
}

// written reads a time as it is written, whatever its zone.
func written(property *ics.IANAProperty) (time.Time, bool) {
	if property == nil {
		return time.Time{}, false
	}
	return writtenAs(property.Value)
}

func writtenAs(value string) (time.Time, bool) {
	for _, form := range []string{dayForm, timeForm, utcForm} {
		if at, err := time.Parse(form, strings.TrimSpace(value)); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}
