package personal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
)

// PushClient is a page that asks again and again what happened.
type PushClient struct {
	UserID *desk.UserID // nil: nobody is signed in
	Knows  Known
}

// Known is what a page was told of so far.
type Known struct {
	Notified string                      `json:"notified"` // the state of the online notifications
	Looked   time.Time                   `json:"looked"`
	Tickets  map[desk.TicketID]time.Time `json:"tickets"` // changed lately, as it was told
}

// Bounds of what waits for pages.
const (
	maxPushClients = 10_000
	maxPushEvents  = 500 // of one page
	pushClientLife = 5 * time.Minute
)

// AddPushClient makes a page known, and forgets those that ask no more. There may be too many: an
// error that is desk.ErrUnavailable.
func (s Keeper) AddPushClient(ctx context.Context, id string) error {
	if err := pg.Exec(ctx, s.DB, "forget pages", `DELETE FROM push_clients WHERE seen_at < now() - $1::interval`, pushClientLife); err != nil {
		return err
	}
	tag, err := pg.Conn(s.DB).Exec(ctx, `
		INSERT INTO push_clients (id)
		SELECT $1
		WHERE (SELECT count(*) FROM (SELECT FROM push_clients LIMIT $2) known) < $2`, id, maxPushClients)
	if err != nil {
		return fmt.Errorf("add page: %w", pg.Translate(err))
	}
	if tag.RowsAffected() == 0 {
		return fmt.Errorf("add page: more than %d ask: %w", maxPushClients, desk.ErrUnavailable)
	}
	return nil
}

// PushClient returns a page that is known, or desk.ErrNotFound. It was seen just now.
func (s Keeper) PushClient(ctx context.Context, id string) (c PushClient, err error) {
	err = pg.Conn(s.DB).QueryRow(ctx, `
		UPDATE push_clients
		SET seen_at = clock_timestamp()
		WHERE id = $1
		RETURNING user_id, knows`, id).Scan(&c.UserID, &c.Knows)
	if errors.Is(err, pgx.ErrNoRows) {
		return c, desk.ErrNotFound
	}
	if err != nil {
		return c, fmt.Errorf("page: %w", pg.Translate(err))
	}
	return c, nil
}

// SetPushClient notes whose page it is, and what it knows.
func (s Keeper) SetPushClient(ctx context.Context, id string, c PushClient) error {
	return pg.Exec(ctx, s.DB, "note what a page knows", `UPDATE push_clients SET user_id = $2, knows = $3 WHERE id = $1`, id, c.UserID, c.Knows)
}

// QueueEvent lets an event wait for a page, as JSON. Beyond what a page could ever read it is dropped.
func (s Keeper) QueueEvent(ctx context.Context, client string, event []byte) error {
	return pg.Exec(ctx, s.DB, "queue event", `
		INSERT INTO push_events (client_id, event)
		SELECT $1, $2::jsonb
		WHERE (SELECT count(*) FROM (SELECT FROM push_events WHERE client_id = $1 LIMIT $3) waiting) < $3`, client, json.RawMessage(event), maxPushEvents)
}

// TakeEvents returns what waits for a page, the oldest first, and forgets it.
func (s Keeper) TakeEvents(ctx context.Context, client string) ([]json.RawMessage, error) {
	return pg.Column[json.RawMessage](ctx, s.DB, "take events", `
		WITH taken AS (
			DELETE FROM push_events
			WHERE client_id = $1
			RETURNING id, event
		)
		SELECT event
		FROM taken
		ORDER BY id`, client)
}

// NotificationState is a text that differs when something changed in what somebody was told.
func (s Keeper) NotificationState(ctx context.Context, user desk.UserID) (string, error) {
	return pg.Value[string](ctx, s.DB, "state of notifications", `
		SELECT concat_ws(' ', count(*), max(id), max(updated_at), count(*) FILTER (WHERE seen))
		FROM online_notifications
		WHERE user_id = $1`, user)
}
