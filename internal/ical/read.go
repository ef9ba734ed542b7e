package ical

import (
	"bytes"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"
)

// What is read of a file that a stranger may have written.
const (
	MaxSize   = 4 << 20 // bytes
	maxEvents = 500
)

// ErrUnreadable is in the error for what is no iCalendar file.
var ErrUnreadable = errors.New("no readable calendar")

// Entry is an event that somebody else wrote.
type Entry struct {
	Summary     string
	Location    string
	Description string
	Organizer   string // mail address; empty: unknown
	Attendees   []string
	Start, End  *time.Time // nil: it has none
	AllDay      bool
}

// Read returns the events of a file, in its order. Times in zones that nobody knows are read as UTC.
func Read(data []byte) ([]Entry, error) {
	if len(data) > MaxSize {
		return nil, fmt.Errorf("%w: it is larger than %d bytes", ErrUnreadable, MaxSize)
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, fmt.Errorf("%w: it is empty", ErrUnreadable)
	}
	calendar, err := ics.ParseCalendar(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	entries := []Entry{}
	for _, event := range calendar.Events() {
		if len(entries) == maxEvents {
			break
		}
		entries = append(entries, entryOf(event))
	}
	return entries, nil
}

func entryOf(event *ics.VEvent) Entry {
	e := Entry{
		Summary: text(event, ics.ComponentPropertySummary), Location: text(event, ics.ComponentPropertyLocation),
		Description: text(event, ics.ComponentPropertyDescription), Organizer: address(text(event, ics.ComponentPropertyOrganizer)),
		Attendees: []string{},
	}
	for _, attendee := range event.GetProperties(ics.ComponentPropertyAttendee) {
		if email := address(attendee.Value); email != "" {
			e.Attendees = append(e.Attendees, email)
		}
	}
	e.Start, e.AllDay = moment(event.GetProperty(ics.ComponentPropertyDtStart))
	e.End, _ = moment(event.GetProperty(ics.ComponentPropertyDtEnd))
	return e
}

func text(event *ics.VEvent, name ics.ComponentProperty) string {
	if property := event.GetProperty(name); property != nil {
		return property.Value
	}
	return ""
}

// address reads mailto:somebody@example.com.
func address(value string) string {
	if len(value) > len("mailto:") && strings.EqualFold(value[:len("mailto:")], "mailto:") {
		value = value[len("mailto:"):]
	}
	parsed, err := mail.ParseAddress(value)
	if err != nil {
		return ""
	}
	return parsed.Address
}

// Forms of times: a day, a time of day in some zone, a time in UTC.
const (
	dayForm   = "20060102"
	timeForm  = "20060102T150405"
	utcForm   = "20060102T150405Z"
	zoneParam = "TZID"
)

// moment reads a time; allDay: it is a day.
func moment(property *ics.IANAProperty) (at *time.Time, allDay bool) {
	if property == nil {
		return nil, false
	}
	if t, err := time.Parse(utcForm, property.Value); err == nil {
		return &t, false
	}
	if t, err := time.Parse(dayForm, property.Value); err == nil {
		return &t, true
	}
	zone := time.UTC
	if names := property.ICalParameters[zoneParam]; len(names) == 1 {
		if known, err := time.LoadLocation(names[0]); err == nil && names[0] != "Local" {
			zone = known
		}
	}
	t, err := time.ParseInLocation(timeForm, property.Value, zone)
	if err != nil {
		return nil, false
	}
	t = t.UTC()
	return &t, false
}
