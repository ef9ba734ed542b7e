package api

import (
	"context"

	"postroom/internal/desk"
)

// ticketAssets are tickets with everything they refer to, by class and id, as full=true shows them.
func (s *Server) ticketAssets(ctx context.Context, who *desk.Caller, tickets []desk.Ticket, more ...desk.UserID) (record, error) {
	shown, err := s.showTickets(ctx, who, tickets, withIDs)
	if err != nil {
		return nil, err
	}
	byID := make(map[desk.TicketID]record, len(tickets))
	for i, t := range tickets {
		byID[t.ID] = shown[i]
	}
	return record{{"Ticket", byID}}, nil
}

// showWholeTicket is everything about a ticket in one answer.
func (s *Server) showWholeTicket(ctx context.Context, who *desk.Caller, ticket desk.Ticket) (record, error) {
	articles, err := s.visibleArticles(ctx, who, ticket)
	if err != nil {
		return nil, err
	}
	shown, err := s.showArticles(ctx, articles)
	if err != nil {
		return nil, err
	}
	var authors []desk.UserID
	ids := make([]desk.ArticleID, len(articles))
	byID := make(map[desk.ArticleID]record, len(articles))
	for i, a := range articles {
		ids[i], byID[a.ID] = a.ID, shown[i]
		authors = append(authors, a.CreatedByID, a.UpdatedByID)
	}
	assets, err := s.ticketAssets(ctx, who, []desk.Ticket{ticket}, authors...)
	if err != nil {
		return nil, err
	}
	assets.add("TicketArticle", byID)
	none := []int64{}
	return record{
		{"ticket_id", ticket.ID},
		{"ticket_article_ids", ids},
		{"assets", assets},
		{"links", none},
		{"tags", none},
		{"mentions", none},
		{"time_accountings", none},
		{"form_meta", record{}},
	}, nil
}
