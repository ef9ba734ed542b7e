package tickets

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
)

// ExternalTicket returns the ticket that another system calls by this name; 0: none. Until the
// transaction ends nobody else learns that, so that two messages about something new don't make two
// tickets of it.
func (s Keeper) ExternalTicket(ctx context.Context, source, name string) (id desk.TicketID, err error) {
	if err := s.lockText(ctx, source+" "+name); err != nil {
		return 0, err
	}
	err = pg.Conn(s.DB).QueryRow(ctx, `
		SELECT ticket_id
		FROM external_syncs
		WHERE source = $1 AND source_id = $2
		ORDER BY id
		LIMIT 1`, source, name).Scan(&id)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return 0, fmt.Errorf("ticket of %s: %w", source, pg.Translate(err))
	}
	return id, nil
}

// NameExternally notes what another system calls a ticket. The first name that it has there stays.
func (s Keeper) NameExternally(ctx context.Context, source, name string, id desk.TicketID) error {
	return pg.Exec(ctx, s.DB, "note name in other system", `
		INSERT INTO external_syncs (source, source_id, ticket_id)
		VALUES ($1, $2, $3)
		ON CONFLICT (ticket_id, source) DO NOTHING`, source, name, id)
}

// textLock is the class of locks on texts. Its number is arbitrary.
const textLock = 7_003

// lockText lets only one transaction at a time go on with what a text stands for.
func (s Keeper) lockText(ctx context.Context, text string) error {
	return pg.Exec(ctx, s.DB, "lock", `SELECT pg_advisory_xact_lock($1, hashtext($2))`, textLock, text)
}

const openMonitored = `
	SELECT t.id
	FROM (
		SELECT id, state_id, preferences->$1 AS facts
		FROM tickets
		WHERE coalesce(preferences->'icinga', preferences->'nagios', preferences->'monit', preferences->'check_mk')->>'host' = $2
			AND preferences ?| ARRAY['icinga', 'nagios', 'monit', 'check_mk']
		ORDER BY id DESC
		LIMIT 5000
	) t
	WHERE t.state_id = ANY($4) AND t.facts->>'host' = $2 AND t.facts->>'service' IS NOT DISTINCT FROM $3
	ORDER BY t.id DESC
	LIMIT $5`

// MonitoredTickets returns the newest tickets in one of the states that a monitoring system has
// opened about a service of a host, or about the host itself, locked. Like ExternalTicket it lets
// only one at a time ask about them.
func (s Keeper) MonitoredTickets(ctx context.Context, system, host string, service *string, states []desk.StateID, limit int) ([]desk.Ticket, error) {
	subject := system + " " + host
	if service != nil {
		subject += " " + *service
	}
	if err := s.lockText(ctx, subject); err != nil {
		return nil, err
	}
	rows, _ := pg.Conn(s.DB).Query(ctx, openMonitored, system, host, service, states, limit)
	ids, err := pgx.CollectRows(rows, pgx.RowTo[desk.TicketID])
	if err != nil {
		return nil, fmt.Errorf("tickets of monitored host: %w", pg.Translate(err))
	}
	if len(ids) == 0 {
		return nil, nil
	}
	// Whoever held a lock may have closed the ticket.
	return pg.Many[desk.Ticket](ctx, s.DB, "lock tickets of monitored host", Select+`
		WHERE id = ANY($1) AND state_id = ANY($2)
		ORDER BY id DESC
		FOR NO KEY UPDATE`, ids, states)
}
