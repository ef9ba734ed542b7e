package teamwork

import "postroom/internal/desk"

// MentionID is the id of a mention.
type MentionID int64

// Mention says that somebody wants to hear of a ticket, asked for by that person or by another who
// named this one.
type Mention struct {
	ID       MentionID
	TicketID desk.TicketID
	UserID   desk.UserID
	desk.Stamp
}

// ErrMentioned refuses to tell somebody of a ticket who may not read it as an agent.
var ErrMentioned error = &desk.InvalidError{Field: "mentions", Reason: "A mentioned user has no agent access to this ticket"}
