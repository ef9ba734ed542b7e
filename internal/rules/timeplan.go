package rules

import (
	"strconv"
	"strings"
	"time"

	"postroom/internal/desk"
)

// Slot is the grid of a plan: a time counts as the beginning of its ten minutes.
const Slot = 10 * time.Minute

// Timeplan says at which times of a week a scheduler may run. The zero plan is never.
type Timeplan struct {
	days    [7]bool // from Sunday
	hours   [24]bool
	minutes [6]bool // tens
}

var dayNames = [7]string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"}

// ParseTimeplan reads a plan as clients write it: {"days": {"Mon": true}, "hours": {"8": true},
// "minutes": {"0": true}}. What is not named is off.
func ParseTimeplan(raw map[string]any) (Timeplan, error) {
	var plan Timeplan
	for section, set := range map[string]func(name string, on bool){
		"days": func(name string, on bool) {
			for i, day := range dayNames {
				if name == day {
					plan.days[i] = on
				}
			}
		},
		"hours": func(name string, on bool) {
			if hour, err := strconv.Atoi(name); err == nil && 0 <= hour && hour < len(plan.hours) {
				plan.hours[hour] = on
			}
		},
		"minutes": func(name string, on bool) {
			if minute, err := strconv.Atoi(name); err == nil && minute%10 == 0 && 0 <= minute/10 && minute/10 < len(plan.minutes) {
				plan.minutes[minute/10] = on
			}
		},
	} {
		switches, ok := raw[section].(map[string]any)
		if !ok && raw[section] != nil {
			return Timeplan{}, &desk.InvalidError{Field: "timeplan", Reason: "Timeplan " + section + " is invalid"}
		}
		for name, on := range switches {
			set(name, isOn(on))
		}
	}
	return plan, nil
}

// isOn reads a switch, which some clients send as text or number.
func isOn(value any) bool {
	switch v := value.(type) {
	case bool:
		return v
	case string:
		return strings.EqualFold(v, "true") || v == "1"
	case float64:
		return v == 1
	case interface{ String() string }: // json.Number
		return v.String() == "1"
	}
	return false
}

// Contains reports whether t is in the plan, in the time zone it comes with.
func (p Timeplan) Contains(t time.Time) bool {
	return p.days[t.Weekday()] && p.hours[t.Hour()] && p.minutes[t.Minute()/10]
}

// Next returns the beginning of the first slot of the plan that now is in or that comes after it,
// in the time zone of now; the zero time if there is none until the end of the seventh day from
// now. A time that a change of clocks skips is no slot of that day, one that comes twice is two.
func (p Timeplan) Next(now time.Time) time.Time {
	year, month, day := now.Date()
	end := time.Date(year, month, day+8, 0, 0, 0, 0, now.Location())
	for slot := slotOf(now); slot.Before(end); slot = slotOf(slot.Add(Slot)) {
		if p.Contains(slot) {
			return slot
		}
	}
	return time.Time{}
}

// slotOf is the beginning of the ten minutes that t is in.
func slotOf(t time.Time) time.Time {
	into := time.Duration(t.Minute()%10)*time.Minute + time.Duration(t.Second())*time.Second + time.Duration(t.Nanosecond())
	return t.Add(-into)
}

// NextRun returns when a scheduler with this plan runs next, or nil for never: not before the slot
// after this one if it has run before.
func (p Timeplan) NextRun(now time.Time, ranBefore bool) *time.Time {
	if ranBefore {
		now = now.Add(Slot)
	}
	next := p.Next(now)
	if next.IsZero() {
		return nil
	}
	next = next.UTC()
	return &next
}
