package lookup

import (
	"context"
	"time"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
	"postroom/internal/store/tickets"
)

// Of says whose tickets are wanted. Zero fields restrict nothing, except the scope.
type Of struct {
	Scope        desk.TicketScope
	Customer     desk.UserID
	Organization desk.OrganizationID
	States       []desk.StateID // nil: any
}

func (o Of) where(args *pg.Args) string {
	where := visibleTickets(o.Scope, args)
	if o.Customer != 0 {
		where += " AND t.customer_id = " + args.Add(o.Customer)
	}
	if o.Organization != 0 {
		where += " AND t.organization_id = " + args.Add(o.Organization)
	}
	if o.States != nil {
		where += " AND t.state_id = ANY(" + args.Add(o.States) + ")"
	}
	return where
}

// NewestTickets returns the tickets of somebody that were made last, the newest first.
func (s Keeper) NewestTickets(ctx context.Context, of Of, limit int) ([]desk.Ticket, error) {
	if of.Scope.Empty() {
		return nil, nil
	}
	var args pg.Args
	return s.tickets(ctx, tickets.Select+` t
		WHERE `+of.where(&args)+`
		ORDER BY t.id DESC
		LIMIT `+args.Add(limit), args)
}

// ViewedTickets returns the tickets that somebody looked at last, the latest first.
func (s Keeper) ViewedTickets(ctx context.Context, scope desk.TicketScope, user desk.UserID, limit int) ([]desk.Ticket, error) {
	if scope.Empty() {
		return nil, nil
	}
	var args pg.Args
	return s.tickets(ctx, tickets.Select+` t
		JOIN (
			SELECT id AS view_id, o_id, created_at AS viewed_at
			FROM recent_views
			WHERE created_by_id = `+args.Add(user)+` AND object = 'Ticket'
		) v ON v.o_id = t.id
		WHERE `+visibleTickets(scope, &args)+`
		ORDER BY v.viewed_at DESC, v.view_id DESC
		LIMIT `+args.Add(limit), args)
}

// MonthVolume is how many tickets were made and closed in a month.
type MonthVolume struct {
	Month   time.Time // its first day, UTC
	Created int
	Closed  int
}

// TicketVolume returns the volume of somebody's tickets in each of the last twelve months, this one first.
func (s Keeper) TicketVolume(ctx context.Context, of Of, now time.Time) ([]MonthVolume, error) {
	first := time.Date(now.UTC().Year(), now.UTC().Month(), 1, 0, 0, 0, 0, time.UTC)
	args := pg.Args{first}
	if of.Scope.Empty() {
		of.Scope = desk.TicketScope{Groups: []desk.GroupID{0}} // twelve months without a ticket
	}
	where := of.where(&args)
	return pg.Many[MonthVolume](ctx, s.DB, "volume of tickets", `
		WITH mine AS (
			SELECT t.created_at, t.close_at
			FROM tickets t
			WHERE `+where+`
				AND (t.created_at >= $1::timestamptz - interval '11 months' OR t.close_at >= $1::timestamptz - interval '11 months')
		), events AS (
			SELECT date_trunc('month', created_at, 'UTC') AS month, 1 AS created, 0 AS closed
			FROM mine
			UNION ALL
			SELECT date_trunc('month', close_at, 'UTC'), 0, 1
			FROM mine
			WHERE close_at IS NOT NULL
		)
		SELECT m.month, coalesce(sum(e.created), 0)::int AS created, coalesce(sum(e.closed), 0)::int AS closed
		FROM (
			SELECT $1::timestamptz - n * interval '1 month' AS month
			FROM generate_series(0, 11) AS n
		) m
		LEFT JOIN events e ON e.month = m.month
		GROUP BY m.month
		ORDER BY m.month DESC`, args...)
}
