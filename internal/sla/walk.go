package sla

import (
	"slices"
	"time"
)

// walker goes through the working periods of a calendar, from a time on.
type walker struct {
	calendar *Calendar
	clock    clock
	origin   int64     // nanoseconds; nothing before it counts
	pauses   []stretch // in order, apart from each other
	day      int       // local date, in days since 1970
	last     int       // the last day that is looked at
	frame    int       // of the day's frames, the next to come
	holiday  int       // index of the first holiday that is not behind us
	rest     stretch   // what is left of a frame behind a pause
}

func (c *Calendar) walk(from time.Time, pauses []Span) *walker {
	w := &walker{calendar: c, clock: clock{zone: c.zone}, origin: from.UnixNano()}
	for _, p := range pauses {
		w.pauses = append(w.pauses, stretch{p.From.UnixNano(), p.To.UnixNano()})
	}
	_, offset := from.In(c.zone).Zone()
	// A day earlier: where clocks jump, a frame may end on the next date.
	w.day = int(floorDiv(from.Unix()+int64(offset), secondsADay)) - 1
	w.last = w.day + furthest
	w.holiday, _ = slices.BinarySearch(c.holidays, w.day-1)
	return w
}

// next returns the next working period that is not empty. It reports false at the end of days.
func (w *walker) next() (stretch, bool) {
	for {
		s, ok := w.piece()
		if !ok {
			return stretch{}, false
		}
		if s.from < s.to && !w.isHoliday(s.from) {
			return s, true
		}
	}
}

// piece returns what is next of a frame, between two pauses. It may be empty.
func (w *walker) piece() (stretch, bool) {
	s := w.rest
	w.rest = stretch{}
	if s.from >= s.to {
		var ok bool
		if s, ok = w.nextFrame(); !ok {
			return s, false
		}
	}
	for len(w.pauses) > 0 && w.pauses[0].to <= s.from {
		w.pauses = w.pauses[1:]
	}
	if len(w.pauses) == 0 || w.pauses[0].from >= s.to {
		return s, true
	}
	pause := w.pauses[0]
	w.rest = stretch{max(pause.to, s.from), s.to}
	s.to = max(min(pause.from, s.to), s.from)
	return s, true
}

// nextFrame returns the next frame that ends after the origin, as a stretch of time.
func (w *walker) nextFrame() (stretch, bool) {
	for ; w.day <= w.last; w.day, w.frame = w.day+1, 0 {
		// 1970-01-01 was a Thursday.
		frames := w.calendar.hours[((w.day+int(time.Thursday))%7+7)%7]
		for w.frame < len(frames) {
			f := frames[w.frame]
			w.frame++
			if s := w.clock.stretch(int64(w.day)*secondsADay, f); s.to > w.origin {
				s.from = max(s.from, w.origin)
				return s, true
			}
		}
	}
	return stretch{}, false
}

// isHoliday reports whether the local date of a time is a holiday. Times only grow.
func (w *walker) isHoliday(at int64) bool {
	holidays := w.calendar.holidays
	if w.holiday >= len(holidays) {
		return false
	}
	seconds := floorDiv(at, int64(time.Second))
	day := int(floorDiv(seconds+w.clock.offset(seconds), secondsADay))
	for w.holiday < len(holidays) && holidays[w.holiday] < day {
		w.holiday++
	}
	return w.holiday < len(holidays) && holidays[w.holiday] == day
}

// clock translates between the time on the wall and seconds since 1970. It remembers how far apart
// the two are, which changes twice a year.
type clock struct {
	zone       *time.Location
	apart      int64 // seconds east of UTC
	since, end int64 // when that is so, in seconds since 1970
}

// forever is later than all times that anybody asks for.
const forever = 1 << 60

// offset returns how many seconds east of UTC the zone is at a time.
func (c *clock) offset(at int64) int64 {
	if at < c.since || at >= c.end {
		t := time.Unix(at, 0).In(c.zone)
		_, apart := t.Zone()
		c.apart, c.since, c.end = int64(apart), -forever, forever
		start, end := t.ZoneBounds()
		if !start.IsZero() {
			c.since = start.Unix()
		}
		if !end.IsZero() {
			c.end = end.Unix()
		}
	}
	return c.apart
}

// farthest is more than any zone is apart from UTC, and than clocks are ever set.
const farthest = 26 * 60 * 60

// stretch returns when a frame is, on a day that begins at midnight on the wall.
func (c *clock) stretch(midnight int64, f Frame) stretch {
	from, to := midnight+int64(f.From)*60, midnight+int64(f.To)*60
	if from-c.apart-farthest >= c.since && to-c.apart+farthest < c.end {
		return stretch{(from - c.apart) * int64(time.Second), (to - c.apart) * int64(time.Second)}
	}
	// The end first: what is remembered then is of the beginning, and of the next day.
	end := c.instant(to)
	return stretch{c.instant(from) * int64(time.Second), end * int64(time.Second)}
}

// instant returns when the clock on the wall shows a time, which is given in seconds since the
// beginning of 1970 on that wall. A time that happens twice is the first of the two; one that is
// skipped happens an hour later.
func (c *clock) instant(wall int64) int64 {
	if at := wall - c.apart; at-farthest >= c.since && at+farthest < c.end {
		return at
	}
	for {
		// Before and after a change of clocks that may be near; else both are the same.
		early, late := c.offset(wall-farthest), c.offset(wall+farthest)
		first, second := wall-max(early, late), wall-min(early, late)
		if c.offset(first) == wall-first {
			return first
		}
		if c.offset(second) == wall-second {
			return second
		}
		wall += 60 * 60
	}
}
