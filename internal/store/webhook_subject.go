package store

import (
	"context"
	"maps"
	"slices"

	"postroom/internal/desk"
	"postroom/internal/webhook"
)

// WebhookSubject reads what a webhook tells of a ticket and one of its articles; nil: none. It is
// for other systems, so nothing is left out that somebody may not see.
func (s *Store) WebhookSubject(ctx context.Context, ticket desk.Ticket, article *desk.Article) (webhook.Subject, error) {
	subject := webhook.Subject{Ticket: ticket, Article: article}
	var err error
	if subject.Catalog, err = s.Catalog(ctx); err != nil {
		return subject, err
	}
	one := []desk.TicketID{ticket.ID}
	articles, err := s.ArticleIDs(ctx, one, one)
	if err != nil {
		return subject, err
	}
	subject.ArticleIDs = articles[ticket.ID]
	users := []desk.UserID{ticket.OwnerID, ticket.CustomerID, ticket.CreatedByID, ticket.UpdatedByID}
	if article != nil {
		users = append(users, article.CreatedByID, article.UpdatedByID)
		if subject.Attachments, err = s.AttachmentsOf(ctx, desk.ObjectArticle, int64(article.ID)); err != nil {
			return subject, err
		}
	}
	if subject.People, err = s.webhookPeople(ctx, users); err != nil {
		return subject, err
	}
	subject.Organizations, err = s.webhookOrganizations(ctx, &subject)
	return subject, err
}

func (s *Store) webhookPeople(ctx context.Context, ids []desk.UserID) (map[desk.UserID]webhook.Person, error) {
	users, err := s.Users(ctx, ids)
	if err != nil {
		return nil, err
	}
	links, err := s.UserLinks(ctx, ids)
	if err != nil {
		return nil, err
	}
	roles, err := Roles.Names(ctx, s)
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

func (s *Store) webhookOrganizations(ctx context.Context, subject *webhook.Subject) (map[desk.OrganizationID]desk.Organization, error) {
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
	filter := Filter[desk.OrganizationID]{IDs: slices.AppendSeq([]desk.OrganizationID{}, maps.Keys(wanted))}
	found, err := Organizations.List(ctx, s, filter, nil, Page{Limit: len(wanted)})
	all := make(map[desk.OrganizationID]desk.Organization, len(found))
	for _, o := range found {
		all[o.ID] = o
	}
	return all, err
}
