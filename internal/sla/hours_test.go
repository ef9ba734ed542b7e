package sla_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"postroom/internal/sla"
)

func decode(t *testing.T, text string) map[string]any {
	t.Helper()
	var raw map[string]any
	if err := json.Unmarshal([]byte(text), &raw); err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestHoursOfADay(t *testing.T) {
	t.Parallel()
	type frames = []sla.Frame
	for _, tc := range []struct {
		name, monday string
		want         frames
		err          string
	}{
		{"office", `{"active":true,"timeframes":[["09:00","17:00"]]}`, frames{{540, 1020}}, ""},
		{"with a break, out of order", `{"active":true,"timeframes":[["13:00","17:00"],["08:00","12:00"]]}`, frames{{480, 720}, {780, 1020}}, ""},
		{"all day", `{"active":true,"timeframes":[["00:00","23:59"]]}`, frames{{0, 1440}}, ""},
		{"up to midnight", `{"active":true,"timeframes":[["20:00","24:00"]]}`, frames{{1200, 1440}}, ""},
		{"two that begin together", `{"active":true,"timeframes":[["09:00","12:00"],["09:00","17:00"]]}`, frames{{540, 1020}}, ""},
		{"a pair without an end", `{"active":true,"timeframes":[["09:00"],["10:00",""],["11:00","12:00"]]}`, frames{{660, 720}}, ""},
		{"active as text", `{"active":"true","timeframes":[["09:00","17:00"]]}`, frames{{540, 1020}}, ""},
		{"not active", `{"active":false,"timeframes":[["09:00","17:00"]]}`, nil, "There are no business hours configured."},
		{"no frames", `{"active":true}`, nil, "There are no business hours configured."},
		{"empty frames", `{"active":true,"timeframes":[]}`, nil, "There are no business hours configured."},
		{"backwards", `{"active":true,"timeframes":[["09:00","00:00"]]}`, nil, "nonsensical hours provided"},
		{"no time at all", `{"active":true,"timeframes":[["09:00","09:00"]]}`, nil, "nonsensical hours provided"},
		{"past the day", `{"active":true,"timeframes":[["09:00","24:01"]]}`, nil, `Invalid time in business hours: "24:01"`},
		{"no minutes", `{"active":true,"timeframes":[["9","17:00"]]}`, nil, `Invalid time in business hours: "9"`},
		{"not a time", `{"active":true,"timeframes":[[9,"17:00"]]}`, nil, `Invalid time in business hours: ""`},
		{"negative", `{"active":true,"timeframes":[["-1:00","17:00"]]}`, nil, `Invalid time in business hours: "-1:00"`},
	} {
		hours, err := sla.ParseHours(decode(t, `{"mon":`+tc.monday+`}`))
		reason := ""
		if err != nil {
			reason = err.Error()
		}
		if reason != tc.err || !reflect.DeepEqual(hours[time.Monday], tc.want) {
			t.Errorf("%s: %v, error %q, want %v, error %q", tc.name, hours[time.Monday], reason, tc.want, tc.err)
		}
	}
}

func TestHolidaysAreOnOrOffAndRememberTheirFeed(t *testing.T) {
	t.Parallel()
	stored := decode(t, `{"2024-12-25":{"active":true,"summary":"Christmas","feed":"f"},"2024-12-26":{"active":true,"feed":"f"}}`)
	got, err := sla.Holidays(decode(t, `{
		"2024-12-25":{"active":false,"summary":"Christmas"},
		"2024-12-26":{"active":true,"feed":"g"},
		"2025-01-01":{"active":"true","summary":"New year"},
		"2025-01-02":{"summary":"nothing said","removed":true}}`), stored)
	want := decode(t, `{
		"2024-12-25":{"active":false,"summary":"Christmas","feed":"f"},
		"2024-12-26":{"active":true,"feed":"g"},
		"2025-01-01":{"active":true,"summary":"New year"},
		"2025-01-02":{"active":false,"summary":"nothing said","removed":true}}`)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("holidays = %v, %v, want %v", got, err, want)
	}
	for _, text := range []string{`{"Christmas":{"active":true}}`, `{"2024-02-30":{"active":true}}`, `{"2024-12-25":true}`} {
		if _, err := sla.Holidays(decode(t, text), nil); err == nil {
			t.Errorf("holidays %s are accepted", text)
		}
	}
}

func TestHolidaysOfAnotherFeedGo(t *testing.T) {
	t.Parallel()
	const feedOfX = "9dd4e461268c8034f5c8564e155c67a6" // md5 of "x"
	all := decode(t, `{"2024-12-24":{"active":true},"2024-12-25":{"active":true,"feed":"`+feedOfX+`"},"2024-12-26":{"active":true,"feed":"other"}}`)
	for url, want := range map[string][]string{"x": {"2024-12-24", "2024-12-25"}, "": {"2024-12-24"}} {
		left := sla.OfFeed(all, url)
		if len(left) != len(want) {
			t.Errorf("feed %q leaves %v, want %v", url, left, want)
		}
		for _, date := range want {
			if left[date] == nil {
				t.Errorf("feed %q leaves %v, want %s in it", url, left, date)
			}
		}
	}
}

func TestFeedAddsDaysThatNobodyDecidedAbout(t *testing.T) {
	t.Parallel()
	const feedOfX = "9dd4e461268c8034f5c8564e155c67a6" // md5 of "x"
	stored := decode(t, `{"2024-12-24":{"active":false,"summary":"We work"},"2024-12-25":{"summary":"unknown"},"2024-12-26":{"active":true,"feed":"other"}}`)
	got := sla.FromFeed(stored, "x", map[string]string{
		"2024-12-24": "Eve", "2024-12-25": "Christmas", "2025-01-01": "New year", "2025-03-30": "Beginn der Sommerzeit",
		"2025-10-26": "End of Daylight Saving Time", "2025-03-29": "British Summertime",
	})
	want := decode(t, `{"2024-12-24":{"active":false,"summary":"We work"},
		"2024-12-25":{"active":true,"summary":"Christmas","feed":"`+feedOfX+`"},
		"2025-01-01":{"active":true,"summary":"New year","feed":"`+feedOfX+`"}}`)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("holidays %v, want %v", got, want)
	}
}
