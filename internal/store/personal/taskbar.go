package personal

import (
	"context"
	"fmt"

	"postroom/internal/desk"
	"postroom/internal/desk/workspace"
	"postroom/internal/store/pg"
)

const taskbarColumns = `
	SELECT id, user_id, app, key, callback, client_id, params, state, preferences, prio, notify, active, last_contact, created_at, updated_at
	FROM taskbars`

// maxTaskbars bounds how many tabs somebody has open.
const maxTaskbars = 1000

// Taskbars returns somebody's open tabs in their order.
func (s Keeper) Taskbars(ctx context.Context, user desk.UserID) ([]workspace.Taskbar, error) {
	return pg.Many[workspace.Taskbar](ctx, s.DB, "open tabs", taskbarColumns+`
		WHERE user_id = $1
		ORDER BY prio, id
		LIMIT $2`, user, maxTaskbars)
}

// Taskbar returns one open tab, or a *desk.MissingError.
func (s Keeper) Taskbar(ctx context.Context, id workspace.TaskbarID) (workspace.Taskbar, error) {
	return pg.One[workspace.Taskbar](ctx, s.DB, taskbarColumns+` WHERE id = $1`, "Taskbar", int64(id))
}

// LockTaskbar is Taskbar for a transaction that is going to change it.
func (s Keeper) LockTaskbar(ctx context.Context, id workspace.TaskbarID) (workspace.Taskbar, error) {
	return pg.One[workspace.Taskbar](ctx, s.DB, taskbarColumns+` WHERE id = $1 FOR NO KEY UPDATE`, "Taskbar", int64(id))
}

func taskbarValues(v workspace.Taskbar) []any {
	return []any{
		v.App, v.Key, v.Callback, v.ClientID, pg.Object(v.Params), pg.Object(v.State), pg.Object(v.Preferences), v.Prio, v.Notify, v.Active,
	}
}

// InsertTaskbar opens a tab and fills its id. It returns desk.ErrConflict if its user has it open
// already, and an *desk.InvalidError if there are too many.
func (s Keeper) InsertTaskbar(ctx context.Context, v *workspace.Taskbar) error {
	open, err := pg.Count(ctx, s.DB, `SELECT FROM taskbars WHERE user_id = $1 LIMIT $2`, v.UserID, maxTaskbars)
	if err != nil {
		return err
	}
	if open >= maxTaskbars {
		return &desk.InvalidError{Field: "key", Reason: fmt.Sprintf("Not more than %d tabs can be open.", maxTaskbars)}
	}
	err = pg.Conn(s.DB).QueryRow(ctx, `
		INSERT INTO taskbars (app, key, callback, client_id, params, state, preferences, prio, notify, active, user_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		RETURNING id`, append(taskbarValues(*v), v.UserID)...).Scan(&v.ID)
	if err != nil {
		return fmt.Errorf("open tab: %w", pg.Translate(err))
	}
	return nil
}

// SaveTaskbar stores a changed tab.
func (s Keeper) SaveTaskbar(ctx context.Context, v workspace.Taskbar) error {
	return pg.Exec(ctx, s.DB, "save tab", `
		UPDATE taskbars
		SET app = $1, key = $2, callback = $3, client_id = $4, params = $5, state = $6, preferences = $7, prio = $8, notify = $9,
			active = $10, last_contact = clock_timestamp(), updated_at = clock_timestamp()
		WHERE id = $11`, append(taskbarValues(v), v.ID)...)
}

// DeleteTaskbar closes a tab, or returns a *desk.MissingError.
func (s Keeper) DeleteTaskbar(ctx context.Context, id workspace.TaskbarID) error {
	return pg.DeleteRow(ctx, s.DB, "taskbars", "Taskbar", int64(id))
}

// PurgeTaskbars closes tabs of phones that nobody looked at for a day. It returns how many.
func (s Keeper) PurgeTaskbars(ctx context.Context) (int, error) {
	return pg.Purge(ctx, s.DB, "unused tabs", `
		DELETE FROM taskbars
		WHERE id IN (
			SELECT id
			FROM taskbars
			WHERE app = 'mobile' AND last_contact < now() - interval '1 day'
			LIMIT $1)`)
}
