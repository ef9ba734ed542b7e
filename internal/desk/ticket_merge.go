package desk

// MayMergeInto refuses to merge a ticket into itself, or into one that was merged.
func (t Ticket) MayMergeInto(target Ticket, c *Catalog) error {
	if c.StateType(target.StateID) == StateTypeMerged {
		return &InvalidError{Field: "target_ticket_number", Reason: "It is not possible to merge into an already merged ticket."}
	}
	if t.ID == target.ID {
		return &InvalidError{Field: "target_ticket_number", Reason: "A ticket cannot be merged into itself."}
	}
	return nil
}

// MergedState is the state of tickets that were merged into another.
func (c *Catalog) MergedState() StateID {
	return pick(c.States, func(s State) bool { return c.StateTypes[s.StateTypeID] == StateTypeMerged }, 0)
}
