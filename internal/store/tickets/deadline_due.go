package tickets

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
	"postroom/jobs/task"
)

// What is due on a ticket, besides the events of desk.
const (
	DueNextState  = "next_state" // it goes from its pending state to the next
	DueUnassigned = "unassigned" // its owner did nothing for too long
)

// Due is a point in time that a ticket has reached, or will.
type Due struct {
	TicketID desk.TicketID
	Type     string // desk.EventEscalation and the like, or one of the above
	At       time.Time
	Repeated bool // it was announced for this time, on another day
}

// DueQuery says which points in time are looked for.
type DueQuery struct {
	From, Until time.Time // from From on, without Until; the zero From: all that were reached
	Now         time.Time
	IDs         []desk.TicketID // nil: of all tickets
	// WrittenBefore leaves out tickets that were written since; the zero time: none.
	WrittenBefore time.Time
	Limit         int
}

// fresh leaves out what was announced for the same time today already.
const fresh = `
			LEFT JOIN deadline_events e ON e.ticket_id = d.id AND e.type = d.type AND e.due_at = d.at
			WHERE (e.day IS NULL OR e.day < $6)`

// A warning about what was reached is none. Who is told of an escalation is told again the next day;
// a warning comes once.
const dueTickets = `
	SELECT d.id, d.type, d.at, e.day IS NOT NULL
	FROM (
		SELECT id, 'escalation' AS type, escalation_at AS at, updated_at
		FROM tickets
		WHERE escalation_at >= $1 AND escalation_at < $2
		UNION ALL
		SELECT id, 'escalation_warning', escalation_at - $4::interval, updated_at
		FROM tickets
		WHERE escalation_at >= greatest($1 + $4::interval, $3) AND escalation_at < $2 + $4::interval
		UNION ALL
		SELECT t.id, CASE y.name WHEN 'pending action' THEN 'next_state' ELSE 'reminder_reached' END, t.pending_time, t.updated_at
		FROM tickets t
		JOIN ticket_states s ON s.id = t.state_id
		JOIN ticket_state_types y ON y.id = s.state_type_id
		WHERE t.pending_time >= $1 AND t.pending_time < $2
			AND (y.name = 'pending reminder' OR y.name = 'pending action' AND s.next_state_id IS NOT NULL)
		UNION ALL
		SELECT t.id, 'unassigned', t.last_owner_update_at + make_interval(mins => g.assignment_timeout), t.updated_at
		FROM groups g
		JOIN tickets t ON t.group_id = g.id AND t.owner_id <> 1
		WHERE g.active AND g.assignment_timeout > 0
			AND t.last_owner_update_at >= $1 - make_interval(mins => g.assignment_timeout)
			AND t.last_owner_update_at < $2 - make_interval(mins => g.assignment_timeout)
			AND t.state_id IN (
				SELECT s.id
				FROM ticket_states s
				JOIN ticket_state_types y ON y.id = s.state_type_id
				WHERE y.name IN ('new', 'open'))
	) d` + fresh + `
		AND ($5::bigint[] IS NULL OR d.id = ANY($5))
		AND ($8::timestamptz IS NULL OR d.updated_at < $8)
	ORDER BY d.at, d.id
	LIMIT $7`

// beginning is before all points in time, and can be reckoned with.
var beginning = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)

// DueTickets returns what is due, the earliest first.
func (s Keeper) DueTickets(ctx context.Context, c *desk.Catalog, q DueQuery) ([]Due, error) {
	if q.From.IsZero() {
		q.From = beginning
	}
	rows, _ := pg.Conn(s.DB).Query(ctx, dueTickets, pg.Planned, q.From, q.Until, q.Now, desk.EscalationWarned, q.IDs, dayOf(c, q.Now), q.Limit, pg.TimeOrNil(q.WrittenBefore))
	due, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Due])
	if err != nil {
		return nil, fmt.Errorf("what is due: %w", pg.Translate(err))
	}
	return due, nil
}

// dayOf is the date of a time where the installation is.
func dayOf(c *desk.Catalog, at time.Time) time.Time {
	year, month, day := at.In(c.Settings.Zone()).Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// kindsOfDue is how many points in time a ticket can have reached at once.
const kindsOfDue = 4

const lockTicketIDs = `
	SELECT id
	FROM tickets
	WHERE id = ANY($1)
	ORDER BY id
	FOR NO KEY UPDATE`

// A time that was reached yesterday too is announced again: the row says of which day it was last.
const saveDeadlineEvents = `
	INSERT INTO deadline_events (ticket_id, type, due_at, day)
	SELECT *, $4::date
	FROM unnest($1::bigint[], $2::text[], $3::timestamptz[])
	ON CONFLICT (ticket_id, type) DO UPDATE SET due_at = excluded.due_at, day = excluded.day, fired_at = excluded.fired_at`

// The article that a time event is about is the last one that was not written by the program.
const lastArticles = `
	SELECT t.id, last.id
	FROM unnest($1::bigint[]) AS t (id)
	CROSS JOIN LATERAL (
		SELECT a.id
		FROM ticket_articles a
		WHERE a.ticket_id = t.id AND a.sender_id <> $2
		ORDER BY a.created_at DESC, a.id DESC
		LIMIT 1) last`

// AnnounceDue announces, in this transaction, the events of those of the given points in time that are
// still due now that the tickets are locked. It returns those.
func (s Keeper) AnnounceDue(ctx context.Context, c *desk.Catalog, ids []desk.TicketID, q DueQuery) ([]Due, error) {
	if err := pg.Exec(ctx, s.DB, "lock tickets", lockTicketIDs, ids); err != nil {
		return nil, err
	}
	q.IDs, q.Limit = ids, kindsOfDue*len(ids)
	due, err := s.DueTickets(ctx, c, q)
	if err != nil {
		return nil, err
	}
	articles, err := pg.Keyed[desk.TicketID](ctx, s.DB, "last articles", lastArticles, pg.Whole[desk.ArticleID], ids, desk.SenderSystem)
	if err != nil {
		return nil, err
	}
	var tickets []desk.TicketID
	var types []string
	var times []time.Time
	var announced []Due
	var work []task.Kind
	for _, d := range due {
		if d.Type == DueNextState || d.Type == DueUnassigned {
			continue
		}
		announced = append(announced, d)
		tickets, types, times = append(tickets, d.TicketID), append(types, d.Type), append(times, d.At)
		work = append(work, EventWork(c, desk.TicketEvent{
			TicketID: d.TicketID, Type: d.Type, ArticleID: articles[d.TicketID], By: desk.SystemUser, Interface: desk.ByScheduler,
		})...)
	}
	batch := &pgx.Batch{}
	if err := pg.QueueWork(s.DB, batch, work...); err != nil {
		return nil, err
	}
	batch.Queue(saveDeadlineEvents, tickets, types, times, dayOf(c, q.Now))
	return announced, pg.Send(ctx, s.DB, batch, "announce deadlines")
}

// planDue makes one row of work of each second in which something is due.
const planDue = `
	INSERT INTO outbox (queue, kind, payload, process_at)
	SELECT $3, $4, jsonb_build_object('from', second, 'until', second + interval '1 second'), second
	FROM (
		SELECT DISTINCT date_trunc('second', at) AS second
		FROM (
			SELECT escalation_at AS at
			FROM tickets
			WHERE escalation_at >= $1 AND escalation_at < $2
			UNION ALL
			SELECT escalation_at - $5::interval
			FROM tickets
			WHERE escalation_at >= $1 + $5::interval AND escalation_at < $2 + $5::interval
			UNION ALL
			SELECT pending_time
			FROM tickets
			WHERE pending_time >= $1 AND pending_time < $2
			UNION ALL
			SELECT t.last_owner_update_at + make_interval(mins => g.assignment_timeout)
			FROM groups g
			JOIN tickets t ON t.group_id = g.id AND t.owner_id <> 1
			WHERE g.active AND g.assignment_timeout > 0
				AND t.last_owner_update_at >= $1 - make_interval(mins => g.assignment_timeout)
				AND t.last_owner_update_at < $2 - make_interval(mins => g.assignment_timeout)
		) reached
	) due`

// PlanDue announces the work of all points in time from one time up to another. It returns how many
// seconds there are in which something is due.
func (s Keeper) PlanDue(ctx context.Context, from, until time.Time) (int, error) {
	work := task.DeadlinesDue{}
	tag, err := pg.Conn(s.DB).Exec(ctx, planDue, pg.Planned, from, until, work.Queue(), work.Kind(), desk.EscalationWarned)
	if err != nil {
		return 0, fmt.Errorf("plan deadlines: %w", pg.Translate(err))
	}
	if tag.RowsAffected() > 0 {
		pg.Announced(s.DB)
	}
	return int(tag.RowsAffected()), nil
}
