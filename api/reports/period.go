package reports

import (
	"time"

	"postroom/api/rest"
	"postroom/internal/desk"
)

// momentsIn reads which stretch of time is asked for: where its slots begin, and where the last one ends.
// Days are those of the time zone that is asked for, or of the installation's.
func momentsIn(p rest.Params, c *desk.Catalog, now time.Time) ([]time.Time, error) {
	zone := c.Settings.Zone()
	if !p.Blank("timezone") {
		named, err := time.LoadLocation(p.Text("timezone"))
		if err != nil || p.Text("timezone") == "Local" {
			return nil, rest.InvalidParam("timezone", p["timezone"])
		}
		zone = named
	}
	r := numbers{params: p}
	span := p.Text("timeRange")
	if span == "realtime" {
		return minutes(now.In(zone)), nil
	}
	year := r.number("year", 1970, 9998)
	var moments []time.Time
	switch span {
	case "year", "":
		moments = steps(12, func(n int) time.Time { return startOf(year, time.Month(1+n), 1, zone) })
	case "month":
		month := time.Month(r.number("month", 1, 12))
		moments = steps(daysOf(year, month), func(n int) time.Time { return startOf(year, month, 1+n, zone) })
	case "week":
		first := mondayOf(year, r.number("week", 1, weeksOf(year)))
		moments = steps(7, func(n int) time.Time { return startOf(first.Year(), first.Month(), first.Day()+n, zone) })
	case "day":
		month := time.Month(r.number("month", 1, 12))
		moments = hours(year, month, r.number("day", 1, daysOf(year, month)), zone)
	default:
		return nil, rest.InvalidParam("timeRange", p["timeRange"])
	}
	return moments, r.err
}

// numbers reads numbers and keeps the first error.
type numbers struct {
	params rest.Params
	err    error
}

func (r *numbers) number(key string, least, most int) int {
	n, ok := rest.Int32Of(r.params[key])
	if ok && n >= least && n <= most {
		return n
	}
	if r.err == nil {
		r.err = rest.InvalidParam(key, r.params[key])
	}
	return least
}

// steps are count beginnings of slots, and the end of the last.
func steps(count int, begin func(n int) time.Time) []time.Time {
	moments := make([]time.Time, count+1)
	for n := range moments {
		moments[n] = begin(n)
	}
	return moments
}

// minutes are the sixty that end with the current one.
func minutes(now time.Time) []time.Time {
	first := now.Truncate(time.Minute).Add(-59 * time.Minute)
	return steps(60, func(n int) time.Time { return first.Add(time.Duration(n) * time.Minute) })
}

// hours are those that a clock shows on a day. One that is shown twice, when clocks are set back, is one slot
// of two hours; one that is left out is empty.
func hours(year int, month time.Month, day int, zone *time.Location) []time.Time {
	begin := startOf(year, month, day, zone)
	moments := make([]time.Time, 25)
	moments[24] = startOf(year, month, day+1, zone)
	for hour := 23; hour > 0; hour-- {
		at := time.Date(year, month, day, hour, 0, 0, 0, zone)
		if earlier := at.Add(-time.Hour); earlier.Hour() == hour && earlier.Minute() == 0 {
			at = earlier
		}
		if at.Hour() != hour || at.Before(begin) {
			at = moments[hour+1]
		}
		moments[hour] = at
	}
	moments[0] = begin
	return moments
}

// startOf is when a day begins. There are days without a midnight: clocks are set forward at it.
func startOf(year int, month time.Month, day int, zone *time.Location) time.Time {
	at := time.Date(year, month, day, 0, 0, 0, 0, zone)
	if at.Hour() > 12 { // of the day before
		return time.Date(year, month, day, 1, 0, 0, 0, zone)
	}
	return at
}

func daysOf(year int, month time.Month) int {
	return time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// mondayOf is the first day of a week as ISO 8601 numbers them: the fourth of January is in the first.
func mondayOf(year, week int) time.Time {
	fourth := time.Date(year, time.January, 4, 0, 0, 0, 0, time.UTC)
	sinceMonday := (int(fourth.Weekday()) + 6) % 7
	return fourth.AddDate(0, 0, 7*(week-1)-sinceMonday)
}

// weeksOf is how many weeks a year has. The 28th of December is always in the last.
func weeksOf(year int) int {
	_, week := time.Date(year, time.December, 28, 0, 0, 0, 0, time.UTC).ISOWeek()
	return week
}
