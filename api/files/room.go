// Package files sends the files of articles and of answers of knowledge bases.
package files

import (
	"context"

	"postroom/api/rest"
	"postroom/api/shown"
	"postroom/internal/desk"
)

// Room answers requests for files.
type Room struct {
	*rest.House
	shown *shown.Tickets
	// answerFile refuses who may not read a file of the knowledge base.
	answerFile func(ctx context.Context, who *desk.Caller, file desk.Attachment) error
}

// New returns a Room of a house. Who reads files of the knowledge base is another's to say.
func New(house *rest.House, shown *shown.Tickets, answerFile func(context.Context, *desk.Caller, desk.Attachment) error) *Room {
	return &Room{house, shown, answerFile}
}

// Routes are the addresses of files. Who may have one is decided by what it belongs to, in the handlers.
func (s *Room) Routes(t *rest.Table) {
	t.Handle("GET /api/v1/ticket_article_plain/{id}", rest.Login, s.getArticlePlain).GivesFile("message/rfc822")
	t.Handle("GET /api/v1/ticket_attachment/{ticket_id}/{article_id}/{id}", rest.Login, s.getTicketAttachment).Asks("view", "type", "disposition").Gives(calendarSample).GivesFile("*/*")
	t.Handle("GET /api/v1/attachments/{id}", rest.Known, s.getAttachment).Asks("view", "type", "disposition").Gives(calendarSample).GivesFile("*/*")
}
