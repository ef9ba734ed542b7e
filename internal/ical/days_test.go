package ical_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"postroom/internal/ical"
)

func feed(events ...string) []byte {
	var file strings.Builder
	file.WriteString("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n")
	for _, event := range events {
		file.WriteString("BEGIN:VEVENT\r\nUID:x\r\n" + strings.ReplaceAll(event, "\n", "\r\n") + "\r\nEND:VEVENT\r\n")
	}
	file.WriteString("END:VCALENDAR\r\n")
	return []byte(file.String())
}

func TestDaysOfAFeed(t *testing.T) {
	t.Parallel()
	now := time.Date(2017, 8, 24, 12, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		name, event string
		want        []string
	}{
		{"a day", "DTSTART;VALUE=DATE:20171003\nSUMMARY:Unity", []string{"2017-10-03 Unity"}},
		{"named by its description", "DTSTART;VALUE=DATE:20171003\nDESCRIPTION:Unity", []string{"2017-10-03 Unity"}},
		{"the date as it is written", "DTSTART;TZID=Pacific/Auckland:20171225T003000\nSUMMARY:Early", []string{"2017-12-25 Early"}},
		{"late in UTC", "DTSTART:20171225T233000Z\nSUMMARY:Late", []string{"2017-12-25 Late"}},
		{"every year", "DTSTART;VALUE=DATE:20121224\nRRULE:FREQ=YEARLY\nSUMMARY:Eve",
			[]string{"2016-12-24 Eve", "2017-12-24 Eve", "2018-12-24 Eve", "2019-12-24 Eve"}},
		{"with an exception", "DTSTART;VALUE=DATE:20161224\nRRULE:FREQ=YEARLY;COUNT=3\nEXDATE;VALUE=DATE:20171224\nSUMMARY:Eve",
			[]string{"2016-12-24 Eve", "2018-12-24 Eve"}},
		{"the fourth Thursday", "DTSTART;VALUE=DATE:20161124\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH;UNTIL=20180101\nSUMMARY:Thanks",
			[]string{"2016-11-24 Thanks", "2017-11-23 Thanks"}},
		{"too long ago", "DTSTART;VALUE=DATE:20160823\nSUMMARY:Past", nil},
		{"too far ahead", "DTSTART;VALUE=DATE:20200825\nSUMMARY:Future", nil},
		{"every second", "DTSTART:00010101T000000Z\nRRULE:FREQ=SECONDLY\nSUMMARY:Never", nil},
		{"a rule that nobody can read", "DTSTART;VALUE=DATE:20171003\nRRULE:FREQ=SOMETIMES\nSUMMARY:Never", nil},
		{"no date", "SUMMARY:Never", nil},
	} {
		days, err := ical.Days(feed(tc.event), now.AddDate(-1, 0, 0), now.AddDate(3, 0, 0))
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
		}
		var got []string
		for _, day := range slices.Sorted(maps.Keys(days)) {
			got = append(got, day+" "+days[day])
		}
		if !slices.Equal(got, tc.want) {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}

func TestOnlyTheFirstCalendarOfAFileCounts(t *testing.T) {
	t.Parallel()
	now := time.Date(2017, 8, 24, 12, 0, 0, 0, time.UTC)
	both := append(feed("DTSTART;VALUE=DATE:20171003\nSUMMARY:A"), feed("DTSTART;VALUE=DATE:20171004\nSUMMARY:B")...)
	days, err := ical.Days(both, now, now.AddDate(1, 0, 0))
	if err != nil || len(days) != 1 || days["2017-10-03"] != "A" {
		t.Errorf("days %v, %v", days, err)
	}
	for _, bad := range []string{"", "<html>Sign in</html>", strings.Repeat("x", ical.MaxSize+1)} {
		if _, err := ical.Days([]byte(bad), now, now.AddDate(1, 0, 0)); err == nil {
			t.Errorf("%.20q is taken for a calendar", bad)
		}
	}
}

func FuzzDays(f *testing.F) {
	f.Add(feed("DTSTART;VALUE=DATE:20121224\nRRULE:FREQ=YEARLY;INTERVAL=0;BYMONTHDAY=31\nSUMMARY:Eve"))
	now := time.Date(2017, 8, 24, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, data []byte) {
		started := time.Now()
		_, _ = ical.Days(data, now.AddDate(-1, 0, 0), now.AddDate(3, 0, 0))
		if took := time.Since(started); took > 20*time.Second {
			t.Fatalf("%d bytes take %s", len(data), took)
		}
	})
}
