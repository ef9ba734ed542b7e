package library

import (
	"context"
	"maps"
	"slices"

	"postroom/internal/desk"
	"postroom/internal/store/catalog"
	"postroom/internal/store/directory"
	"postroom/internal/store/files"
	"postroom/internal/store/table"
	"postroom/internal/store/tickets"
	"postroom/internal/webhook"
)

// WebhookSubject reads what a webhook tells of a ticket and one of its articles; nil: none. It is
// for other systems, so nothing is left out that somebody may not see.
func (s Keeper) WebhookSubject(ctx context.Context, ticket desk.Ticket, article *desk.Article) (webhook.Subject, error) {
	subject := webhook.Subject{Ticket: ticket, Article: article}
	var err error
	if subject.Catalog, err = catalog.On(s.DB).Catalog(ctx); err != nil {
		return subject, err
	}
	one := []desk.TicketID{ticket.ID}
	articles, err := tickets.On(s.DB).ArticleIDs(ctx, one, one)
	if err != nil {
		return subject, err
	}
	subject.ArticleIDs = articles[ticket.ID]
	users := []desk.UserID{ticket.OwnerID, ticket.CustomerID, ticket.CreatedByID, ticket.UpdatedByID}
	if article != nil {
		users = append(users, article.CreatedByID, article.UpdatedByID)
		if subject.Attachments, err = files.On(s.DB).AttachmentsOf(ctx, desk.ObjectArticle, int64(article.ID)); err != nil {
			return subject, err
		}
	}
	if subject.People, err = s.webhookPeople(ctx, users); err != nil {
		return subject, err
	}
	subject.Organizations, err = s.webhookOrganizations(ctx, &subject)
	return subject, err
}

func (s Keeper) webhookPeople(ctx context.Context, ids []desk.UserID) (map[desk.UserID]webhook.Person, error) {
	users, err := directory.On(s.DB).Users(ctx, ids)
	if err != nil {
		return nil, err
	}
	links, err := directory.On(s.DB).UserLinks(ctx, ids)
	if err != nil {
		return nil, err
	}
	roles, err := catalog.Roles.Names(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	people := map[desk.UserID]webhook.Person{}
	for id, user := range users {
		person := webhook.Person{User: user, UserLinks: links[id]}
		for _, role := range person.RoleIDs {
			person.Roles = append(person.Roles, roles[role])
		}
		people[id] = person
	}
	return people, nil
}

func (s Keeper) webhookOrganizations(ctx context.Context, subject *webhook.Subject) (map[desk.OrganizationID]desk.Organization, error) {
	wanted := map[desk.OrganizationID]bool{}
	want := func(id *desk.OrganizationID) {
		if id != nil {
			wanted[*id] = true
		}
	}
	want(subject.Ticket.OrganizationID)
	for _, person := range subject.People {
		want(person.OrganizationID)
		for _, id := range person.OrganizationIDs {
			wanted[id] = true
		}
	}
	filter := table.Filter[desk.OrganizationID]{IDs: slices.AppendSeq([]desk.OrganizationID{}, maps.Keys(wanted))}
	found, err := directory.Organizations.List(ctx, s.DB, filter, nil, table.Page{Limit: len(wanted)})
	all := make(map[desk.OrganizationID]desk.Organization, len(found))
	for _, o := range found {
		all[o.ID] = o
	}
	return all, err
}
