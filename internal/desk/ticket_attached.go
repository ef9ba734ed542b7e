package desk

// Attached are the ids of what belongs to a ticket.
type Attached struct {
	TimeAccountingIDs       []TimeAccountingID
	ChecklistID             *ChecklistID
	ReferencingChecklistIDs []ChecklistID // of other tickets' checklists that name this ticket
}
