package rules_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"postroom/internal/desk"
	"postroom/internal/rules"
)

const everyDay = `"days":{"Mon":true,"Tue":true,"Wed":true,"Thu":true,"Fri":true,"Sat":true,"Sun":true}`

func plan(t *testing.T, text string) rules.Timeplan {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber() // as the API reads what clients send
	var raw map[string]any
	if err := decoder.Decode(&raw); err != nil {
		t.Fatal(err)
	}
	parsed, err := rules.ParseTimeplan(raw)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// local reads a time of day and zone, which decides between the two passes of a repeated hour.
func local(t *testing.T, zone, text string) time.Time {
	t.Helper()
	location, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.Parse("2006-01-02 15:04:05 -0700", text)
	if err != nil {
		t.Fatal(err)
	}
	return at.In(location)
}

func TestNextTimeOfAPlan(t *testing.T) {
	t.Parallel()
	const (
		mondaysAt8   = `{"days":{"Mon":true},"hours":{"8":true},"minutes":{"0":true,"30":true}}`
		dailyAt2     = `{` + everyDay + `,"hours":{"2":true},"minutes":{"0":true,"30":true}}`
		dailyAt0     = `{` + everyDay + `,"hours":{"0":true},"minutes":{"0":true}}`
		tuesdayNight = `{"days":{"Tue":true},"hours":{"23":true},"minutes":{"50":true}}`
	)
	for _, tc := range []struct{ name, plan, zone, now, want string }{
		{"later the same day", mondaysAt8, "UTC", "2024-05-06 07:15:30 +0000", "2024-05-06 08:00:00 +0000"},
		{"in the slot", mondaysAt8, "UTC", "2024-05-06 08:09:59 +0000", "2024-05-06 08:00:00 +0000"},
		{"just after the slot", mondaysAt8, "UTC", "2024-05-06 08:10:00 +0000", "2024-05-06 08:30:00 +0000"},
		{"next week", mondaysAt8, "UTC", "2024-05-06 08:40:00 +0000", "2024-05-13 08:00:00 +0000"},
		{"the same weekday, a week on", tuesdayNight, "UTC", "2024-05-08 00:00:00 +0000", "2024-05-14 23:50:00 +0000"},
		{"over the end of the year", mondaysAt8, "UTC", "2024-12-31 12:00:00 +0000", "2025-01-06 08:00:00 +0000"},
		{"local days", mondaysAt8, "Pacific/Auckland", "2024-05-06 07:15:00 +1200", "2024-05-06 08:00:00 +1200"},
		{"a zone of three quarters of an hour", mondaysAt8, "Asia/Kathmandu", "2024-05-06 08:03:00 +0545", "2024-05-06 08:00:00 +0545"},
		{"on the day when two o'clock is skipped", dailyAt2, "Europe/Berlin", "2024-03-31 01:50:00 +0100", "2024-04-01 02:00:00 +0200"},
		{"when two o'clock comes, first pass", dailyAt2, "Europe/Berlin", "2024-10-27 01:50:00 +0200", "2024-10-27 02:00:00 +0200"},
		{"when two o'clock comes again", dailyAt2, "Europe/Berlin", "2024-10-27 02:40:00 +0200", "2024-10-27 02:00:00 +0100"},
		{"after the second pass", dailyAt2, "Europe/Berlin", "2024-10-27 02:40:00 +0100", "2024-10-28 02:00:00 +0100"},
		{"clocks change by half an hour", dailyAt2, "Australia/Lord_Howe", "2024-10-06 01:50:00 +1030", "2024-10-06 02:30:00 +1100"},
		{"midnight is skipped", dailyAt0, "America/Santiago", "2024-09-07 23:50:00 -0400", "2024-09-09 00:00:00 -0300"},
		{"no hours", `{` + everyDay + `,"minutes":{"0":true}}`, "UTC", "2024-05-06 08:00:00 +0000", ""},
		{"no plan", `{}`, "UTC", "2024-05-06 08:00:00 +0000", ""},
		{"all switched off", `{"days":{"Mon":false},"hours":{"8":true},"minutes":{"0":true}}`, "UTC", "2024-05-06 08:00:00 +0000", ""},
		{"switches as text and number", `{"days":{"Mon":"true"},"hours":{"8":1},"minutes":{"0":"1"}}`, "UTC", "2024-05-06 07:00:00 +0000", "2024-05-06 08:00:00 +0000"},
		{"names that are none", `{"days":{"Monday":true,"Mon":true},"hours":{"24":true,"x":true,"-1":true},"minutes":{"5":true,"60":true}}`, "UTC", "2024-05-06 07:00:00 +0000", ""},
	} {
		got := plan(t, tc.plan).Next(local(t, tc.zone, tc.now))
		shown := ""
		if !got.IsZero() {
			shown = got.Format("2006-01-02 15:04:05 -0700")
		}
		if shown != tc.want {
			t.Errorf("%s: next after %s = %q, want %q", tc.name, tc.now, shown, tc.want)
		}
	}
}

func TestNextRunLeavesOutTheSlotOfARunBefore(t *testing.T) {
	t.Parallel()
	always := plan(t, `{`+everyDay+`,"hours":{"8":true},"minutes":{"0":true,"10":true}}`)
	now := local(t, "Europe/Berlin", "2024-05-06 08:03:00 +0200")
	for ran, want := range map[bool]string{false: "2024-05-06T06:00:00Z", true: "2024-05-06T06:10:00Z"} {
		next := always.NextRun(now, ran)
		if next == nil || next.Format(time.RFC3339) != want {
			t.Errorf("next run with ran before = %v: %v, want %s", ran, next, want)
		}
	}
	if next := plan(t, `{}`).NextRun(now, false); next != nil {
		t.Errorf("next run without a plan: %v, want none", next)
	}
}

func TestPlanOfAnotherShapeIsRefused(t *testing.T) {
	t.Parallel()
	for _, raw := range []map[string]any{
		{"days": []any{"Mon"}}, {"hours": "8"}, {"minutes": true},
	} {
		_, err := rules.ParseTimeplan(raw)
		if invalid, ok := errors.AsType[*desk.InvalidError](err); !ok || invalid.Field != "timeplan" {
			t.Errorf("plan %v: error = %v, want one about the timeplan", raw, err)
		}
	}
}
