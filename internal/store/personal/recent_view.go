package personal

import (
	"context"

	"postroom/internal/desk"
	"postroom/internal/desk/workspace"
	"postroom/internal/store/pg"
	"postroom/internal/store/table"
)

// View notes that somebody looked at a record.
func (s Keeper) View(ctx context.Context, user desk.UserID, class string, oid int64) error {
	return pg.Exec(ctx, s.DB, "note view", `
		INSERT INTO recent_views (created_by_id, object, o_id)
		VALUES ($1, $2, $3)
		ON CONFLICT (created_by_id, object, o_id) DO UPDATE SET created_at = clock_timestamp()`, user, class, oid)
}

// RecentViews returns what somebody looked at last, the newest first.
func (s Keeper) RecentViews(ctx context.Context, user desk.UserID, page table.Page) ([]workspace.RecentView, error) {
	return pg.Many[workspace.RecentView](ctx, s.DB, "recent views", `
		SELECT id, object, o_id, created_by_id, created_at
		FROM recent_views
		WHERE created_by_id = $1
		ORDER BY created_at DESC, id DESC
		LIMIT $2
		OFFSET $3`, user, page.Limit, page.Offset)
}

// PurgeRecentViews forgets what nobody looked at for three months. It returns how many.
func (s Keeper) PurgeRecentViews(ctx context.Context) (int, error) {
	return pg.Purge(ctx, s.DB, "recent views", `
		DELETE FROM recent_views
		WHERE id IN (
			SELECT id
			FROM recent_views
			WHERE created_at < now() - interval '3 months'
			LIMIT $1)`)
}
