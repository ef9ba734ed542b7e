package files

import (
	"context"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
)

// ImagesForTicket returns those of some files that somebody may show in an article of a ticket: what
// waits for a form of theirs, and what the ticket's articles have, the internal ones for agents only.
func (s Keeper) ImagesForTicket(ctx context.Context, ids []desk.AttachmentID, by desk.UserID, ticket desk.TicketID, agent bool) ([]desk.Attachment, error) {
	return pg.Many[desk.Attachment](ctx, s.DB, "images for ticket", attachmentColumns+`
		WHERE id = ANY($1)
			AND (object = 'UploadCache' AND created_by_id = $2
				OR object = 'Ticket::Article' AND o_id IN (SELECT id FROM ticket_articles WHERE ticket_id = $3 AND ($4 OR NOT internal)))
		ORDER BY id`, pg.Plain(ids), by, ticket, agent)
}
