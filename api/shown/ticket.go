package shown

import (
	"context"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/store/directory"
)

// ticketRecord shows the columns of a ticket.
func ticketRecord(t *desk.Ticket) rest.Record {
	return rest.Record{
		{"id", t.ID},
		{"group_id", t.GroupID},
		{"priority_id", t.PriorityID},
		{"state_id", t.StateID},
		{"organization_id", t.OrganizationID},
		{"number", t.Number},
		{"title", t.Title},
		{"owner_id", t.OwnerID},
		{"customer_id", t.CustomerID},
		{"note", t.Note},
		{"first_response_at", t.FirstResponseAt},
		{"first_response_escalation_at", t.FirstResponseEscalationAt},
		{"first_response_in_min", t.FirstResponseInMin},
		{"first_response_diff_in_min", t.FirstResponseDiffInMin},
		{"close_at", t.CloseAt},
		{"close_escalation_at", t.CloseEscalationAt},
		{"close_in_min", t.CloseInMin},
		{"close_diff_in_min", t.CloseDiffInMin},
		{"update_escalation_at", t.UpdateEscalationAt},
		{"update_in_min", t.UpdateInMin},
		{"update_diff_in_min", t.UpdateDiffInMin},
		{"last_close_at", t.LastCloseAt},
		{"last_contact_at", t.LastContactAt},
		{"last_contact_agent_at", t.LastContactAgentAt},
		{"last_contact_customer_at", t.LastContactCustomerAt},
		{"last_owner_update_at", t.LastOwnerUpdateAt},
		{"create_article_type_id", t.CreateArticleTypeID},
		{"create_article_sender_id", t.CreateArticleSenderID},
		{"article_count", t.ArticleCount},
		{"escalation_at", t.EscalationAt},
		{"pending_time", t.PendingTime},
		{"type", t.Type},
		{"time_unit", decimal(t.TimeUnit)},
		{"preferences", t.Preferences},
		{"updated_by_id", t.UpdatedByID},
		{"created_by_id", t.CreatedByID},
		{"created_at", t.CreatedAt},
		{"updated_at", t.UpdatedAt},
	}
}

// Columns shows a ticket without anything that belongs to it.
func (s *Tickets) Columns(t *desk.Ticket) rest.Record { return ticketRecord(t) }

// decimal shows a number of two places as a text with one, or two where the second says something.
func decimal(number *string) any {
	if number == nil {
		return nil
	}
	return rest.Decimal(*number)
}

// Detail is how much of a ticket an answer shows.
type Detail int

const (
	ColumnsOnly Detail = iota
	WithIDs            // and lists of what belongs to it
	WithNames          // and what its ids stand for
)

// As shows tickets in the shape the parameters ask for; otherwise is the one for those that don't.
func (s *Tickets) As(ctx context.Context, who *desk.Caller, tickets []desk.Ticket, p rest.Params, otherwise Detail) (any, error) {
	switch rest.ShapeOf(p) {
	case rest.ShapeExpand:
		return s.Show(ctx, who, tickets, WithNames)
	case rest.ShapeFull:
		assets, err := s.Assets(ctx, who, tickets)
		if err != nil {
			return nil, err
		}
		return rest.Record{{"record_ids", IDs(tickets)}, {"assets", assets}}, nil
	}
	return s.Show(ctx, who, tickets, otherwise)
}

// OneAs is As for one ticket.
func (s *Tickets) OneAs(ctx context.Context, who *desk.Caller, ticket desk.Ticket, p rest.Params, otherwise Detail) (any, error) {
	switch rest.ShapeOf(p) {
	case rest.ShapeExpand:
		otherwise = WithNames
	case rest.ShapeFull:
		assets, err := s.Assets(ctx, who, []desk.Ticket{ticket})
		return rest.Record{{"id", ticket.ID}, {"assets", assets}}, err
	}
	records, err := s.Show(ctx, who, []desk.Ticket{ticket}, otherwise)
	if err != nil {
		return nil, err
	}
	return records[0], nil
}

// IDs are those of tickets, in their order.
func IDs(tickets []desk.Ticket) []desk.TicketID {
	ids := make([]desk.TicketID, len(tickets))
	for i, ticket := range tickets {
		ids[i] = ticket.ID
	}
	return ids
}

// Show shows tickets to a caller, with the same number of queries however many there are.
func (s *Tickets) Show(ctx context.Context, who *desk.Caller, tickets []desk.Ticket, how Detail) ([]rest.Record, error) {
	catalog, err := s.store.Catalog(ctx)
	if err != nil {
		return nil, err
	}
	custom := catalog.CustomAttributes("Ticket")
	records := make([]rest.Record, len(tickets))
	for i := range tickets {
		records[i] = ticketRecord(&tickets[i]).WithCustom(custom, tickets[i].Custom)
		if !who.Sees() {
			records[i] = records[i].Without("time_unit")
		}
	}
	if how == ColumnsOnly || len(tickets) == 0 {
		return records, nil
	}
	articles, err := s.articleIDs(ctx, who, tickets)
	if err != nil {
		return nil, err
	}
	for i, t := range tickets {
		records[i].Add("article_ids", articles[t.ID])
	}
	if err := s.addAttached(ctx, who, tickets, records, how); err != nil {
		return nil, err
	}
	if how == WithIDs {
		return records, nil
	}
	names, err := s.ticketNames(ctx, tickets)
	if err != nil {
		return nil, err
	}
	for i := range tickets {
		names.addTo(&records[i], &tickets[i], len(articles[tickets[i].ID]) == 0)
	}
	return records, nil
}

// articleIDs returns the articles of tickets that a caller may see, newest first.
func (s *Tickets) articleIDs(ctx context.Context, who *desk.Caller, tickets []desk.Ticket) (map[desk.TicketID][]desk.ArticleID, error) {
	all, internal := make([]desk.TicketID, len(tickets)), []desk.TicketID{}
	access := who.TicketAccess()
	for i, t := range tickets {
		all[i] = t.ID
		if access.MayReadAsAgent(t) == nil {
			internal = append(internal, t.ID)
		}
	}
	return s.store.ArticleIDs(ctx, all, internal)
}

// ticketNames are the names that the ids of tickets stand for.
type ticketNames struct {
	directory.Names
	catalog *desk.Catalog
}

func (s *Tickets) ticketNames(ctx context.Context, tickets []desk.Ticket) (ticketNames, error) {
	catalog, err := s.store.Catalog(ctx)
	if err != nil {
		return ticketNames{}, err
	}
	var users []desk.UserID
	var organizations []desk.OrganizationID
	for _, t := range tickets {
		users = append(users, t.OwnerID, t.CustomerID, t.CreatedByID, t.UpdatedByID)
		if t.OrganizationID != nil {
			organizations = append(organizations, *t.OrganizationID)
		}
	}
	found, err := s.store.NamesOf(ctx, users, organizations)
	return ticketNames{found, catalog}, err
}

// addTo adds the names to a record. What a ticket doesn't have adds no key.
func (n ticketNames) addTo(r *rest.Record, t *desk.Ticket, noArticles bool) {
	r.Add("group", n.catalog.Groups[t.GroupID].Name)
	if t.OrganizationID != nil {
		r.Add("organization", n.Organizations[*t.OrganizationID])
	}
	if noArticles { // articles have no names to list
		r.Add("articles", []string{})
	}
	r.Add("state", n.catalog.States[t.StateID].Name)
	r.Add("priority", n.catalog.Priorities[t.PriorityID].Name)
	r.Add("owner", n.Logins[t.OwnerID])
	r.Add("customer", n.Logins[t.CustomerID])
	r.Add("created_by", n.Logins[t.CreatedByID])
	r.Add("updated_by", n.Logins[t.UpdatedByID])
	if t.CreateArticleTypeID != nil {
		r.Add("create_article_type", n.catalog.ArticleTypes[*t.CreateArticleTypeID].Name)
	}
	if t.CreateArticleSenderID != nil {
		r.Add("create_article_sender", n.catalog.Senders[*t.CreateArticleSenderID])
	}
}
