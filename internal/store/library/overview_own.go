package library

import (
	"context"

	"postroom/internal/desk"
	"postroom/internal/desk/workspace"
	"postroom/internal/store/pg"
)

const overviewsOf = `
	SELECT o.id, o.name, o.link, o.prio, o.condition, o."order", o.group_by, o.group_direction, o.organization_shared, o.out_of_office,
		o.view, o.active, o.updated_by_id, o.created_by_id, o.created_at, o.updated_at
	FROM overviews o
	LEFT JOIN user_overview_sortings own ON own.overview_id = o.id AND own.user_id = $1 AND $5
	WHERE o.active
		AND EXISTS (SELECT FROM overviews_roles r WHERE r.overview_id = o.id AND r.role_id = ANY($2))
		AND (NOT EXISTS (SELECT FROM overviews_users WHERE overview_id = o.id)
			OR EXISTS (SELECT FROM overviews_users u WHERE u.overview_id = o.id AND u.user_id = $1))
		AND (NOT o.organization_shared OR $3)
		AND (NOT o.out_of_office
			OR EXISTS (
				SELECT
				FROM users away
				WHERE away.out_of_office_replacement_id = $1
					AND away.out_of_office
					AND away.active
					AND current_date BETWEEN away.out_of_office_start_at AND away.out_of_office_end_at))
	ORDER BY own.prio, o.prio, o.name, o.id -- what has no place of its own comes last
	LIMIT $4`

// maxOverviews bounds how many overviews somebody is shown.
const maxOverviews = 500

// OverviewsOf returns the overviews that somebody is shown, in the order that this person prefers
// and may.
func (s Keeper) OverviewsOf(ctx context.Context, who *desk.Caller) ([]workspace.Overview, error) {
	return pg.Many[workspace.Overview](ctx, s.DB, "overviews of user", overviewsOf, who.User.ID, who.RoleIDs, len(who.Shared) > 0, maxOverviews,
		who.UserCan(workspace.PermissionOverviewSorting))
}
