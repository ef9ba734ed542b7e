package tickets

import (
	"context"
	"time"

	"postroom/internal/desk"
)

// OpenTicket gives a new ticket its number and writes it with the article that it begins with, in the
// name of who made the ticket. What follows from a new ticket is announced. Both get their ids.
func (s Keeper) OpenTicket(ctx context.Context, c *desk.Catalog, t *desk.Ticket, first *desk.Article) error {
	by := t.CreatedByID
	var err error
	if t.Number, err = s.NextTicketNumber(ctx, c, time.Now().UTC()); err != nil {
		return err
	}
	t.Settle(desk.Ticket{}, c, time.Now())
	if err := s.InsertTicket(ctx, t); err != nil {
		return err
	}
	first.TicketID, first.CreatedByID, first.UpdatedByID = t.ID, by, by
	if err := s.InsertArticle(ctx, first); err != nil {
		return err
	}
	desk.ApplyArticle(t, *first, c)
	if err := s.SaveTicket(ctx, *t); err != nil {
		return err
	}
	err = s.AddHistory(ctx, []desk.Change{
		{Object: desk.ObjectTicket, OID: int64(t.ID), Type: "created", By: by},
		{Object: desk.ObjectArticle, OID: int64(first.ID), Type: "created", RelatedObject: desk.ObjectTicket, RelatedOID: int64(t.ID), By: by},
	})
	if err != nil {
		return err
	}
	return s.AnnounceEvent(ctx, c, desk.TicketEvent{
		TicketID: t.ID, Type: desk.EventCreate, ArticleID: first.ID, By: by, Interface: desk.ByAPI,
	})
}
