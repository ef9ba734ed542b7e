package library

import (
	"context"
	"fmt"

	"postroom/internal/desk"
	"postroom/internal/desk/workspace"
	"postroom/internal/store/pg"
)

const (
	overviewSortingClass   = "User::OverviewSorting"
	overviewSortingColumns = `
	SELECT id, user_id, overview_id, prio, created_at, updated_at
	FROM user_overview_sortings`
)

// OverviewSortings returns the order in which somebody prefers the overviews.
func (s Keeper) OverviewSortings(ctx context.Context, user desk.UserID) ([]workspace.OverviewSorting, error) {
	return pg.Many[workspace.OverviewSorting](ctx, s.DB, "order of overviews", overviewSortingColumns+`
		WHERE user_id = $1
		ORDER BY prio, id
		LIMIT $2`, user, maxOverviews)
}

// OverviewSorting returns the place that a user gave an overview. That of somebody else is none: a
// *desk.MissingError.
func (s Keeper) OverviewSorting(ctx context.Context, user desk.UserID, id desk.OverviewSortingID) (workspace.OverviewSorting, error) {
	rows, err := pg.Many[workspace.OverviewSorting](ctx, s.DB, "place of overview", overviewSortingColumns+`
		WHERE id = $1 AND user_id = $2`, id, user)
	if err == nil && len(rows) == 0 {
		err = &desk.MissingError{Class: overviewSortingClass, ID: int64(id)}
	}
	if err != nil {
		return workspace.OverviewSorting{}, err
	}
	return rows[0], nil
}

// SortOverview gives an overview a place, or another one than before, and returns its id.
func (s Keeper) SortOverview(ctx context.Context, v workspace.OverviewSorting) (id desk.OverviewSortingID, err error) {
	err = pg.Conn(s.DB).QueryRow(ctx, `
		INSERT INTO user_overview_sortings (user_id, overview_id, prio)
		VALUES ($1, $2, $3)
		ON CONFLICT (user_id, overview_id) DO UPDATE
		SET prio = excluded.prio, updated_at = now()
		RETURNING id`, v.UserID, v.OverviewID, v.Prio).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("place of overview %d: %w", v.OverviewID, pg.Translate(err))
	}
	return id, nil
}

// SaveOverviewSorting moves the place of an overview, or gives it to another one.
func (s Keeper) SaveOverviewSorting(ctx context.Context, v workspace.OverviewSorting) error {
	return pg.Exec(ctx, s.DB, "move overview", `
		UPDATE user_overview_sortings
		SET overview_id = $2, prio = $3, updated_at = now()
		WHERE id = $1`, v.ID, v.OverviewID, v.Prio)
}

// SetOverviewOrder makes this all of the order that somebody prefers; none: that of everybody.
func (s Keeper) SetOverviewOrder(ctx context.Context, user desk.UserID, prios map[workspace.OverviewID]int) error {
	overviews, places := make([]int64, 0, len(prios)), make([]int, 0, len(prios))
	for id, prio := range prios {
		overviews, places = append(overviews, int64(id)), append(places, prio)
	}
	return pg.Exec(ctx, s.DB, "order of overviews", `
		WITH gone AS (
			DELETE FROM user_overview_sortings
			WHERE user_id = $1 AND overview_id <> ALL($2)
		)
		INSERT INTO user_overview_sortings (user_id, overview_id, prio)
		SELECT $1, id, prio
		FROM unnest($2::bigint[], $3::int[]) AS new (id, prio)
		ORDER BY prio, id
		ON CONFLICT (user_id, overview_id) DO UPDATE
		SET prio = excluded.prio, updated_at = now()`, user, overviews, places)
}

// DeleteOverviewSorting takes the place of an overview away.
func (s Keeper) DeleteOverviewSorting(ctx context.Context, id desk.OverviewSortingID) error {
	return pg.DeleteRow(ctx, s.DB, "user_overview_sortings", overviewSortingClass, int64(id))
}
