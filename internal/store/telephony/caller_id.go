package telephony

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/desk/telephone"
	"postroom/internal/store/pg"
)

// NumberSource is what telephone numbers are looked for in: a user, or the first article of a ticket.
type NumberSource struct {
	UserID   *desk.UserID // whose numbers they are
	TicketID *desk.TicketID
	Texts    []string
}

const textsOfUsers = `
	SELECT id AS user_id, NULL::bigint AS ticket_id, array_remove(
		ARRAY[phone, mobile, fax, login, firstname, lastname, email, web, department, street, zip, city, country, address, note]
			|| ARRAY(SELECT value #>> '{}' FROM jsonb_each(custom) WHERE jsonb_typeof(value) = 'string' ORDER BY key), '') AS texts
	FROM users
	WHERE id > $1 AND ($2::bigint[] IS NULL OR id = ANY($2))
	ORDER BY id
	LIMIT $3`

// UserTexts returns the texts of users: of those named, or without names of all, a page at a time by id.
func (s Keeper) UserTexts(ctx context.Context, ids []desk.UserID, after desk.UserID, limit int) ([]NumberSource, error) {
	return pg.Many[NumberSource](ctx, s.DB, "texts of users", textsOfUsers, after, ids, limit)
}

// Only what a customer wrote may tell the customer's number.
const textsOfTickets = `
	SELECT CASE WHEN a.sender_id = 2 THEN a.created_by_id END AS user_id, t.id AS ticket_id,
		CASE WHEN a.sender_id = 2 THEN array_remove(ARRAY[a."from", a."to", a.cc, a.subject, a.body], NULL) ELSE '{}'::text[] END AS texts
	FROM (
		SELECT id
		FROM tickets
		WHERE id > $1 AND ($2::bigint[] IS NULL OR id = ANY($2))
		ORDER BY id
		LIMIT $3) t
	LEFT JOIN LATERAL (
		SELECT *
		FROM ticket_articles
		WHERE ticket_id = t.id
		ORDER BY id
		LIMIT 1) a ON true
	ORDER BY t.id`

// TicketTexts returns the texts of the first articles of tickets, as UserTexts does for users.
func (s Keeper) TicketTexts(ctx context.Context, ids []desk.TicketID, after desk.TicketID, limit int) ([]NumberSource, error) {
	return pg.Many[NumberSource](ctx, s.DB, "texts of tickets", textsOfTickets, after, ids, limit)
}

// Found is a number that occurs in a source.
type Found struct {
	NumberSource
	Number string
}

// The numbers that no longer occur go, those that are new come. Users and tickets may have been
// deleted meanwhile.
const dropCallerIDs = `
	DELETE FROM cti_caller_ids c
	WHERE (c.ticket_id IS NULL AND c.user_id = ANY($1) OR c.ticket_id = ANY($2))
		AND c.level IN ('known', 'maybe')
		AND NOT EXISTS (
			SELECT
			FROM unnest($3::bigint[], $4::bigint[], $5::text[]) AS found (user_id, ticket_id, number)
			WHERE found.number = c.caller_id
				AND found.user_id IS NOT DISTINCT FROM c.user_id
				AND found.ticket_id IS NOT DISTINCT FROM c.ticket_id)`

const addCallerIDs = `
	INSERT INTO cti_caller_ids (caller_id, level, user_id, ticket_id)
	SELECT found.number, CASE WHEN found.ticket_id IS NULL THEN 'known' ELSE 'maybe' END, found.user_id, found.ticket_id
	FROM unnest($1::bigint[], $2::bigint[], $3::text[]) AS found (user_id, ticket_id, number)
	JOIN users u ON u.id = found.user_id
	LEFT JOIN tickets t ON t.id = found.ticket_id
	WHERE found.ticket_id IS NULL OR t.id IS NOT NULL
	ON CONFLICT DO NOTHING
	RETURNING caller_id, level`

// SaveCallerIDs makes the numbers of sources those that were found in them. It returns those that
// are newly known to be somebody's.
func (s Keeper) SaveCallerIDs(ctx context.Context, sources []NumberSource, found []Found) (known []string, err error) {
	var users, foundUsers []*desk.UserID
	var tickets, foundTickets []*desk.TicketID
	var numbers []string
	for _, source := range sources {
		if source.TicketID != nil {
			tickets = append(tickets, source.TicketID)
		} else {
			users = append(users, source.UserID)
		}
	}
	for _, one := range found {
		foundUsers, foundTickets = append(foundUsers, one.UserID), append(foundTickets, one.TicketID)
		numbers = append(numbers, one.Number)
	}
	batch := &pgx.Batch{}
	batch.Queue(dropCallerIDs, users, tickets, foundUsers, foundTickets, numbers)
	batch.Queue(addCallerIDs, foundUsers, foundTickets, numbers).Query(func(rows pgx.Rows) error {
		var number, level string
		_, err := pgx.ForEachRow(rows, []any{&number, &level}, func() error {
			if level == telephone.CallerKnown && !slices.Contains(known, number) {
				known = append(known, number)
			}
			return nil
		})
		return err
	})
	return known, pg.Send(ctx, s.DB, batch, "save caller ids")
}

const renameCallers = `
	UPDATE cti_logs c
	SET preferences = c.preferences || jsonb_build_object('from', new.found), events = c.events + 1, updated_at = now()
	FROM unnest($1::text[], $2::jsonb[]) AS new (number, found)
	CROSS JOIN LATERAL (
		SELECT id
		FROM cti_logs
		WHERE direction = 'in' AND caller_id = new.number AND caller_id <> ''
		ORDER BY created_at DESC, id DESC
		LIMIT $3) recent
	WHERE c.id = recent.id`

// RenameCallers notes in the newest incoming calls from these numbers who has them now. It returns in how many.
func (s Keeper) RenameCallers(ctx context.Context, callers map[string][]telephone.CallerID, newest int) (int, error) {
	var numbers []string
	var found [][]byte
	for number, list := range callers {
		encoded, err := json.Marshal(list)
		if err != nil {
			return 0, fmt.Errorf("callers of a number: %w", err)
		}
		numbers, found = append(numbers, number), append(found, encoded)
	}
	if len(numbers) == 0 {
		return 0, nil
	}
	tag, err := pg.Conn(s.DB).Exec(ctx, renameCallers, numbers, found, newest)
	if err != nil {
		return 0, fmt.Errorf("rename callers: %w", pg.Translate(err))
	}
	return int(tag.RowsAffected()), nil
}
