// Package teamwork holds what agents add to tickets for each other: checklists, drafts, links, mentions, tags,
// spent time.
//
// It reads these as clients write them, and says who may add them. It does no I/O.
package teamwork

// Attached are the ids of what belongs to a ticket.
type Attached struct {
	TimeAccountingIDs       []TimeAccountingID
	ChecklistID             *ChecklistID
	ReferencingChecklistIDs []ChecklistID // of other tickets' checklists that name this ticket
}
