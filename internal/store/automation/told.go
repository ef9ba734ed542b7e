package automation

import (
	"context"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/desk/thread"
	"postroom/internal/store/directory"
	"postroom/internal/store/pg"
	"postroom/internal/store/tickets"
)

// Told is somebody who may be told about a ticket.
type Told struct {
	desk.User
	Subscribed bool // with access to read the ticket's group
}

// Whoever has full access to the group, whoever subscribed and reads it, and the owner, who needs
// no access.
var told = `
	WITH reach AS (
		SELECT user_id, bool_or(access = 'full') AS wholly
		FROM (
			SELECT gu.user_id, gu.access
			FROM groups_users gu
			WHERE gu.group_id = $1 AND gu.access IN ('read', 'full')
			UNION ALL
			SELECT ru.user_id, rg.access
			FROM roles_groups rg
			JOIN roles r ON r.id = rg.role_id AND r.active
			JOIN roles_users ru ON ru.role_id = r.id
			WHERE rg.group_id = $1 AND rg.access IN ('read', 'full')
		) each
		GROUP BY user_id
	)
	SELECT ` + directory.Columns + `, m.id IS NOT NULL AND reach.user_id IS NOT NULL AS subscribed
	FROM users u
	LEFT JOIN reach ON reach.user_id = u.id
	LEFT JOIN mentions m ON m.user_id = u.id AND m.ticket_id = $2
	WHERE u.id = $3
		OR u.id IN (SELECT user_id FROM reach)
			AND (reach.wholly OR m.id IS NOT NULL)
			AND u.active
			AND EXISTS (SELECT FROM groups WHERE id = $1 AND active)
			AND ` + directory.HoldsAny("u.id", "ARRAY['ticket', 'ticket.agent']") + `
	ORDER BY u.login`

// WhoIsTold returns those who may be told about a ticket, by their logins. Nobody is told as its
// owner while nobody owns it.
func (s Keeper) WhoIsTold(ctx context.Context, t desk.Ticket) ([]Told, error) {
	owner := t.OwnerID
	if owner == desk.SystemUser {
		owner = 0
	}
	return pg.Many[Told](ctx, s.DB, "who is told", told, t.GroupID, t.ID, owner)
}

// SettleNotifications marks what people were told of a ticket as seen, for all who need not look at
// it any more, and says who settled it. The owner has to look at what somebody else did last, unless
// the ticket was merged away.
func (s Keeper) SettleNotifications(ctx context.Context, t desk.Ticket, merged bool) error {
	return pg.Exec(ctx, s.DB, "settle notifications", `
		UPDATE online_notifications
		SET seen = true, updated_by_id = $2, updated_at = clock_timestamp()
		WHERE id IN (
			SELECT id
			FROM online_notifications
			WHERE object = 'Ticket' AND o_id = $1 AND NOT seen
				AND (user_id <> $3 OR $3 = $2 OR $4)
			ORDER BY id
			FOR UPDATE)`, t.ID, t.UpdatedByID, t.OwnerID, merged)
}

// MailAbout is all that the mail about a ticket is made of.
type MailAbout struct {
	Ticket    desk.Ticket
	Thread    []thread.IDs // newest first
	Names     map[desk.UserID]string
	Companies map[desk.OrganizationID]string
}

// MailAbout reads what a mail about a ticket speaks of, in two round trips. People and organizations
// that are gone have no name.
func (s Keeper) MailAbout(ctx context.Context, id desk.TicketID, people []desk.UserID, organizations []desk.OrganizationID) (MailAbout, error) {
	about := MailAbout{Names: map[desk.UserID]string{}, Companies: map[desk.OrganizationID]string{}}
	var err error
	if about.Ticket, err = tickets.On(s.DB).Ticket(ctx, id); err != nil {
		return about, err
	}
	people = append(people, about.Ticket.OwnerID, about.Ticket.CustomerID)
	batch := &pgx.Batch{}
	batch.Queue(`
		SELECT u.id, trim(u.firstname || ' ' || u.lastname) || coalesce(' (' || o.name || ')', '')
		FROM users u
		LEFT JOIN organizations o ON o.id = u.organization_id
		WHERE u.id = ANY($1)`, pg.Distinct(people)).Query(pg.Collect(about.Names))
	if len(organizations) > 0 {
		batch.Queue(`SELECT id, name FROM organizations WHERE id = ANY($1)`, pg.Distinct(organizations)).Query(pg.Collect(about.Companies))
	}
	if err := pg.Send(ctx, s.DB, batch, "names around ticket"); err != nil {
		return about, err
	}
	about.Thread, err = tickets.On(s.DB).ThreadIDs(ctx, id)
	return about, err
}
