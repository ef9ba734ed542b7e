package sla

import (
	"cmp"
	"slices"
	"time"

	"postroom/internal/desk"
)

// StateChange is one change of a ticket's state.
type StateChange struct {
	At       time.Time
	From, To desk.StateID
}

// Pauses returns the spans, in order and apart from each other, in which a ticket was in states for
// which nobody's clock runs. now is the state it is in; changes are in the order of time. The time
// since the last change is none: it becomes a pause when it is over.
//
// Seconds don't count, at either end.
func Pauses(created time.Time, changes []StateChange, now desk.StateID, ignored func(desk.StateID) bool) []Span {
	initial := now
	if len(changes) > 0 {
		initial = changes[0].From
	}
	state, since := initial, created
	var pauses []Span
	for i, change := range changes {
		if i > 0 || !change.At.Equal(created) {
			pause := Span{since.Truncate(time.Minute), change.At.Truncate(time.Minute)}
			if ignored(state) && pause.From.Before(pause.To) {
				pauses = append(pauses, pause)
			}
		}
		state, since = change.To, change.At
	}
	return union(pauses)
}

// union joins spans that overlap or touch.
func union(spans []Span) []Span {
	slices.SortStableFunc(spans, func(a, b Span) int { return cmp.Compare(a.From.UnixNano(), b.From.UnixNano()) })
	var joined []Span
	for _, s := range spans {
		if n := len(joined); n > 0 && !s.From.After(joined[n-1].To) {
			if s.To.After(joined[n-1].To) {
				joined[n-1].To = s.To
			}
			continue
		}
		joined = append(joined, s)
	}
	return joined
}
