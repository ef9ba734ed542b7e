package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
)

// GroupFilter says which groups a list shows.
type GroupFilter struct {
	Words []string       // each must be in name or note
	IDs   []desk.GroupID // nil: all
}

func (f GroupFilter) where(args *arguments) string {
	conditions := []string{"true"}
	for _, word := range f.Words {
		conditions = append(conditions, `concat_ws(E'\n', name, note) ILIKE `+args.add(containing(word)))
	}
	if f.IDs != nil {
		conditions = append(conditions, "id = ANY("+args.add(f.IDs)+")")
	}
	return " WHERE " + strings.Join(conditions, " AND ")
}

// ListGroups returns one page of groups.
func (s *Store) ListGroups(ctx context.Context, f GroupFilter, orders []Order, page Page) ([]desk.Group, error) {
	var args arguments
	sql := allGroups + f.where(&args)
	return listed[desk.Group](ctx, s, sql, orders, page, args...)
}

// CountGroups returns how many groups a filter finds.
func (s *Store) CountGroups(ctx context.Context, f GroupFilter) (int, error) {
	var args arguments
	sql := allGroups + f.where(&args)
	return s.count(ctx, sql, args...)
}

// Group returns one group, or a *desk.MissingError.
func (s *Store) Group(ctx context.Context, id desk.GroupID) (desk.Group, error) {
	return one[desk.Group](ctx, s, allGroups, "Group", int64(id))
}

// GroupMembers returns the users with any access of their own to those of the groups that have some.
func (s *Store) GroupMembers(ctx context.Context, ids []desk.GroupID) (map[desk.GroupID][]desk.UserID, error) {
	rows, _ := s.db.Query(ctx, `
		SELECT group_id, array_agg(DISTINCT user_id ORDER BY user_id)
		FROM groups_users
		WHERE group_id = ANY($1)
		GROUP BY group_id`, ids)
	members := make(map[desk.GroupID][]desk.UserID, len(ids))
	_, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
		var id desk.GroupID
		var users []desk.UserID
		err := row.Scan(&id, &users)
		members[id] = users
		return struct{}{}, err
	})
	if err != nil {
		return nil, fmt.Errorf("members of groups: %w", translate(err))
	}
	return members, nil
}

// GroupsOfTickets returns the groups of the tickets of a customer and of the organizations.
func (s *Store) GroupsOfTickets(ctx context.Context, customer desk.UserID, organizations []desk.OrganizationID) ([]desk.GroupID, error) {
	rows, _ := s.db.Query(ctx, `
		SELECT DISTINCT group_id
		FROM tickets
		WHERE customer_id = $1 OR organization_id = ANY($2)`, customer, organizations)
	ids, err := pgx.CollectRows(rows, pgx.RowTo[desk.GroupID])
	if err != nil {
		return nil, fmt.Errorf("groups of tickets of %d: %w", customer, translate(err))
	}
	return ids, nil
}

// LockGroups makes changes of groups wait for each other: a name contains those of its parents.
func (s *Store) LockGroups(ctx context.Context) error {
	return s.exec(ctx, "lock groups", `LOCK TABLE groups IN SHARE ROW EXCLUSIVE MODE`)
}

// CheckGroupName refuses a name that is blank or another group's.
func (s *Store) CheckGroupName(ctx context.Context, g desk.Group) error {
	return s.checkName(ctx, "groups", g.Name, int64(g.ID))
}

// InsertGroup stores a new group and fills its id.
func (s *Store) InsertGroup(ctx context.Context, g *desk.Group) error {
	err := s.db.QueryRow(ctx, `
		INSERT INTO groups (signature_id, email_address_id, name, name_last, parent_id, assignment_timeout, follow_up_possible,
			reopen_time_in_days, follow_up_assignment, active, shared_drafts, note, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)
		RETURNING id`, append(groupValues(*g), g.UpdatedByID)...).Scan(&g.ID)
	if err != nil {
		return fmt.Errorf("insert group: %w", translate(err))
	}
	return nil
}

func groupValues(g desk.Group) []any {
	return []any{
		g.SignatureID, g.EmailAddressID, g.Name, g.NameLast, g.ParentID, g.AssignmentTimeout, g.FollowUpPossible,
		g.ReopenTimeInDays, g.FollowUpAssignment, g.Active, g.SharedDrafts, g.Note,
	}
}

// SaveGroup stores a changed group. The paths of the groups below it follow its name.
func (s *Store) SaveGroup(ctx context.Context, g desk.Group) error {
	err := s.exec(ctx, "save group", `
		UPDATE groups
		SET signature_id = $1, email_address_id = $2, name = $3, name_last = $4, parent_id = $5, assignment_timeout = $6,
			follow_up_possible = $7, reopen_time_in_days = $8, follow_up_assignment = $9, active = $10, shared_drafts = $11, note = $12,
			updated_by_id = $13, updated_at = now()
		WHERE id = $14`, append(groupValues(g), g.UpdatedByID, g.ID)...)
	if err != nil {
		return err
	}
	return s.exec(ctx, "rename groups below", `
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
		WHERE b.id = g.id AND g.name <> b.path`, g.ID, g.Name)
}

// SetGroupMembers makes exactly these users members of a group: who is new gets full access, who
// was one keeps the access that is there.
func (s *Store) SetGroupMembers(ctx context.Context, id desk.GroupID, members []desk.UserID) error {
	batch := &pgx.Batch{}
	batch.Queue(`DELETE FROM groups_users WHERE group_id = $1 AND user_id <> ALL($2)`, id, plain(members))
	batch.Queue(`
		INSERT INTO groups_users (user_id, group_id, access)
		SELECT member, $1, 'full'
		FROM unnest($2::bigint[]) AS member
		WHERE NOT EXISTS (SELECT FROM groups_users WHERE group_id = $1 AND user_id = member)`, id, plain(members))
	return s.send(ctx, batch, "members of group")
}

// DeleteGroup deletes a group that nothing refers to.
func (s *Store) DeleteGroup(ctx context.Context, id desk.GroupID) error {
	return s.deleteRow(ctx, "groups", "Group", int64(id))
}
