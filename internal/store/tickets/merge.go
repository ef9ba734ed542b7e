package tickets

import (
	"context"
	"fmt"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
)

const (
	moveArticles = `
		UPDATE ticket_articles
		SET ticket_id = $2
		WHERE ticket_id = $1`

	// Articles of the system are not counted.
	countArticles = `
		SELECT count(*)
		FROM ticket_articles
		WHERE ticket_id = $1 AND sender_id <> $2`
)

// MoveArticles moves the articles of a ticket to another, with their files. Both are locked. It
// returns how many articles the other one counts then.
func (s Keeper) MoveArticles(ctx context.Context, source, target desk.TicketID) (count int, err error) {
	if err := pg.Exec(ctx, s.DB, "move articles of ticket", moveArticles, source, target); err != nil {
		return 0, err
	}
	if err := pg.Conn(s.DB).QueryRow(ctx, countArticles, target, desk.SenderSystem).Scan(&count); err != nil {
		return 0, fmt.Errorf("count articles of ticket %d: %w", target, pg.Translate(err))
	}
	return count, nil
}

// LockTickets is LockTicket for two, always in one order: two who lock the same ones don't wait for
// each other for ever.
func (s Keeper) LockTickets(ctx context.Context, a, b desk.TicketID) (ticketA, ticketB desk.Ticket, err error) {
	if a > b {
		ticketB, ticketA, err = s.LockTickets(ctx, b, a)
		return ticketA, ticketB, err
	}
	if ticketA, err = s.LockTicket(ctx, a); err != nil {
		return ticketA, ticketB, err
	}
	ticketB, err = s.LockTicket(ctx, b)
	return ticketA, ticketB, err
}
