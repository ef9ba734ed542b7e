package helpdesks

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/store/collab"
	"postroom/internal/store/directory"
	"postroom/internal/store/pg"
)

// IDsByName finds rows of a table by their name, in lower case. Names that nothing has are left out.
func (s Keeper) IDsByName(ctx context.Context, table string, names []string) (map[string]int64, error) {
	return pg.Keyed[string](ctx, s.DB, table+" by name", `
		SELECT lower(name), min(id)
		FROM `+pg.Identifier(table)+`
		WHERE lower(name) = ANY($1)
		GROUP BY lower(name)`, pg.Whole[int64], names)
}

// TakenNumbers returns those of the numbers that tickets have.
func (s Keeper) TakenNumbers(ctx context.Context, numbers []string) (map[string]bool, error) {
	return pg.Keyed[string](ctx, s.DB, "taken numbers", `SELECT number, true FROM tickets WHERE number = ANY($1)`, pg.Whole[bool], numbers)
}

const tagTickets = `
	INSERT INTO taggings (tag_id, object, o_id, created_by_id)
	SELECT t.id, 'Ticket', wanted.ticket_id, $3
	FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS wanted (name, ticket_id, position)
	JOIN tags t ON t.name = wanted.name
	ORDER BY position
	ON CONFLICT DO NOTHING`

// TagTickets puts each of the tags on the ticket at the same place.
func (s Keeper) TagTickets(ctx context.Context, tags []string, ids []desk.TicketID, by desk.UserID) error {
	if len(tags) == 0 {
		return nil
	}
	names := slices.Clone(tags)
	slices.Sort(names)
	batch := &pgx.Batch{}
	batch.Queue(collab.InsertTags, slices.Compact(names), by)
	batch.Queue(tagTickets, tags, ids, by)
	return pg.Send(ctx, s.DB, batch, "tag imported tickets")
}

// ExcuseReminders notes that the reminders of tickets that are overdue already were announced on a
// day: whoever waited for them was told by the other helpdesk.
func (s Keeper) ExcuseReminders(ctx context.Context, ids []desk.TicketID, now, day time.Time) error {
	return pg.Exec(ctx, s.DB, "excuse reminders", `
		INSERT INTO deadline_events (ticket_id, type, due_at, day)
		SELECT id, $4, pending_time, $3::date
		FROM tickets
		WHERE id = ANY($1) AND pending_time <= $2
		ON CONFLICT DO NOTHING`, ids, now, day, desk.EventReminderReached)
}

// StampTicket sets when a ticket was changed last.
func (s Keeper) StampTicket(ctx context.Context, id desk.TicketID, at time.Time) error {
	return pg.Exec(ctx, s.DB, "stamp ticket", `UPDATE tickets SET updated_at = $2 WHERE id = $1`, id, at)
}

var anyAdministrator = `
	SELECT EXISTS (
		SELECT
		FROM users u
		WHERE u.active AND u.password IS NOT NULL AND ` + directory.HoldsAny("u.id", "ARRAY['admin', 'admin.user']") + `)`

// HasAdministrator reports whether anybody can sign in with a password and let others in.
func (s Keeper) HasAdministrator(ctx context.Context) (bool, error) {
	return pg.Value[bool](ctx, s.DB, "administrators", anyAdministrator)
}
