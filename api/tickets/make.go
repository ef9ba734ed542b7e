package tickets

import (
	"context"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/store"
)

// Make makes the ticket that parameters describe, with its article, as if in.Who had asked for it. It
// is for other rooms.
func (s *Room) Make(ctx context.Context, in *rest.Input) (ticket desk.Ticket, err error) {
	err = s.Store.InTx(ctx, func(tx *store.Store) error {
		if ticket, err = newTicket(ctx, &ticketParams{store: tx, catalog: in.Catalog, sent: in.Params}, in.Who); err != nil {
			return err
		}
		return s.insertTicket(ctx, tx, in, &ticket)
	})
	return ticket, err
}
