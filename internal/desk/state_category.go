package desk

import (
	"maps"
	"slices"
)

// Categories of states: sets of state types that lists and statistics use (reference/seeds.md 1).
var (
	OpenTypes   = []string{StateTypeNew, StateTypeOpen, StateTypePendingReminder, StateTypePendingAction}
	ClosedTypes = []string{StateTypeClosed}
)

// StatesOf are the states of some types, smallest id first.
func (c *Catalog) StatesOf(types []string) []StateID {
	var ids []StateID
	for _, id := range slices.Sorted(maps.Keys(c.States)) {
		if slices.Contains(types, c.StateType(id)) {
			ids = append(ids, id)
		}
	}
	return ids
}
