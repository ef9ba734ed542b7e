// Package ical writes events as iCalendar files and reads those of others (RFC 5545).
package ical

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"
)

// Event is an entry of a calendar.
type Event struct {
	ID          string // the same as long as it is about the same
	Summary     string
	Description string
	URL         string
	Start       time.Time
	AllDay      bool          // the day of Start; else a moment
	Changed     time.Time     // when what it says was last changed
	Alarm       time.Duration // how long before Start to remind; 0: not
}

// Name of the program that wrote a file.
const product = "-//Postroom//EN"

// Write makes a file of events that are nobody else's business.
func Write(name string, events []Event) []byte {
	calendar := ics.NewCalendarFor("Postroom")
	calendar.SetProductId(product)
	calendar.SetMethod(ics.MethodPublish)
	calendar.SetXWRCalName(plain(name))
	for _, e := range events {
		add(calendar, e)
	}
	var out bytes.Buffer
	_ = calendar.SerializeTo(&out, ics.WithNewLineWindows) // a buffer takes everything
	return out.Bytes()
}

func add(calendar *ics.Calendar, e Event) {
	event := calendar.AddEvent(e.ID)
	event.SetDtStampTime(e.Changed)
	event.SetSummary(plain(e.Summary))
	event.SetDescription(plain(e.Description))
	event.SetClass(ics.ClassificationPrivate)
	if e.URL != "" {
		event.SetURL(e.URL)
	}
	if e.AllDay {
		event.SetAllDayStartAt(e.Start)
		event.SetAllDayEndAt(e.Start.AddDate(0, 0, 1))
		event.SetTimeTransparency(ics.TransparencyTransparent) // nobody is busy all day with it
	} else {
		event.SetStartAt(e.Start)
		event.SetEndAt(e.Start)
	}
	if e.Alarm > 0 {
		alarm := event.AddAlarm()
		alarm.SetAction(ics.ActionDisplay)
		alarm.SetTrigger(fmt.Sprintf("-PT%dM", int(e.Alarm.Minutes())))
		alarm.SetProperty(ics.ComponentPropertyDescription, plain(e.Summary))
	}
}

// plain is a text without characters that no line of a file can hold.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f {
			return -1
		}
		return r
	}, text)
}
