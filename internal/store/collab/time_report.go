package collab

import (
	"context"
	"time"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
)

// TimeBooked is one line of a report on spent time. What a report sums over is not set.
type TimeBooked struct {
	TicketID       *desk.TicketID
	CustomerID     *desk.UserID
	OrganizationID *desk.OrganizationID
	AgentID        *desk.UserID // who booked it, or was the last to
	TimeUnit       string       // decimal, two places
	Type           *string
	CreatedAt      *time.Time
}

// Month is the time that a report looks at: from First until before Next.
type Month struct{ First, Next time.Time }

// TimeByActivity returns every booking of a month, in their order.
func (s Keeper) TimeByActivity(ctx context.Context, month Month, limit int) ([]TimeBooked, error) {
	return pg.Many[TimeBooked](ctx, s.DB, "report of spent time", `
		SELECT a.ticket_id, t.customer_id, t.organization_id, a.created_by_id AS agent_id, a.time_unit::text, k.name AS type, a.created_at
		FROM ticket_time_accountings a
		JOIN tickets t ON t.id = a.ticket_id
		LEFT JOIN ticket_time_accounting_types k ON k.id = a.type_id
		WHERE a.created_at >= $1 AND a.created_at < $2
		ORDER BY a.created_at, a.id
		LIMIT $3`, month.First, month.Next, limit)
}

// TimeByTicket returns what was booked in a month on each ticket.
func (s Keeper) TimeByTicket(ctx context.Context, month Month, limit int) ([]TimeBooked, error) {
	return pg.Many[TimeBooked](ctx, s.DB, "report of spent time", `
		SELECT a.ticket_id, t.customer_id, t.organization_id, a.agent_id, a.time_unit::text, NULL::text AS type, NULL::timestamptz AS created_at
		FROM (
			SELECT ticket_id, sum(time_unit) AS time_unit, (array_agg(created_by_id ORDER BY id DESC))[1] AS agent_id
			FROM ticket_time_accountings
			WHERE created_at >= $1 AND created_at < $2
			GROUP BY ticket_id
		) a
		JOIN tickets t ON t.id = a.ticket_id
		ORDER BY a.ticket_id
		LIMIT $3`, month.First, month.Next, limit)
}

// TimeByCustomer returns what was booked in a month for each customer, by the organizations of the tickets.
func (s Keeper) TimeByCustomer(ctx context.Context, month Month, limit int) ([]TimeBooked, error) {
	return pg.Many[TimeBooked](ctx, s.DB, "report of spent time", `
		SELECT NULL::bigint AS ticket_id, t.customer_id, t.organization_id, NULL::bigint AS agent_id, sum(a.time_unit)::text AS time_unit,
			NULL::text AS type, NULL::timestamptz AS created_at
		FROM ticket_time_accountings a
		JOIN tickets t ON t.id = a.ticket_id
		WHERE a.created_at >= $1 AND a.created_at < $2
		GROUP BY t.customer_id, t.organization_id
		ORDER BY t.customer_id, t.organization_id
		LIMIT $3`, month.First, month.Next, limit)
}

// TimeByOrganization returns what was booked in a month for each organization.
func (s Keeper) TimeByOrganization(ctx context.Context, month Month, limit int) ([]TimeBooked, error) {
	return pg.Many[TimeBooked](ctx, s.DB, "report of spent time", `
		SELECT NULL::bigint AS ticket_id, NULL::bigint AS customer_id, t.organization_id, NULL::bigint AS agent_id,
			sum(a.time_unit)::text AS time_unit, NULL::text AS type, NULL::timestamptz AS created_at
		FROM ticket_time_accountings a
		JOIN tickets t ON t.id = a.ticket_id
		WHERE a.created_at >= $1 AND a.created_at < $2 AND t.organization_id IS NOT NULL
		GROUP BY t.organization_id
		ORDER BY t.organization_id
		LIMIT $3`, month.First, month.Next, limit)
}
