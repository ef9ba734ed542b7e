package catalog

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
	"postroom/internal/store/table"
)

// Groups are the teams. A name contains those of the groups above, so the paths of the groups below
// follow it.
var Groups = &table.Of[desk.Group, desk.GroupID]{
	Class:  "Group",
	Name:   "groups",
	Search: "name, note",
	Alone:  true,
	Select: `
		SELECT id, signature_id, email_address_id, name, name_last, parent_id, assignment_timeout, follow_up_possible,
			reopen_time_in_days, follow_up_assignment, active, shared_drafts, note, custom,
			updated_by_id, created_by_id, created_at, updated_at
		FROM groups`,
	Create: `
		INSERT INTO groups (signature_id, email_address_id, name, name_last, parent_id, assignment_timeout, follow_up_possible,
			reopen_time_in_days, follow_up_assignment, active, shared_drafts, note, custom, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14)
		RETURNING id`,
	Update: `
		UPDATE groups
		SET signature_id = $1, email_address_id = $2, name = $3, name_last = $4, parent_id = $5, assignment_timeout = $6,
			follow_up_possible = $7, reopen_time_in_days = $8, follow_up_assignment = $9, active = $10, shared_drafts = $11, note = $12,
			custom = $13, updated_by_id = $14, updated_at = now()
		WHERE id = $15`,
	Values: func(v desk.Group) []any {
		return []any{
			v.SignatureID, v.EmailAddressID, v.Name, v.NameLast, v.ParentID, v.AssignmentTimeout, v.FollowUpPossible,
			v.ReopenTimeInDays, v.FollowUpAssignment, v.Active, v.SharedDrafts, v.Note, pg.Object(v.Custom), v.UpdatedByID,
		}
	},
	Parts: func(v *desk.Group) (*desk.GroupID, *desk.Stamp) { return &v.ID, &v.Stamp },
	Settle: func(ctx context.Context, tx *pg.DB, v desk.Group) error {
		return pg.Exec(ctx, tx, "rename groups below", `
			WITH RECURSIVE below AS (
				SELECT c.id, $2 || '::' || c.name_last AS path
				FROM groups c
				WHERE c.parent_id = $1
				UNION ALL
				SELECT c.id, b.path || '::' || c.name_last
				FROM groups c
				JOIN below b ON b.id = c.parent_id
			)
			UPDATE groups g
			SET name = b.path, updated_at = now()
			FROM below b
			WHERE b.id = g.id AND g.name <> b.path`, v.ID, v.Name)
	},
}

// GroupMembers returns the users with any access of their own to those of the groups that have some.
func (s Keeper) GroupMembers(ctx context.Context, ids []desk.GroupID) (map[desk.GroupID][]desk.UserID, error) {
	return pg.Keyed[desk.GroupID](ctx, s.DB, "members of groups", `
		SELECT group_id, array_agg(DISTINCT user_id ORDER BY user_id)
		FROM groups_users
		WHERE group_id = ANY($1)
		GROUP BY group_id`, pg.Whole[[]desk.UserID], ids)
}

// GroupsOfTickets returns the groups of the tickets of a customer and of the organizations.
func (s Keeper) GroupsOfTickets(ctx context.Context, customer desk.UserID, organizations []desk.OrganizationID) ([]desk.GroupID, error) {
	rows, _ := pg.Conn(s.DB).Query(ctx, `
		SELECT DISTINCT group_id
		FROM tickets
		WHERE customer_id = $1 OR organization_id = ANY($2)`, customer, organizations)
	ids, err := pgx.CollectRows(rows, pgx.RowTo[desk.GroupID])
	if err != nil {
		return nil, fmt.Errorf("groups of tickets of %d: %w", customer, pg.Translate(err))
	}
	return ids, nil
}

// SetGroupMembers makes exactly these users members of a group: who is new gets full access, who
// was one keeps the access that is there.
func (s Keeper) SetGroupMembers(ctx context.Context, id desk.GroupID, members []desk.UserID) error {
	batch := &pgx.Batch{}
	batch.Queue(`DELETE FROM groups_users WHERE group_id = $1 AND user_id <> ALL($2)`, id, pg.Plain(members))
	batch.Queue(`
		INSERT INTO groups_users (user_id, group_id, access)
		SELECT member, $1, 'full'
		FROM unnest($2::bigint[]) AS member
		WHERE NOT EXISTS (SELECT FROM groups_users WHERE group_id = $1 AND user_id = member)`, id, pg.Plain(members))
	return pg.Send(ctx, s.DB, batch, "members of group")
}
