package library

import (
	"context"
	"slices"
	"strconv"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/desk/workspace"
	"postroom/internal/store/pg"
	"postroom/internal/store/table"
)

// Overviews are the lists of tickets that people are shown. Each has a name in addresses of its own.
var Overviews = &table.Of[workspace.Overview, workspace.OverviewID]{
	Class:  "Overview",
	Name:   "overviews",
	Search: "name, link",
	Alone:  true,
	Select: `
		SELECT id, name, link, prio, condition, "order", group_by, group_direction, organization_shared, out_of_office, view, active,
			updated_by_id, created_by_id, created_at, updated_at
		FROM overviews`,
	Create: `
		INSERT INTO overviews (name, link, prio, condition, "order", group_by, group_direction, organization_shared, out_of_office,
			view, active, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)
		RETURNING id`,
	Update: `
		UPDATE overviews
		SET name = $1, link = $2, prio = $3, condition = $4, "order" = $5, group_by = $6, group_direction = $7,
			organization_shared = $8, out_of_office = $9, view = $10, active = $11, updated_by_id = $12, updated_at = now()
		WHERE id = $13`,
	Values: func(v workspace.Overview) []any {
		return []any{
			v.Name, v.Link, v.Prio, v.Condition, v.Order, v.GroupBy, v.GroupDirection, v.OrganizationShared, v.OutOfOffice,
			v.View, v.Active, v.UpdatedByID,
		}
	},
	Parts: func(v *workspace.Overview) (*workspace.OverviewID, *desk.Stamp) { return &v.ID, &v.Stamp },
	Check: func(ctx context.Context, tx *pg.DB, v *workspace.Overview) error {
		if err := v.Check(); err != nil || v.Link != "" {
			return err
		}
		link, err := On(tx).freeOverviewLink(ctx, workspace.LinkName(v.Name))
		v.Link = link
		return err
	},
}

// freeOverviewLink returns a link that no overview has: the wanted one, if need be with a number.
func (s Keeper) freeOverviewLink(ctx context.Context, wanted string) (string, error) {
	if wanted == "" {
		return uuid.NewString(), nil
	}
	rows, _ := pg.Conn(s.DB).Query(ctx, `SELECT link FROM overviews WHERE link = $1 OR starts_with(link, $1 || '_')`, wanted)
	taken, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return "", pg.Translate(err)
	}
	link := wanted
	for n := 1; slices.Contains(taken, link); n++ {
		link = wanted + "_" + strconv.Itoa(n)
	}
	return link, nil
}

const overviewLinks = `
	SELECT o.id,
		ARRAY(SELECT role_id FROM overviews_roles WHERE overview_id = o.id ORDER BY role_id),
		ARRAY(SELECT user_id FROM overviews_users WHERE overview_id = o.id ORDER BY user_id)
	FROM overviews o
	WHERE o.id = ANY($1)`

// OverviewLinks returns who sees those of the overviews that exist.
func (s Keeper) OverviewLinks(ctx context.Context, ids []workspace.OverviewID) (map[workspace.OverviewID]workspace.OverviewLinks, error) {
	return pg.Keyed[workspace.OverviewID](ctx, s.DB, "links of overviews", overviewLinks,
		func(l *workspace.OverviewLinks) []any { return []any{&l.RoleIDs, &l.UserIDs} }, ids)
}

// SetOverviewRoles replaces the roles that see an overview.
func (s Keeper) SetOverviewRoles(ctx context.Context, id workspace.OverviewID, roles []desk.RoleID) error {
	return pg.ReplaceLinks(ctx, s.DB, "overviews_roles", "overview_id", "role_id", int64(id), pg.Plain(roles))
}

// SetOverviewUsers replaces the users to whom an overview is limited; none: it is not.
func (s Keeper) SetOverviewUsers(ctx context.Context, id workspace.OverviewID, users []desk.UserID) error {
	return pg.ReplaceLinks(ctx, s.DB, "overviews_users", "overview_id", "user_id", int64(id), pg.Plain(users))
}
