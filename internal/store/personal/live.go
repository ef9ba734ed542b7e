package personal

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"postroom/internal/desk"
	"postroom/internal/store/directory"
	"postroom/internal/store/pg"
)

// Event is something that pages are to be told.
type Event struct {
	Client string          `db:"client_id"`
	Event  json.RawMessage // whole, as the page reads it
}

// HoldPushClients says that a process holds the connections of these pages: they live. It returns those that
// are known. Others were forgotten, since nobody could say for a while that they live.
func (s Keeper) HoldPushClients(ctx context.Context, node string, ids []string) (known []string, err error) {
	return pg.Column[string](ctx, s.DB, "hold pages", `
		UPDATE push_clients
		SET node = $1, seen_at = clock_timestamp()
		WHERE id = ANY($2)
		RETURNING id`, node, ids)
}

// DropPushClients forgets pages whose connection ended, and what waits for them.
func (s Keeper) DropPushClients(ctx context.Context, ids []string) error {
	return pg.Exec(ctx, s.DB, "drop pages", `DELETE FROM push_clients WHERE id = ANY($1)`, ids)
}

// QueueEvents lets events wait for pages, in their order. Those for pages that are gone are dropped,
// and so are those beyond what a page could ever read.
func (s Keeper) QueueEvents(ctx context.Context, events []Event) error {
	if len(events) == 0 {
		return nil
	}
	clients, texts := make([]string, len(events)), make([]string, len(events))
	for i, e := range events {
		clients[i], texts[i] = e.Client, string(e.Event)
	}
	return pg.Exec(ctx, s.DB, "queue events", `
		INSERT INTO push_events (client_id, event)
		SELECT c.id, told.event::jsonb
		FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS told (client_id, event, position)
		JOIN push_clients c ON c.id = told.client_id
		WHERE (SELECT count(*) FROM (SELECT FROM push_events WHERE client_id = c.id LIMIT $3) waiting) < $3
		ORDER BY position`, clients, texts, maxPushEvents)
}

// QueueForUsers lets an event wait for every page of some users. It returns for how many.
func (s Keeper) QueueForUsers(ctx context.Context, users []desk.UserID, event []byte) (int, error) {
	return s.queueFor(ctx, `u.id = ANY($2)`, users, event)
}

// QueueForHolders is QueueForUsers for everybody who holds one of the permissions, whole names.
func (s Keeper) QueueForHolders(ctx context.Context, permissions []string, event []byte) (int, error) {
	return s.queueFor(ctx, directory.HoldsAny("u.id", "$2"), permissions, event)
}

func (s Keeper) queueFor(ctx context.Context, who string, whom any, event []byte) (int, error) {
	tag, err := pg.Conn(s.DB).Exec(ctx, `
		INSERT INTO push_events (client_id, event)
		SELECT c.id, $1::jsonb
		FROM push_clients c
		JOIN users u ON u.id = c.user_id AND u.active
		WHERE c.seen_at > now() - $4::interval
			AND (SELECT count(*) FROM (SELECT FROM push_events WHERE client_id = c.id LIMIT $3) waiting) < $3
			AND `+who, json.RawMessage(event), whom, maxPushEvents, pushClientLife)
	if err != nil {
		return 0, fmt.Errorf("queue event for users: %w", pg.Translate(err))
	}
	return int(tag.RowsAffected()), nil
}

// TakeEventsOf returns what waits for the pages that a process holds, the oldest first, and forgets it.
// It does not wait for the disk: should the database break down in this moment, pages are told once
// more, and they can tell by the ids of messages.
func (s Keeper) TakeEventsOf(ctx context.Context, node string) ([]Event, error) {
	return pg.Many[Event](ctx, s.DB, "take events of process", `
		WITH quick AS MATERIALIZED (
			SELECT set_config('synchronous_commit', 'off', true)
		), taken AS (
			DELETE FROM push_events e
			USING push_clients c
			WHERE c.id = e.client_id AND c.node = $1
			RETURNING e.id, e.client_id, e.event
		)
		SELECT client_id, event
		FROM taken, quick
		ORDER BY id`, node)
}

// Page is a page that is there.
type Page struct {
	ID     string
	UserID *desk.UserID
}

// LivePages returns those of the pages that are there. Pages that ask instead of keeping a connection
// are there as long as they ask.
func (s Keeper) LivePages(ctx context.Context, ids []string) ([]Page, error) {
	return pg.Many[Page](ctx, s.DB, "live pages", `
		SELECT id, user_id
		FROM push_clients
		WHERE id = ANY($1) AND seen_at > clock_timestamp() - $2::interval`, ids, pushClientLife)
}

// PagesOf returns the pages of some users.
func (s Keeper) PagesOf(ctx context.Context, users []desk.UserID) ([]Page, error) {
	return pg.Many[Page](ctx, s.DB, "pages of users", `
		SELECT id, user_id
		FROM push_clients
		WHERE user_id = ANY($1) AND seen_at > clock_timestamp() - $2::interval
		ORDER BY id`, users, pushClientLife)
}

// PushClientLife is how long a page is taken to be there after it was heard of last.
const PushClientLife time.Duration = pushClientLife
