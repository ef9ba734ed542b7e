package tickets

import (
	"context"
	"strconv"
	"time"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
)

// Whoever works on a ticket just now is left alone: the next look finds it.
const whatsAppToRemind = Select + `
	WHERE preferences->>'channel_area' = 'WhatsApp::Business'
		AND preferences->'whatsapp'->>'timestamp_incoming' > $1
		AND preferences->'whatsapp'->>'timestamp_incoming' <= $2
		AND preferences->'whatsapp'->>'timestamp_reminded' IS DISTINCT FROM preferences->'whatsapp'->>'timestamp_incoming'
		AND preferences->>'channel_id' = ANY($3)
		AND state_id = ANY($4)
	ORDER BY id
	LIMIT 100
	FOR NO KEY UPDATE SKIP LOCKED`

// WhatsAppToRemind locks tickets of channels, in one of these states, whose customer wrote last between
// two times and was not reminded since; a hundred at most.
func (s Keeper) WhatsAppToRemind(ctx context.Context, after, until time.Time, channels []desk.ChannelID, states []desk.StateID) ([]desk.Ticket, error) {
	ids := make([]string, len(channels))
	for i, id := range channels {
		ids[i] = strconv.FormatInt(int64(id), 10)
	}
	from, to := strconv.FormatInt(after.Unix(), 10), strconv.FormatInt(until.Unix(), 10)
	return pg.Many[desk.Ticket](ctx, s.DB, "tickets to remind of", whatsAppToRemind, from, to, ids, states)
}

// WhatsAppReminded notes that the customers of tickets were reminded.
func (s Keeper) WhatsAppReminded(ctx context.Context, ids ...desk.TicketID) error {
	return pg.Exec(ctx, s.DB, "note reminders", `
		UPDATE tickets
		SET preferences = jsonb_set(preferences, '{whatsapp,timestamp_reminded}', preferences->'whatsapp'->'timestamp_incoming'),
			updated_at = clock_timestamp()
		WHERE id = ANY($1)`, ids)
}
