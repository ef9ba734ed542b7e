package sla

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"postroom/internal/desk"
)

// Hours are the working hours of a week.
type Hours [7][]Frame // by time.Weekday

// Frame is a part of a day in minutes after midnight: from From up to, and without, To.
type Frame struct{ From, To int }

const minutesADay = 24 * 60

var days = map[string]time.Weekday{
	"sun": time.Sunday, "mon": time.Monday, "tue": time.Tuesday, "wed": time.Wednesday,
	"thu": time.Thursday, "fri": time.Friday, "sat": time.Saturday,
}

// ParseHours reads hours as clients write them: {"mon": {"active": true, "timeframes": [["09:00",
// "17:00"]]}}. It refuses those in which nobody ever works.
func ParseHours(raw map[string]any) (Hours, error) {
	var hours Hours
	open := false
	for _, name := range slices.Sorted(maps.Keys(days)) {
		day, _ := raw[name].(map[string]any)
		if !isOn(day["active"]) {
			continue
		}
		frames, err := parseFrames(day["timeframes"])
		if err != nil {
			return Hours{}, err
		}
		hours[days[name]] = frames
		open = open || len(frames) > 0
	}
	if !open {
		return Hours{}, invalidHours("There are no business hours configured.")
	}
	return hours, nil
}

// parseFrames reads the frames of a day, earliest first. Of two that begin together the last counts.
func parseFrames(raw any) ([]Frame, error) {
	list, _ := raw.([]any)
	ends := map[int]int{}
	for _, pair := range list {
		times, _ := pair.([]any)
		if len(times) < 2 || times[0] == nil || times[1] == nil || times[0] == "" || times[1] == "" {
			continue
		}
		from, err := parseTime(times[0])
		if err != nil {
			return nil, err
		}
		to, err := parseTime(times[1])
		if err != nil {
			return nil, err
		}
		if to == minutesADay-1 {
			to = minutesADay // who closes at 23:59 means midnight
		}
		if to <= from {
			return nil, invalidHours("nonsensical hours provided")
		}
		ends[from] = to
	}
	var frames []Frame
	for from, to := range ends {
		frames = append(frames, Frame{from, to})
	}
	slices.SortFunc(frames, func(a, b Frame) int { return cmp.Compare(a.From, b.From) })
	return frames, nil
}

// parseTime reads a time of day as minutes after midnight, 24:00 included.
func parseTime(raw any) (int, error) {
	text, _ := raw.(string)
	hour, minute, ok := strings.Cut(strings.TrimSpace(text), ":")
	h, hourErr := strconv.ParseUint(hour, 10, 8)
	m, minuteErr := strconv.ParseUint(minute, 10, 8)
	at := int(h)*60 + int(m)
	if !ok || hourErr != nil || minuteErr != nil || m > 59 || at > minutesADay {
		return 0, invalidHours("Invalid time in business hours: " + strconv.Quote(text))
	}
	return at, nil
}

func invalidHours(reason string) error {
	return &desk.InvalidError{Field: "business_hours", Reason: reason}
}

// isOn reads a switch, which some clients send as text.
func isOn(value any) bool { return value == true || value == "true" || value == "1" }
