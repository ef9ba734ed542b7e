package lookup

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
)

// visibleTickets is the condition that row t of tickets lies in the scope.
func visibleTickets(scope desk.TicketScope, args *pg.Args) string {
	if scope.All {
		return "true"
	}
	var any []string
	if len(scope.Groups) > 0 {
		any = append(any, "t.group_id = ANY("+args.Add(scope.Groups)+")")
	}
	if scope.Customer != 0 {
		any = append(any, "t.customer_id = "+args.Add(scope.Customer))
	}
	if len(scope.Organizations) > 0 {
		any = append(any, "t.organization_id = ANY("+args.Add(scope.Organizations)+")")
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
func firstVisible(scope desk.TicketScope, first string, args *pg.Args) string {
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
		parts = append(parts, fmt.Sprintf(ofEach, args.Add(scope.Groups), "group_id", first))
	}
	if scope.Customer != 0 {
		parts = append(parts, fmt.Sprintf(ofEach, args.Add([]desk.UserID{scope.Customer}), "customer_id", first))
	}
	if len(scope.Organizations) > 0 {
		parts = append(parts, fmt.Sprintf(ofEach, args.Add(scope.Organizations), "organization_id", first))
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
func (s Keeper) MayOwn(ctx context.Context, user desk.UserID, group desk.GroupID) (bool, error) {
	return pg.Value[bool](ctx, s.DB, "who may own", mayOwn, user, group)
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
func (s Keeper) AreColleagues(ctx context.Context, author, customer desk.UserID) (bool, error) {
	return pg.Value[bool](ctx, s.DB, "who are colleagues", areColleagues, author, customer)
}

const isMember = `
	SELECT EXISTS (SELECT FROM users WHERE id = $1 AND organization_id = $2)
		OR EXISTS (SELECT FROM organizations_users WHERE user_id = $1 AND organization_id = $2)`

// IsMember reports whether an organization is the user's, be it a secondary one.
func (s Keeper) IsMember(ctx context.Context, user desk.UserID, organization desk.OrganizationID) (bool, error) {
	return pg.Value[bool](ctx, s.DB, "organizations of user", isMember, user, organization)
}

const organizationOfMember = `
	SELECT o.id
	FROM organizations o
	WHERE (o.id = $2 OR o.name = $3)
		AND (EXISTS (SELECT FROM users WHERE id = $1 AND organization_id = o.id)
			OR EXISTS (SELECT FROM organizations_users WHERE user_id = $1 AND organization_id = o.id))`

// OrganizationOfMember returns the organization with this id or name, if it is the user's; 0: it is not.
func (s Keeper) OrganizationOfMember(ctx context.Context, user desk.UserID, id desk.OrganizationID, name string) (desk.OrganizationID, error) {
	found, err := pg.Value[desk.OrganizationID](ctx, s.DB, "organization of a member", organizationOfMember, user, id, name)
	if errors.Is(err, desk.ErrNotFound) {
		return 0, nil
	}
	return found, err
}
