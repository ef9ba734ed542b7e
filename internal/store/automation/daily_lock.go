package automation

import (
	"context"
	"fmt"
	"time"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
)

// TakeDay reserves something that happens at most once a day to a ticket, such as a notification. It
// reports false when it happened on that day already. It belongs into the transaction that does it.
func (s Keeper) TakeDay(ctx context.Context, kind, event string, ticket desk.TicketID, day time.Time) (taken bool, err error) {
	tag, err := pg.Conn(s.DB).Exec(ctx, `
		INSERT INTO daily_locks (kind, event, ticket_id, day)
		VALUES ($1, $2, $3, $4)
		ON CONFLICT DO NOTHING`, kind, event, ticket, day.Format(time.DateOnly))
	if err != nil {
		return false, fmt.Errorf("daily lock of ticket %d: %w", ticket, pg.Translate(err))
	}
	return tag.RowsAffected() > 0, nil
}
