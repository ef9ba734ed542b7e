package personal

import (
	"context"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/desk/workspace"
	"postroom/internal/store/pg"
	"postroom/internal/store/table"
)

const notificationColumns = `
	SELECT n.id, n.user_id, n.type, n.object, n.o_id, n.seen, n.updated_by_id, n.created_by_id, n.created_at, n.updated_at
	FROM online_notifications n`

// OnlineNotifications returns what somebody was told, the newest first. Tickets outside of the
// groups are left out: they became unreadable.
func (s Keeper) OnlineNotifications(ctx context.Context, user desk.UserID, groups []desk.GroupID, page table.Page) ([]workspace.OnlineNotification, error) {
	return pg.Many[workspace.OnlineNotification](ctx, s.DB, "online notifications", notificationColumns+`
		WHERE n.user_id = $1
			AND (n.object <> 'Ticket' OR EXISTS (SELECT FROM tickets t WHERE t.id = n.o_id AND t.group_id = ANY($2)))
		ORDER BY n.id DESC
		LIMIT $3
		OFFSET $4`, user, groups, page.Limit, page.Offset)
}

// OnlineNotification returns one of them, or a *desk.MissingError.
func (s Keeper) OnlineNotification(ctx context.Context, id workspace.OnlineNotificationID) (workspace.OnlineNotification, error) {
	return pg.One[workspace.OnlineNotification](ctx, s.DB, notificationColumns+` WHERE n.id = $1`, "OnlineNotification", int64(id))
}

const insertNotifications = `
	INSERT INTO online_notifications (user_id, type, object, o_id, seen, updated_by_id, created_by_id)
	SELECT user_id, type, object, o_id, seen, by, by
	FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::boolean[], $6::bigint[]) WITH ORDINALITY
		AS new (user_id, type, object, o_id, seen, by, position)
	ORDER BY position`

// What is told again takes the place of what was told before.
const replaceNotifications = `
	DELETE FROM online_notifications n
	USING unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[]) AS new (user_id, type, object, o_id)
	WHERE n.user_id = new.user_id
		AND n.object = new.object
		AND n.o_id = new.o_id
		AND (n.type = 'reminder_reached' AND new.type = 'reminder_reached'
			OR n.type IN ('escalation', 'escalation_warning') AND new.type IN ('escalation', 'escalation_warning'))`

// InsertOnlineNotifications tells people something. A reminder takes the place of the one before it,
// and so does an escalation or the warning of one.
func (s Keeper) InsertOnlineNotifications(ctx context.Context, notifications ...workspace.OnlineNotification) error {
	if len(notifications) == 0 {
		return nil
	}
	var types, classes []string
	var users, oids, by []int64
	var seen []bool
	for _, n := range notifications {
		types, classes, seen = append(types, n.Type), append(classes, n.Object), append(seen, n.Seen)
		users, oids, by = append(users, int64(n.UserID)), append(oids, n.OID), append(by, int64(n.CreatedByID))
	}
	batch := &pgx.Batch{}
	batch.Queue(replaceNotifications, users, types, classes, oids)
	batch.Queue(insertNotifications, users, types, classes, oids, seen, by)
	return pg.Send(ctx, s.DB, batch, "online notifications")
}

// SetNotificationSeen says whether somebody has seen what he was told.
func (s Keeper) SetNotificationSeen(ctx context.Context, id workspace.OnlineNotificationID, seen bool, by desk.UserID) error {
	return pg.Exec(ctx, s.DB, "online notification seen", `
		UPDATE online_notifications
		SET seen = $2, updated_by_id = $3, updated_at = clock_timestamp()
		WHERE id = $1`, id, seen, by)
}

// SetAllNotificationsSeen makes somebody have seen all there is.
func (s Keeper) SetAllNotificationsSeen(ctx context.Context, user desk.UserID) error {
	return pg.Exec(ctx, s.DB, "online notifications seen", `
		UPDATE online_notifications
		SET seen = true, updated_by_id = $1, updated_at = clock_timestamp()
		WHERE user_id = $1 AND NOT seen`, user)
}

// SetRecordsSeen marks what everybody was told of some records as seen: somebody took care of them.
func (s Keeper) SetRecordsSeen(ctx context.Context, object string, ids []int64, by desk.UserID) error {
	return pg.Exec(ctx, s.DB, "notifications of records seen", `
		UPDATE online_notifications
		SET seen = true, updated_by_id = $3, updated_at = clock_timestamp()
		WHERE id IN (
			SELECT id
			FROM online_notifications
			WHERE object = $1 AND o_id = ANY($2) AND NOT seen
			ORDER BY id
			FOR UPDATE)`, object, ids, by)
}

// DeleteOnlineNotification deletes one of them, or returns a *desk.MissingError.
func (s Keeper) DeleteOnlineNotification(ctx context.Context, id workspace.OnlineNotificationID) error {
	return pg.DeleteRow(ctx, s.DB, "online_notifications", "OnlineNotification", int64(id))
}

// PurgeOnlineNotifications forgets what was told nine months ago, what its reader saw ten minutes ago,
// and what was settled for him eight hours ago. It returns how many.
func (s Keeper) PurgeOnlineNotifications(ctx context.Context) (int, error) {
	return pg.Purge(ctx, s.DB, "online notifications", `
		DELETE FROM online_notifications
		WHERE id IN (
			SELECT id
			FROM online_notifications
			WHERE created_at < now() - interval '9 months'
				OR seen AND updated_at < now() - interval '10 minutes' AND updated_by_id = user_id
				OR seen AND updated_at < now() - interval '8 hours'
			LIMIT $1)`)
}
