package tickets

import (
	"context"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
)

// FirstMail is the mail that opened a ticket.
type FirstMail struct {
	ArticleID   desk.ArticleID
	TicketID    desk.TicketID
	ContentType string
	Body        string // as much of it as was asked for
}

const firstMails = `
	SELECT a.id AS article_id, t.id AS ticket_id, a.content_type, left(a.body, $6) AS body
	FROM (
		SELECT id
		FROM tickets
		WHERE customer_id = $1 AND id <= $2
			AND created_by_id = $1
			AND create_article_type_id = $3
			AND create_article_sender_id = $4
		ORDER BY id DESC
		LIMIT $5) t
	CROSS JOIN LATERAL (
		SELECT id, content_type, body
		FROM ticket_articles
		WHERE ticket_id = t.id
		ORDER BY id
		LIMIT 1) a
	ORDER BY t.id DESC`

// FirstMails returns the mails by which a customer opened the newest tickets, up to a given one, the
// newest first; of each body so many characters.
func (s Keeper) FirstMails(ctx context.Context, customer desk.UserID, upTo desk.TicketID, limit, length int) ([]FirstMail, error) {
	return pg.Many[FirstMail](ctx, s.DB, "first mails of a customer", firstMails,
		customer, upTo, desk.ArticleEmail, desk.SenderCustomer, limit, length)
}
