package tickets

import (
	"context"
	"errors"
	"slices"

	"postroom/internal/desk"
	"postroom/internal/store/catalog"
	"postroom/jobs/task"
)

// TouchDeadlines has the deadlines of a ticket calculated anew, if what is promised depends on an
// attribute that changed without the ticket being written, such as ticket.tags. It is done after the
// transaction: who puts a tag on a ticket has not locked it.
func (s Keeper) TouchDeadlines(ctx context.Context, id desk.TicketID, attribute string) error {
	c, err := catalog.On(s.DB).Catalog(ctx)
	if err != nil {
		return err
	}
	depends := func(p promise) bool { return p.condition != nil && slices.Contains(p.condition.Names(), attribute) }
	if !slices.ContainsFunc(s.promisesOf(c), depends) {
		return nil
	}
	return s.Announce(ctx, task.DeadlinesToFollow{TicketID: id})
}

// RecalculateDeadlines brings the deadlines of one ticket up to date, in this transaction. A ticket
// that is gone needs none.
func (s Keeper) RecalculateDeadlines(ctx context.Context, c *desk.Catalog, id desk.TicketID) error {
	ticket, err := s.LockTicket(ctx, id)
	if errors.Is(err, desk.ErrNotFound) || err == nil && c.Settings.Bool("import_mode") {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = s.recalculate(ctx, c, []desk.Ticket{ticket}, false)
	return err
}
