package tickets

import (
	"postroom/api/rest"
	"postroom/internal/desk"
)

// Routes are the addresses of tickets, their articles and files. Which tickets a caller sees
// and may change is decided by the ticket, in the handlers.
func (s *Room) Routes(t *rest.Table) {
	write := rest.Needs("ticket.agent", "ticket.customer")
	t.Handle("GET /api/v1/tickets", rest.Login, s.listTickets).Asks(rest.ListQuery...).Gives(ticketsSample)
	t.Handle("GET /api/v1/tickets/search", rest.Login, s.searchTickets).Asks(rest.SearchQuery...).Gives(foundSample)
	t.Handle("POST /api/v1/tickets/search", rest.Login, s.searchTickets).Takes(rest.SearchBody).Gives(foundSample)
	t.Handle("GET /api/v1/tickets/{id}", rest.Login, s.getTicket).Asks("expand", "full", "all", "auto_assign").Gives(ticketSample)
	t.Handle("POST /api/v1/tickets", write, s.createTicket).Takes(ticketBody).Creates(ticketSample)
	t.Handle("PUT /api/v1/tickets/{id}", rest.Login, s.updateTicket).Takes(ticketBody).Gives(ticketSample)
	t.Handle("DELETE /api/v1/tickets/{id}", rest.Login, s.deleteTicket).GivesFile("text/html")
	t.Handle("GET /api/v1/ticket_history/{id}", rest.Needs("ticket.agent"), s.getTicketHistory).Gives(rest.HistorySample)

	agent := rest.Needs("ticket.agent")
	merged := rest.Record{{"result", ""}, {"message", ""}, {"target_ticket", ticketModel}, {"source_ticket", ticketModel}}
	t.Handle("PUT /api/v1/ticket_merge/{source_ticket_id}/{target_ticket_number}", agent, s.mergeTickets).Gives(merged)
	t.Handle("POST /api/v1/tickets/mass_update", rest.Login, s.updateMany).
		Takes(rest.Record{{"ticket_ids", []int64{}}, {"attributes", rest.Record{}}, {"article", articleBody}}).Gives(manySample)
	t.Handle("POST /api/v1/tickets/mass_macro", rest.Login, s.runMacro).
		Takes(rest.Record{{"ticket_ids", []int64{}}, {"macro_id", int64(0)}}).Gives(manySample)
	t.Handle("GET /api/v1/ticket_customer", agent, s.showCustomerTickets).Asks("customer_id").
		Gives(rest.Record{{"ticket_ids_open", []int64{}}, {"ticket_ids_closed", []int64{}}, {"assets", rest.Record{}}})
	t.Handle("GET /api/v1/ticket_related/{ticket_id}", agent, s.showRelatedTickets).
		Gives(rest.Record{{"assets", rest.Record{}}, {"ticket_ids_by_customer", []int64{}}, {"ticket_ids_recent_viewed", []int64{}}})
	t.Handle("GET /api/v1/ticket_recent", agent, s.showRecentTickets).Gives(rest.Record{{"assets", rest.Record{}}, {"ticket_ids_recent_viewed", []int64{}}})
	overview := rest.Record{{"id", int64(0)}, {"name", ""}, {"prio", 0}, {"link", ""}, {"count", 0}}
	t.Handle("GET /api/v1/ticket_overviews", rest.Login, s.showOverviews).Asks("view").
		Gives(rest.AnyOf{[]any{overview}, rest.Record{{"assets", rest.Record{}}, {"index", rest.Record{}}}})
	copied := []any{attachmentRecord(desk.Attachment{})}
	t.Handle("GET /api/v1/ticket_split", agent, s.splitTicket).Asks("ticket_id", "article_id", "form_id").
		Gives(rest.Record{{"assets", rest.Record{}}, {"attachments", copied}})
	t.Handle("POST /api/v1/ticket_attachment_upload_clone_by_article/{article_id}", rest.Login, s.cloneFiles).
		Takes(rest.Record{{"form_id", ""}}).Gives(rest.Record{{"attachments", copied}})
	t.Handle("GET /api/v1/ticket_create", write, s.showCreateForm).Gives(formMetaSample)
	t.Handle("GET /api/v1/ticket_overview", rest.Login, s.showBulkForm).Gives(formMetaSample)
	t.Handle("GET /api/v1/ticket_stats", rest.Login, s.showStatistics).Asks("user_id", "organization_id").Gives(statisticsSample)
	t.Handle("POST /api/v1/ticket_stats", rest.Login, s.showStatistics).
		Takes(rest.Record{{"user_id", int64(0)}, {"organization_id", int64(0)}}).Gives(statisticsSample)

	t.Handle("GET /api/v1/ticket_articles", rest.Needs("admin"), s.listArticles).Asks(rest.ListQuery...).Gives(articlesSample)
	t.Handle("GET /api/v1/ticket_articles/{id}", rest.Login, s.getArticle).Asks(rest.ShapeQuery...).Gives(articleSample)
	t.Handle("GET /api/v1/ticket_articles/by_ticket/{id}", rest.Login, s.listArticlesOfTicket).Asks(rest.ShapeQuery...).Gives(articlesSample)
	t.Handle("POST /api/v1/ticket_articles", rest.Login, s.createArticle).Takes(articleBody).Creates(articleSample)
	t.Handle("PUT /api/v1/ticket_articles/{id}", rest.Login, s.updateArticle).Takes(rest.Record{{"internal", false}, {"preferences", rest.Record{}}}).Gives(articleSample)
	t.Handle("DELETE /api/v1/ticket_articles/{id}", rest.Login, s.deleteArticle)
	t.Handle("GET /api/v1/ticket_article_plain/{id}", rest.Login, s.getArticlePlain).GivesFile("message/rfc822")
	t.Handle("GET /api/v1/ticket_attachment/{ticket_id}/{article_id}/{id}", rest.Login, s.getTicketAttachment).Asks("view", "type", "disposition").Gives(calendarSample).GivesFile("*/*")
	t.Handle("GET /api/v1/attachments/{id}", rest.Known, s.getAttachment).Asks("view", "type", "disposition").Gives(calendarSample).GivesFile("*/*")
	everybodyAnd := func(permission string) rest.Access { return rest.Needs("ticket.agent", permission, "ticket.customer") }
	s.states().Routes(t, "ticket_states", everybodyAnd("admin.ticket_state"), rest.Needs("admin.ticket_state"))
	s.priorities().Routes(t, "ticket_priorities", everybodyAnd("admin.ticket_priority"), rest.Needs("admin.ticket_priority"))
}
