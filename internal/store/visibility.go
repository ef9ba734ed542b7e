package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
)

// arguments collects the values of a statement that is put together from clauses.
type arguments []any

// add returns the placeholder of a value.
func (a *arguments) add(value any) string {
	*a = append(*a, value)
	return "$" + strconv.Itoa(len(*a))
}

// planned are the arguments of a statement that is planned for the values at hand: what is a good
// plan for one agent or word is a bad one for the next.
func (a arguments) planned() []any { return append([]any{pgx.QueryExecModeCacheDescribe}, a...) }

// visibleTickets is the condition that row t of tickets lies in the scope.
func visibleTickets(scope desk.TicketScope, args *arguments) string {
	if scope.All {
		return "true"
	}
	var any []string
	if len(scope.Groups) > 0 {
		any = append(any, "t.group_id = ANY("+args.add(scope.Groups)+")")
	}
	if scope.Customer != 0 {
		any = append(any, "t.customer_id = "+args.add(scope.Customer))
	}
	if len(scope.Organizations) > 0 {
		any = append(any, "t.organization_id = ANY("+args.add(scope.Organizations)+")")
	}
	if len(any) == 0 {
		return "false"
	}
	return "(" + strings.Join(any, " OR ") + ")"
}

// firstVisible selects the ids of the first so many tickets of every group, customer and
// organization of a scope: the first so many of the scope are among them. It reads them from the
// index of each, so it stays cheap for who may see three tickets among a million, where a walk
// along the ids would look at all.
func firstVisible(scope desk.TicketScope, first string, args *arguments) string {
	const ofEach = `
		SELECT t.id
		FROM unnest(%s::bigint[]) AS one (id)
		CROSS JOIN LATERAL (
			SELECT id
			FROM tickets
			WHERE %s = one.id
			ORDER BY id
			LIMIT %s
		) t`
	var parts []string
	if len(scope.Groups) > 0 {
		parts = append(parts, fmt.Sprintf(ofEach, args.add(scope.Groups), "group_id", first))
	}
	if scope.Customer != 0 {
		parts = append(parts, fmt.Sprintf(ofEach, args.add([]desk.UserID{scope.Customer}), "customer_id", first))
	}
	if len(scope.Organizations) > 0 {
		parts = append(parts, fmt.Sprintf(ofEach, args.add(scope.Organizations), "organization_id", first))
	}
	return strings.Join(parts, `
		UNION`)
}

const mayOwn = `
	SELECT EXISTS (
		SELECT
		FROM users u
		JOIN groups g ON g.id = $2 AND g.active
		WHERE u.id = $1
			AND u.active
			AND EXISTS (
				SELECT
				FROM roles_users ru
				JOIN roles r ON r.id = ru.role_id AND r.active
				JOIN permissions_roles pr ON pr.role_id = r.id
				JOIN permissions p ON p.id = pr.permission_id
				WHERE ru.user_id = u.id AND p.name IN ('ticket', 'ticket.agent'))
			AND (
				EXISTS (
					SELECT
					FROM groups_users gu
					WHERE gu.user_id = u.id AND gu.group_id = g.id AND gu.access = 'full')
				OR EXISTS (
					SELECT
					FROM roles_users ru
					JOIN roles r ON r.id = ru.role_id AND r.active
					JOIN roles_groups rg ON rg.role_id = r.id
					WHERE ru.user_id = u.id AND rg.group_id = g.id AND rg.access = 'full')))
		AND EXISTS (SELECT FROM permissions WHERE name = 'ticket.agent' AND active)`

// MayOwn reports whether a user can be the owner of tickets in a group: an active agent with full
// access to it.
func (s *Store) MayOwn(ctx context.Context, user desk.UserID, group desk.GroupID) (bool, error) {
	return value[bool](ctx, s, "who may own", mayOwn, user, group)
}

const areColleagues = `
	SELECT EXISTS (
		SELECT
		FROM users author
		JOIN organizations o ON o.id = author.organization_id AND o.shared
		JOIN users customer ON customer.id = $2
		WHERE author.id = $1
			AND (customer.organization_id = o.id
				OR EXISTS (SELECT FROM organizations_users WHERE user_id = customer.id AND organization_id = o.id)))`

// AreColleagues reports whether a customer is a member of the author's organization, and its
// members share their tickets.
func (s *Store) AreColleagues(ctx context.Context, author, customer desk.UserID) (bool, error) {
	return value[bool](ctx, s, "who are colleagues", areColleagues, author, customer)
}

const isMember = `
	SELECT EXISTS (SELECT FROM users WHERE id = $1 AND organization_id = $2)
		OR EXISTS (SELECT FROM organizations_users WHERE user_id = $1 AND organization_id = $2)`

// IsMember reports whether an organization is the user's, be it a secondary one.
func (s *Store) IsMember(ctx context.Context, user desk.UserID, organization desk.OrganizationID) (bool, error) {
	return value[bool](ctx, s, "organizations of user", isMember, user, organization)
}
