package teamwork

import "postroom/internal/desk"

// Ids of drafts that agents share.
type (
	DraftID      int64 // of what is being written in a ticket
	StartDraftID int64 // of what is to be a new ticket
)

// What the files of drafts belong to.
const (
	ObjectDraft      = "Ticket::SharedDraftZoom"
	ObjectStartDraft = "Ticket::SharedDraftStart"
)

// Draft is what an agent began to write in a ticket, for others to go on with.
type Draft struct {
	ID               DraftID
	TicketID         desk.TicketID
	NewArticle       map[string]any // as clients like it; nothing here reads it
	TicketAttributes map[string]any
	desk.Stamp
}

// ErrForeignDraft refuses a draft that was not written for the ticket it is to be used in.
var ErrForeignDraft error = &desk.InvalidError{Field: "shared_draft_id", Reason: "Shared draft cannot be selected for this ticket."}

// StartDraft is what an agent began to write as a new ticket of a group.
type StartDraft struct {
	ID      StartDraftID
	GroupID desk.GroupID
	Name    string
	Content map[string]any // as clients like it
	desk.Stamp
}

// MayStart returns nil if a new ticket in a group may come from the draft, else ErrForeignDraft.
func (d StartDraft) MayStart(group desk.Group) error {
	if d.GroupID == group.ID && group.SharedDrafts {
		return nil
	}
	return ErrForeignDraft
}
