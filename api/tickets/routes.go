package tickets

import "postroom/api/rest"

// ticketRoutes are the addresses of tickets, their articles and files. Which tickets a caller sees
// and may change is decided by the ticket, in the handlers.
func (s *Room) Routes(t *rest.Table) {
	write := rest.Needs("ticket.agent", "ticket.customer")
	t.Handle("GET /api/v1/tickets", rest.Login, s.listTickets)
	t.Handle("GET /api/v1/tickets/search", rest.Login, s.searchTickets)
	t.Handle("POST /api/v1/tickets/search", rest.Login, s.searchTickets)
	t.Handle("GET /api/v1/tickets/{id}", rest.Login, s.getTicket)
	t.Handle("POST /api/v1/tickets", write, s.createTicket)
	t.Handle("PUT /api/v1/tickets/{id}", rest.Login, s.updateTicket)
	t.Handle("DELETE /api/v1/tickets/{id}", rest.Login, s.deleteTicket)
	t.Handle("GET /api/v1/ticket_history/{id}", rest.Needs("ticket.agent"), s.getTicketHistory)

	t.Handle("GET /api/v1/ticket_articles", rest.Needs("admin"), s.listArticles)
	t.Handle("GET /api/v1/ticket_articles/{id}", rest.Login, s.getArticle)
	t.Handle("GET /api/v1/ticket_articles/by_ticket/{id}", rest.Login, s.listArticlesOfTicket)
	t.Handle("POST /api/v1/ticket_articles", rest.Login, s.createArticle)
	t.Handle("PUT /api/v1/ticket_articles/{id}", rest.Login, s.updateArticle)
	t.Handle("DELETE /api/v1/ticket_articles/{id}", rest.Login, s.deleteArticle)
	t.Handle("GET /api/v1/ticket_article_plain/{id}", rest.Login, s.getArticlePlain)
	t.Handle("GET /api/v1/ticket_attachment/{ticket_id}/{article_id}/{id}", rest.Login, s.getTicketAttachment)
	t.Handle("GET /api/v1/attachments/{id}", rest.Login, s.getAttachment)
	everybodyAnd := func(permission string) rest.Access { return rest.Needs("ticket.agent", permission, "ticket.customer") }
	s.states().Routes(t, "ticket_states", everybodyAnd("admin.ticket_state"), rest.Needs("admin.ticket_state"))
	s.priorities().Routes(t, "ticket_priorities", everybodyAnd("admin.ticket_priority"), rest.Needs("admin.ticket_priority"))
}
