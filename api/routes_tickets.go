package api

// ticketRoutes are the addresses of tickets, their articles and files. Which tickets a caller sees
// and may change is decided by the ticket, in the handlers.
func (s *Server) ticketRoutes() []route {
	write := needs("ticket.agent", "ticket.customer")
	return []route{
		{"GET /api/v1/tickets", login, s.listTickets},
		{"GET /api/v1/tickets/search", login, s.searchTickets},
		{"POST /api/v1/tickets/search", login, s.searchTickets},
		{"GET /api/v1/tickets/{id}", login, s.getTicket},
		{"POST /api/v1/tickets", write, s.createTicket},
		{"PUT /api/v1/tickets/{id}", login, s.updateTicket},
		{"DELETE /api/v1/tickets/{id}", login, s.deleteTicket},
		{"GET /api/v1/ticket_history/{id}", needs("ticket.agent"), s.getTicketHistory},

		{"GET /api/v1/ticket_articles", needs("admin"), s.listArticles},
		{"GET /api/v1/ticket_articles/{id}", login, s.getArticle},
		{"GET /api/v1/ticket_articles/by_ticket/{id}", login, s.listArticlesOfTicket},
		{"POST /api/v1/ticket_articles", login, s.createArticle},
		{"PUT /api/v1/ticket_articles/{id}", login, s.updateArticle},
		{"DELETE /api/v1/ticket_articles/{id}", login, s.deleteArticle},
		{"GET /api/v1/ticket_article_plain/{id}", login, s.getArticlePlain},
		{"GET /api/v1/ticket_attachment/{ticket_id}/{article_id}/{id}", login, s.getTicketAttachment},
		{"GET /api/v1/attachments/{id}", login, s.getAttachment},
	}
}
