package collab

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/desk/teamwork"
	"postroom/internal/store/directory"
	"postroom/internal/store/pg"
	"postroom/internal/store/table"
)

const mentionColumns = `
	SELECT id, ticket_id, user_id, updated_by_id, created_by_id, created_at, updated_at
	FROM mentions`

// Mention returns one mention, or a *desk.MissingError.
func (s Keeper) Mention(ctx context.Context, id teamwork.MentionID) (teamwork.Mention, error) {
	return pg.One[teamwork.Mention](ctx, s.DB, mentionColumns+` WHERE id = $1`, "Mention", int64(id))
}

// MentionsOf returns the mentions of a ticket, oldest first.
func (s Keeper) MentionsOf(ctx context.Context, ticket desk.TicketID, page table.Page) ([]teamwork.Mention, error) {
	return pg.Many[teamwork.Mention](ctx, s.DB, "mentions of ticket", mentionColumns+`
		WHERE ticket_id = $1
		ORDER BY id
		LIMIT $2
		OFFSET $3`, ticket, page.Limit, page.Offset)
}

// agentsIn are the users among $1 that work as agents in group $2 with one of the levels of access $3.
var agentsIn = `
	SELECT u.id, true
	FROM users u
	JOIN groups g ON g.id = $2 AND g.active
	WHERE u.id = ANY($1)
		AND u.active
		AND ` + directory.HoldsAny("u.id", "ARRAY['ticket', 'ticket.agent']") + `
		AND EXISTS (SELECT FROM permissions WHERE name = 'ticket.agent' AND active)
		AND (EXISTS (SELECT FROM groups_users gu WHERE gu.user_id = u.id AND gu.group_id = g.id AND gu.access = ANY($3))
			OR EXISTS (
				SELECT
				FROM roles_users ru
				JOIN roles r ON r.id = ru.role_id AND r.active
				JOIN roles_groups rg ON rg.role_id = r.id
				WHERE ru.user_id = u.id AND rg.group_id = g.id AND rg.access = ANY($3)))`

// AgentsWith returns those of the users that have this access to a group, as agents.
func (s Keeper) AgentsWith(ctx context.Context, users []desk.UserID, group desk.GroupID, level desk.Access) (map[desk.UserID]bool, error) {
	return pg.Keyed[desk.UserID](ctx, s.DB, "agents of group", agentsIn, pg.Whole[bool], users, group, []desk.Access{level, desk.AccessFull})
}

const insertMentions = `
	WITH added AS (
		INSERT INTO mentions (ticket_id, user_id, updated_by_id, created_by_id)
		SELECT $1, user_id, $3, $3
		FROM unnest($2::bigint[]) WITH ORDINALITY AS new (user_id, position)
		ORDER BY position
		ON CONFLICT DO NOTHING
		RETURNING id, user_id
	)
	INSERT INTO history (object, o_id, type, value_from, value_to, related_object, related_o_id, created_by_id, created_at)
	SELECT 'Mention', a.id, 'added', '', left(trim(u.firstname || ' ' || u.lastname), 500), 'Ticket', $1, $3, clock_timestamp()
	FROM added a
	JOIN users u ON u.id = a.user_id
	ORDER BY a.id`

// Subscribe makes users hear of a ticket, and notes it in the history. All of them have to read the
// ticket's group as agents, else it returns teamwork.ErrMentioned.
func (s Keeper) Subscribe(ctx context.Context, t desk.Ticket, users []desk.UserID, by desk.UserID) error {
	if len(users) == 0 {
		return nil
	}
	agents, err := s.AgentsWith(ctx, users, t.GroupID, desk.AccessRead)
	if err != nil {
		return err
	}
	for _, user := range users {
		if !agents[user] {
			return teamwork.ErrMentioned
		}
	}
	return pg.Exec(ctx, s.DB, "mention in ticket", insertMentions, t.ID, users, by)
}

// MentionOf returns a user's mention in a ticket, or desk.ErrNotFound.
func (s Keeper) MentionOf(ctx context.Context, ticket desk.TicketID, user desk.UserID) (teamwork.Mention, error) {
	rows, _ := pg.Conn(s.DB).Query(ctx, mentionColumns+` WHERE ticket_id = $1 AND user_id = $2`, ticket, user)
	mention, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[teamwork.Mention])
	if err != nil {
		return teamwork.Mention{}, fmt.Errorf("mention of user %d in ticket %d: %w", user, ticket, pg.Translate(err))
	}
	return mention, nil
}

const deleteMention = `
	WITH gone AS (
		DELETE FROM mentions
		WHERE id = $1
		RETURNING id, ticket_id, user_id
	)
	INSERT INTO history (object, o_id, type, value_from, value_to, related_object, related_o_id, created_by_id, created_at)
	SELECT 'Mention', gone.id, 'removed', '', left(trim(u.firstname || ' ' || u.lastname), 500), 'Ticket', gone.ticket_id, $2, clock_timestamp()
	FROM gone
	JOIN users u ON u.id = gone.user_id`

// DeleteMention ends a mention and notes it in the history, or returns a *desk.MissingError.
func (s Keeper) DeleteMention(ctx context.Context, id teamwork.MentionID, by desk.UserID) error {
	tag, err := pg.Conn(s.DB).Exec(ctx, deleteMention, id, by)
	if err == nil && tag.RowsAffected() == 0 {
		err = pgx.ErrNoRows
	}
	if err != nil {
		return pg.Missing("Mention", int64(id), err)
	}
	return nil
}
