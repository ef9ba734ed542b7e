package tickets

import (
	"postroom/api/rest"
	"postroom/api/shown"
	"postroom/internal/desk"
)

// Routes are the addresses of tickets and their articles. Which tickets a caller sees
// and may change is decided by the ticket, in the handlers.
func (s *Room) Routes(t *rest.Table) {
	write := rest.Needs("ticket.agent", "ticket.customer")
	t.Handle("GET /api/v1/tickets", rest.Login, s.listTickets).Asks(rest.ListQuery...).Gives(shown.TicketsSample)
	t.Handle("GET /api/v1/tickets/{id}", rest.Login, s.getTicket).Asks("expand", "full", "all", "auto_assign").Gives(shown.TicketSample)
	t.Handle("POST /api/v1/tickets", write, s.createTicket).Takes(shown.TicketBody).Creates(shown.TicketSample)
	t.Handle("PUT /api/v1/tickets/{id}", rest.Login, s.updateTicket).Takes(shown.TicketBody).Gives(shown.TicketSample)
	t.Handle("DELETE /api/v1/tickets/{id}", rest.Login, s.deleteTicket).GivesFile("text/html")
	t.Handle("GET /api/v1/ticket_history/{id}", rest.Needs("ticket.agent"), s.getTicketHistory).Gives(rest.HistorySample)

	agent := rest.Needs("ticket.agent")
	merged := rest.Record{{"result", ""}, {"message", ""}, {"target_ticket", shown.TicketModel}, {"source_ticket", shown.TicketModel}}
	t.Handle("PUT /api/v1/ticket_merge/{source_ticket_id}/{target_ticket_number}", agent, s.mergeTickets).Gives(merged)
	copied := shown.Attachments(make([]desk.Attachment, 1))
	t.Handle("GET /api/v1/ticket_split", agent, s.splitTicket).Asks("ticket_id", "article_id", "form_id").
		Gives(rest.Record{{"assets", rest.Record{}}, {"attachments", copied}})
	t.Handle("POST /api/v1/ticket_attachment_upload_clone_by_article/{article_id}", rest.Login, s.cloneFiles).
		Takes(rest.Record{{"form_id", ""}}).Gives(rest.Record{{"attachments", copied}})
	t.Handle("GET /api/v1/ticket_create", write, s.showCreateForm).Gives(formMetaSample)
	t.Handle("GET /api/v1/ticket_overview", rest.Login, s.showBulkForm).Gives(formMetaSample)

	t.Handle("GET /api/v1/ticket_articles", rest.Needs("admin"), s.listArticles).Asks(rest.ListQuery...).Gives(shown.ArticlesSample)
	t.Handle("GET /api/v1/ticket_articles/{id}", rest.Login, s.getArticle).Asks(rest.ShapeQuery...).Gives(shown.ArticleSample)
	t.Handle("GET /api/v1/ticket_articles/by_ticket/{id}", rest.Login, s.listArticlesOfTicket).Asks(rest.ShapeQuery...).Gives(shown.ArticlesSample)
	t.Handle("POST /api/v1/ticket_articles", rest.Login, s.createArticle).Takes(shown.ArticleBody).Creates(shown.ArticleSample)
	t.Handle("PUT /api/v1/ticket_articles/{id}", rest.Login, s.updateArticle).Takes(rest.Record{{"internal", false}, {"preferences", rest.Record{}}}).Gives(shown.ArticleSample)
	t.Handle("DELETE /api/v1/ticket_articles/{id}", rest.Login, s.deleteArticle)
	everybodyAnd := func(permission string) rest.Access { return rest.Needs("ticket.agent", permission, "ticket.customer") }
	s.states().Routes(t, "ticket_states", everybodyAnd("admin.ticket_state"), rest.Needs("admin.ticket_state"))
	s.priorities().Routes(t, "ticket_priorities", everybodyAnd("admin.ticket_priority"), rest.Needs("admin.ticket_priority"))
}
