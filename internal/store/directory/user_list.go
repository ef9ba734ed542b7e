package directory

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
	"postroom/internal/store/table"
)

const agentIDs = `
	SELECT u.id
	FROM users u
	WHERE u.active
		AND EXISTS (
			SELECT
			FROM roles_users ru
			JOIN roles r ON r.id = ru.role_id AND r.active
			JOIN permissions_roles pr ON pr.role_id = r.id
			JOIN permissions p ON p.id = pr.permission_id AND p.active
			WHERE ru.user_id = u.id AND p.name IN ('ticket', 'ticket.agent'))
	ORDER BY u.id`

// AgentIDs lists everybody who may be an agent in some group.
func (s Keeper) AgentIDs(ctx context.Context) ([]desk.UserID, error) {
	rows, _ := pg.Conn(s.DB).Query(ctx, agentIDs)
	ids, err := pgx.CollectRows(rows, pgx.RowTo[desk.UserID])
	return ids, pg.Translate(err)
}

// Filter says which users a list shows. Its parts narrow each other.
type Filter struct {
	table.Search
	IDs         []desk.UserID
	RoleIDs     []desk.RoleID
	Permissions []string         // held through an active role, whole names
	Groups      desk.GroupAccess // access to any of them, with any of the levels
	NotSystem   bool             // leave out user 1
}

// textOfUser is what words are looked for in. The index users_text has the same expression.
const textOfUser = `(u.login || E'\n' || u.firstname || ' ' || u.lastname || E'\n' || u.email || E'\n' || u.phone || E'\n' || u.mobile
	|| E'\n' || u.fax || E'\n' || u.web || E'\n' || u.department || E'\n' || u.street || E'\n' || u.zip || E'\n' || u.city
	|| E'\n' || u.country || E'\n' || u.address || E'\n' || u.note)`

func (f Filter) where(args *pg.Args) string {
	conditions := append([]string{"true"}, f.Search.Where(args, func(patterns []string) string {
		return table.AnyLike([]string{textOfUser}, patterns, args)
	})...)
	if f.IDs != nil {
		conditions = append(conditions, "u.id = ANY("+args.Add(f.IDs)+")")
	}
	if len(f.RoleIDs) > 0 {
		conditions = append(conditions, "EXISTS (SELECT FROM roles_users WHERE user_id = u.id AND role_id = ANY("+args.Add(f.RoleIDs)+"))")
	}
	if len(f.Permissions) > 0 {
		conditions = append(conditions, HoldsAny("u.id", args.Add(f.Permissions)))
	}
	if len(f.Groups) > 0 {
		var groups []desk.GroupID
		var levels []string
		for id, access := range f.Groups {
			for _, level := range append(access, desk.AccessFull) {
				groups, levels = append(groups, id), append(levels, string(level))
			}
		}
		wanted := "(SELECT * FROM unnest(" + args.Add(groups) + "::bigint[], " + args.Add(levels) + "::text[]))"
		conditions = append(conditions, `(EXISTS (SELECT FROM groups_users WHERE user_id = u.id AND (group_id, access) IN `+wanted+`)
			OR EXISTS (SELECT FROM roles_users ru JOIN roles r ON r.id = ru.role_id AND r.active
				JOIN roles_groups rg ON rg.role_id = r.id
				WHERE ru.user_id = u.id AND (rg.group_id, rg.access) IN `+wanted+`))`)
	}
	if f.NotSystem {
		conditions = append(conditions, "u.id <> 1")
	}
	return strings.Join(conditions, " AND ")
}

// HoldsAny is the condition that a user holds one of the permissions, whole names, through an
// active role.
func HoldsAny(user, names string) string {
	return `EXISTS (
		SELECT
		FROM roles_users ru
		JOIN roles r ON r.id = ru.role_id AND r.active
		JOIN permissions_roles pr ON pr.role_id = r.id
		JOIN permissions p ON p.id = pr.permission_id AND p.active
		WHERE ru.user_id = ` + user + ` AND p.name = ANY(` + names + `))`
}

// ListUsers returns one page of users. Without orders the order is by id.
func (s Keeper) ListUsers(ctx context.Context, filter Filter, orders []table.Order, page table.Page) ([]desk.User, error) {
	var args pg.Args
	sql := `SELECT ` + Columns + ` FROM users u WHERE ` + filter.where(&args)
	sql += table.OrderBy(orders, "u.id") + " LIMIT " + args.Add(page.Limit) + " OFFSET " + args.Add(page.Offset)
	return pg.Many[desk.User](ctx, s.DB, "list users", sql, args.Planned()...)
}

// CountUsers returns how many users a filter finds.
func (s Keeper) CountUsers(ctx context.Context, filter Filter) (int, error) {
	var args pg.Args
	where := filter.where(&args)
	return pg.Count(ctx, s.DB, `SELECT FROM users u WHERE `+where, args.Planned()...)
}

var userLinks = `
	SELECT u.id,
		ARRAY(SELECT role_id FROM roles_users WHERE user_id = u.id ORDER BY role_id),
		ARRAY(SELECT organization_id FROM organizations_users WHERE user_id = u.id ORDER BY organization_id),
		CASE WHEN u.active
			AND EXISTS (SELECT FROM groups_users WHERE user_id = u.id)
			AND ` + HoldsAny("u.id", "ARRAY['ticket', 'ticket.agent']") + `
		THEN (
			SELECT json_object_agg(group_id, levels)
			FROM (SELECT group_id, json_agg(access ORDER BY access) AS levels FROM groups_users WHERE user_id = u.id GROUP BY group_id) g
		) END,
		ARRAY(SELECT id FROM user_two_factor_preferences WHERE user_id = u.id ORDER BY id),
		ARRAY(SELECT id FROM user_overview_sortings WHERE user_id = u.id ORDER BY id),
		ARRAY(SELECT id FROM authorizations WHERE user_id = u.id ORDER BY id),
		(SELECT json_object_agg(provider, json_build_object('uid', uid, 'username', username) ORDER BY id) FROM authorizations WHERE user_id = u.id)
	FROM users u
	WHERE u.id = ANY($1)`

// UserLinks returns the ties of those of the users that exist.
func (s Keeper) UserLinks(ctx context.Context, ids []desk.UserID) (map[desk.UserID]desk.UserLinks, error) {
	return pg.Keyed[desk.UserID](ctx, s.DB, "links of users", userLinks,
		func(l *desk.UserLinks) []any {
			return []any{
				&l.RoleIDs, &l.OrganizationIDs, &l.Groups, &l.TwoFactorIDs, &l.OverviewSortingIDs, &l.AuthorizationIDs, &l.Accounts,
			}
		}, ids)
}
