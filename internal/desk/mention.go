package desk

// MentionID is the id of a mention.
type MentionID int64

// Mention says that somebody wants to hear of a ticket, asked for by that person or by another who
// named this one.
type Mention struct {
	ID       MentionID
	TicketID TicketID
	UserID   UserID
	Stamp
}

// MayMention returns nil, or a *ForbiddenError: only who reads a ticket as an agent names others in it.
func (a TicketAccess) MayMention(t Ticket) error {
	if a.agentIn(a.Read, t) {
		return nil
	}
	return &ForbiddenError{Reason: "You have insufficient permissions to mention other users."}
}

// ErrMentioned refuses to tell somebody of a ticket who may not read it as an agent.
var ErrMentioned error = &InvalidError{Field: "mentions", Reason: "A mentioned user has no agent access to this ticket"}
