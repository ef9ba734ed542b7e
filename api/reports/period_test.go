package reports

import (
	"slices"
	"testing"
	"time"

	"postroom/api/rest"
	"postroom/internal/desk"
)

func TestHoursOfDaysOnWhichClocksChange(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		zone string
		day  time.Time
		want map[int]time.Duration // of slots that are not an hour long
	}{
		{"UTC", time.Date(2024, 3, 31, 0, 0, 0, 0, time.UTC), nil},
		{"Europe/Berlin", time.Date(2024, 3, 31, 0, 0, 0, 0, time.UTC), map[int]time.Duration{2: 0}},
		{"Europe/Berlin", time.Date(2024, 10, 27, 0, 0, 0, 0, time.UTC), map[int]time.Duration{2: 2 * time.Hour}},
		{"America/New_York", time.Date(2024, 11, 3, 0, 0, 0, 0, time.UTC), map[int]time.Duration{1: 2 * time.Hour}},
		{"America/Sao_Paulo", time.Date(2018, 11, 4, 0, 0, 0, 0, time.UTC), map[int]time.Duration{0: 0}}, // has no midnight
		{"Asia/Kolkata", time.Date(2024, 3, 31, 0, 0, 0, 0, time.UTC), nil},
	} {
		zone, err := time.LoadLocation(tc.zone)
		if err != nil {
			t.Fatal(err)
		}
		moments := hours(tc.day.Year(), tc.day.Month(), tc.day.Day(), zone)
		if len(moments) != 25 {
			t.Fatalf("%s, %s: %d moments, want 25", tc.zone, tc.day.Format(time.DateOnly), len(moments))
		}
		for slot := range 24 {
			want, strange := tc.want[slot]
			if !strange {
				want = time.Hour
			}
			if got := moments[slot+1].Sub(moments[slot]); got != want {
				t.Errorf("%s, %s: hour %d is %s long, want %s", tc.zone, tc.day.Format(time.DateOnly), slot, got, want)
			}
		}
	}
}

func TestWeeksBeginOnMonday(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		year, week, weeks int
		want              string
	}{
		{2020, 53, 53, "2020-12-28"},
		{2021, 1, 52, "2021-01-04"},
		{2024, 43, 52, "2024-10-21"},
		{2026, 1, 53, "2025-12-29"},
	} {
		if got := mondayOf(tc.year, tc.week).Format(time.DateOnly); got != tc.want {
			t.Errorf("week %d of %d begins on %s, want %s", tc.week, tc.year, got, tc.want)
		}
		if got := weeksOf(tc.year); got != tc.weeks {
			t.Errorf("%d has %d weeks, want %d", tc.year, got, tc.weeks)
		}
	}
	if got := minutes(time.Date(2024, 3, 1, 12, 30, 29, 0, time.UTC)); len(got) != 61 || !slices.IsSortedFunc(got, time.Time.Compare) ||
		got[60] != time.Date(2024, 3, 1, 12, 31, 0, 0, time.UTC) {
		t.Errorf("the last hour ends at %v after %d minutes, want the end of the current minute after 60", got[len(got)-1], len(got)-1)
	}
}

func TestTheLastHourIsOfTheZoneThatIsAskedFor(t *testing.T) {
	t.Parallel()
	asked := rest.Params{"timeRange": "realtime", "timezone": "Asia/Kolkata"}
	moments, err := momentsIn(asked, &desk.Catalog{}, time.Date(2024, 3, 1, 12, 30, 29, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := moments[60].Format(time.RFC3339), "2024-03-01T18:01:00+05:30"; got != want {
		t.Errorf("the last hour ends at %s, want %s", got, want)
	}
}
