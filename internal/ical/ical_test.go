package ical_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"postroom/internal/ical"
)

var moment = time.Date(2024, 3, 18, 22, 43, 0, 0, time.UTC)

func TestWrittenEventsCanBeRead(t *testing.T) {
	t.Parallel()
	file := ical.Write("Tickets", []ical.Event{
		{ID: "ticket-1@desk.example.com", Summary: "open ticket: 'Größe; a,b\\c'\nX-EVIL:1", Description: "T#20001\x00\r\nBEGIN:VEVENT", Start: moment, AllDay: true, Changed: moment},
		{ID: "ticket-2@desk.example.com", Summary: strings.Repeat("long ", 60), Start: moment, Changed: moment, Alarm: time.Minute, URL: "https://desk.example.com/#ticket/zoom/2"},
	})
	for line := range strings.SplitSeq(string(file), "\r\n") {
		if len(line) > 75 || strings.ContainsAny(line, "\r\n\x00") {
			t.Errorf("a line of %d bytes: %q", len(line), line)
		}
	}
	for _, want := range []string{"DTSTART;VALUE=DATE:20240318\r\n", "DTEND;VALUE=DATE:20240319\r\n", "DTSTART:20240318T224300Z\r\n", "TRIGGER:-PT1M\r\n", "CLASS:PRIVATE\r\n"} {
		if !strings.Contains(string(file), want) {
			t.Errorf("no %q in\n%s", want, file)
		}
	}
	entries, err := ical.Read(file)
	if err != nil || len(entries) != 2 {
		t.Fatalf("%d entries, %v", len(entries), err)
	}
	if got, want := entries[0].Summary, "open ticket: 'Größe; a,b\\c'\nX-EVIL:1"; got != want || !entries[0].AllDay || entries[0].Start.Day() != 18 {
		t.Errorf("summary %q on %v, want %q", got, entries[0].Start, want)
	}
	if entries[1].AllDay || !entries[1].Start.Equal(moment) {
		t.Errorf("start %v, want %v", entries[1].Start, moment)
	}
}

const invitation = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nMETHOD:REQUEST\r\n" +
	"BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\nBEGIN:STANDARD\r\nDTSTART:19701025T030000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n" +
	"BEGIN:VEVENT\r\nUID:1\r\nDTSTART;TZID=Europe/Berlin:20240701T100000\r\nDTEND;TZID=Nowhere/Land:20240701T100000\r\n" +
	"SUMMARY:Talk\\, at noon\r\nLOCATION:Room 1\r\nORGANIZER;CN=Emma:mailto:emma@example.com\r\nATTENDEE:MAILTO:david@example.com\r\nATTENDEE:urn:x\r\nEND:VEVENT\r\n" +
	"BEGIN:VEVENT\r\nUID:2\r\nDTSTART:yesterday\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"

func TestInvitationIsRead(t *testing.T) {
	t.Parallel()
	entries, err := ical.Read([]byte(invitation))
	if err != nil || len(entries) != 2 {
		t.Fatalf("%v, %v", entries, err)
	}
	e := entries[0]
	if e.Summary != "Talk, at noon" || e.Location != "Room 1" || e.Organizer != "emma@example.com" || !slices.Equal(e.Attendees, []string{"david@example.com"}) {
		t.Errorf("entry %+v", e)
	}
	if want := "2024-07-01T08:00:00Z 2024-07-01T10:00:00Z"; e.Start.Format(time.RFC3339)+" "+e.End.Format(time.RFC3339) != want {
		t.Errorf("from %v to %v, want %s", e.Start, e.End, want)
	}
	if entries[1].Start != nil {
		t.Errorf("an unreadable time is %v", entries[1].Start)
	}
}

func TestOtherFilesAreRefused(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"", "hello", "BEGIN:VCARD\r\nEND:VCARD\r\n", "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n", strings.Repeat("x", ical.MaxSize+1)} {
		if _, err := ical.Read([]byte(file)); !errors.Is(err, ical.ErrUnreadable) {
			t.Errorf("%.20q: %v, want %v", file, err, ical.ErrUnreadable)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(invitation))
	f.Add([]byte("BEGIN:VCALENDAR\nX;=\nEND:VCALENDAR"))
	f.Fuzz(func(_ *testing.T, data []byte) { _, _ = ical.Read(data) })
}
