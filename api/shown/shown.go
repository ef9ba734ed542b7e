// Package shown shows tickets and their articles, to whom they may be shown.
package shown

import (
	"context"

	"postroom/api/people"
	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/store"
)

// Tickets shows tickets with all that belongs to them.
type Tickets struct {
	store  *store.Store
	people *people.Room
}

// New returns what shows the tickets of a house. Their people are shown as another room shows them.
func New(house *rest.House, people *people.Room) *Tickets { return &Tickets{house.Store, people} }

// Article returns an article with its ticket if the caller may see both.
func (s *Tickets) Article(ctx context.Context, who *desk.Caller, id desk.ArticleID) (desk.Article, desk.Ticket, error) {
	article, err := s.store.Article(ctx, id)
	if err != nil {
		return desk.Article{}, desk.Ticket{}, err
	}
	ticket, err := s.store.Ticket(ctx, article.TicketID)
	if err != nil {
		return desk.Article{}, desk.Ticket{}, err
	}
	return article, ticket, MaySeeArticle(who.TicketAccess(), ticket, article)
}

// MaySeeArticle returns nil, or a *desk.ForbiddenError.
func MaySeeArticle(access desk.TicketAccess, ticket desk.Ticket, article desk.Article) error {
	if article.Internal {
		return access.MayReadAsAgent(ticket)
	}
	return access.MayShow(ticket)
}

// ArticlesOf returns the articles of a readable ticket that the caller may see, oldest first.
func (s *Tickets) ArticlesOf(ctx context.Context, who *desk.Caller, ticket desk.Ticket) ([]desk.Article, error) {
	articles, err := s.store.ArticlesOf(ctx, ticket.ID)
	if err != nil {
		return nil, err
	}
	access := who.TicketAccess()
	visible := articles[:0]
	for _, article := range articles {
		if MaySeeArticle(access, ticket, article) == nil {
			visible = append(visible, article)
		}
	}
	return visible, nil
}
