package sla_test

import (
	"testing"
	"time"

	"postroom/internal/desk"
	"postroom/internal/sla"
)

func TestWorkingTimeIsThatOnTheWall(t *testing.T) {
	t.Parallel()
	open := func(frames ...any) map[string]any { return map[string]any{"active": true, "timeframes": frames} }
	day, night := []any{"09:00", "17:00"}, []any{"02:30", "05:00"}
	office := map[string]any{"wed": open(day), "thu": open([]any{"09:00", "12:00"}, []any{"13:00", "23:59"}), "sun": open(night)}
	calendar := desk.Calendar{Timezone: "Europe/Berlin", BusinessHours: office, PublicHolidays: map[string]any{
		"2024-06-19": map[string]any{"active": true}, "2024-06-26": map[string]any{"active": true, "removed": true},
		"2024-07-03": map[string]any{"active": false},
	}}
	for _, tc := range []struct {
		at   string
		want bool
	}{
		{"2024-06-12T10:00:00Z", true},
		{"2024-06-12T07:00:00Z", true}, // they begin
		{"2024-06-12T06:59:59Z", false},
		{"2024-06-12T14:59:59Z", true},
		{"2024-06-12T15:00:00Z", false}, // they leave
		{"2024-06-13T10:30:00Z", false}, // lunch
		{"2024-06-13T21:59:59Z", true},  // up to midnight
		{"2024-06-15T10:00:00Z", false}, // Saturday
		{"2024-06-19T10:00:00Z", false}, // a holiday
		{"2024-06-26T10:00:00Z", true},  // one that was taken back
		{"2024-07-03T10:00:00Z", true},  // one that is switched off
		{"2024-03-31T00:59:59Z", false}, // a second before the clock jumps over 02:30
		{"2024-03-31T01:00:00Z", true},
		{"2024-10-27T00:40:00Z", true}, // 02:40 for the first time
		{"2024-10-27T01:40:00Z", true}, // and for the second
	} {
		at, err := time.Parse(time.RFC3339, tc.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := sla.Working(calendar, at); got != tc.want {
			t.Errorf("at %s people work: %v, want %v", tc.at, got, tc.want)
		}
	}
	calendar.Timezone = "Nowhere/Town"
	if sla.Working(calendar, time.Date(2024, 6, 12, 10, 0, 0, 0, time.UTC)) {
		t.Error("people work in a time zone that there is not")
	}
}
