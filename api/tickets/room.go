// Package tickets answers what is asked about tickets, their articles and files.
package tickets

import (
	"context"

	"postroom/api/people"
	"postroom/api/rest"
	"postroom/internal/desk"
)

// Room answers requests about tickets.
type Room struct {
	*rest.House
	people *people.Room
	// answerFile refuses who may not read a file of the knowledge base.
	answerFile func(ctx context.Context, who *desk.Caller, file desk.Attachment) error
}

// New returns a Room of a house. The people of tickets are shown as another room shows them, and who
// reads files of the knowledge base is another's to say.
func New(house *rest.House, people *people.Room, answerFile func(context.Context, *desk.Caller, desk.Attachment) error) *Room {
	return &Room{house, people, answerFile}
}
