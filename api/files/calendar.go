package files

import (
	"errors"
	"fmt"
	"net/http"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/ical"
)

// wantsCalendar reports whether a file is asked for as the events in it, and not as bytes.
func wantsCalendar(p rest.Params) bool {
	return p.Text("view") == "preview" && p.Text("type") == "calendar"
}

// calendarSample is what the events in a file look like.
var calendarSample = rest.Record{{"filename", ""}, {"events", []any{eventRecord(ical.Entry{})}}}

// sendCalendar answers with the events in an iCalendar file, such as an invitation.
func (s *Room) sendCalendar(w http.ResponseWriter, r *http.Request, file desk.Attachment) error {
	if file.Size > ical.MaxSize {
		return rest.Invalid("type", "This calendar is too large for a preview.")
	}
	data, err := s.Blobs.Get(r.Context(), s.Store, file.BlobID)
	if err != nil {
		return fmt.Errorf("attachment %d: %w", file.ID, err)
	}
	entries, err := ical.Read(data)
	if errors.Is(err, ical.ErrUnreadable) {
		return rest.Invalid("type", "This file is no calendar that can be read.")
	}
	if err != nil {
		return err
	}
	events := make([]rest.Record, len(entries))
	for i, e := range entries {
		events[i] = eventRecord(e)
	}
	return rest.Reply(w, r, rest.Record{{"filename", file.Filename}, {"events", events}})
}

func eventRecord(e ical.Entry) rest.Record {
	return rest.Record{
		{"title", e.Summary}, {"location", e.Location}, {"start_date", e.Start}, {"end_date", e.End}, {"all_day", e.AllDay},
		{"attendees", e.Attendees}, {"organizer", e.Organizer}, {"description", e.Description},
	}
}
