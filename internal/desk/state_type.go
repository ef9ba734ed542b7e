package desk

// Names of state types, which say what a state means whatever it is called.
const (
	StateTypeNew             = "new"
	StateTypeOpen            = "open"
	StateTypePendingReminder = "pending reminder"
	StateTypePendingAction   = "pending action"
	StateTypeClosed          = "closed"
	StateTypeMerged          = "merged"
)

// Pending reports whether a state waits for a time.
func (c *Catalog) Pending(id StateID) bool {
	name := c.StateType(id)
	return name == StateTypePendingReminder || name == StateTypePendingAction
}
