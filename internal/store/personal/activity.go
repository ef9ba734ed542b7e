package personal

import (
	"context"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/desk/workspace"
	"postroom/internal/store/pg"
)

// All that one person does with one record within workspace.ActivityMerge is one activity.
const recordActivity = `
	INSERT INTO activity_stream (type, object, o_id, permission, group_id, created_by_id)
	SELECT type, object, o_id, nullif(permission, ''), nullif(group_id, 0), created_by_id
	FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::bigint[], $6::bigint[]) WITH ORDINALITY
		AS new (type, object, o_id, permission, group_id, created_by_id, position)
	WHERE NOT EXISTS (
		SELECT
		FROM activity_stream a
		WHERE a.object = new.object
			AND a.o_id = new.o_id
			AND a.created_by_id = new.created_by_id
			AND a.permission IS NOT DISTINCT FROM nullif(new.permission, '')
			AND a.created_at > now() - $7::interval
		OFFSET 0) -- looked up for each: there are a handful
	ORDER BY position`

// RecordActivities notes what somebody did, for others to see. What was noted of the same record
// and person a moment ago is not noted again.
func (s Keeper) RecordActivities(ctx context.Context, activities ...workspace.Activity) error {
	batch := &pgx.Batch{}
	QueueActivities(batch, activities...)
	return pg.Send(ctx, s.DB, batch, "note activities")
}

// QueueActivities is RecordActivities as part of a batch.
func QueueActivities(batch *pgx.Batch, activities ...workspace.Activity) {
	if len(activities) == 0 {
		return
	}
	var types, classes, permissions []string
	var oids, groups, by []int64
	for _, a := range activities {
		types, classes, permissions = append(types, a.Type), append(classes, a.Object), append(permissions, a.Permission)
		oids, groups, by = append(oids, a.OID), append(groups, int64(a.GroupID)), append(by, int64(a.CreatedByID))
	}
	batch.Queue(recordActivity, types, classes, oids, permissions, groups, by, workspace.ActivityMerge)
}

// Activity is an activity as a list shows it.
type Activity struct {
	workspace.Activity
	PermissionID *desk.PermissionID
}

// The newest of each group first, so that who reads three groups of a hundred doesn't walk through all.
const activities = `
	SELECT newest.id, newest.type, newest.object, newest.o_id, coalesce(newest.permission, '') AS permission,
		coalesce(newest.group_id, 0) AS group_id, newest.created_by_id, newest.created_at, p.id AS permission_id
	FROM (
		SELECT of_group.*
		FROM unnest($1::bigint[]) AS readable (id)
		CROSS JOIN LATERAL (
			SELECT *
			FROM activity_stream
			WHERE group_id = readable.id AND (permission IS NULL OR permission = ANY($2))
			ORDER BY id DESC
			LIMIT $3
		) of_group
		UNION ALL
		(SELECT *
		FROM activity_stream
		WHERE group_id IS NULL AND (permission IS NULL OR permission = ANY($2))
		ORDER BY id DESC
		LIMIT $3)
	) newest
	LEFT JOIN permissions p ON p.name = newest.permission
	ORDER BY newest.id DESC
	LIMIT $3`

// Activities returns what was done last, the newest first: what asks for one of the permissions or
// for none, in one of the groups or in none.
func (s Keeper) Activities(ctx context.Context, groups []desk.GroupID, permissions []string, limit int) ([]Activity, error) {
	return pg.Many[Activity](ctx, s.DB, "activities", activities, groups, permissions, limit)
}

// PurgeActivities forgets what was done more than three months ago. It returns how many.
func (s Keeper) PurgeActivities(ctx context.Context) (int, error) {
	return pg.Purge(ctx, s.DB, "activities", `
		DELETE FROM activity_stream
		WHERE id IN (
			SELECT id
			FROM activity_stream
			WHERE created_at < now() - interval '3 months'
			LIMIT $1)`)
}
