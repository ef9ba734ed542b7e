package helpdesks

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
	"postroom/jobs/task"
)

const runs = `
	SELECT id, source, stage, cursor, result, error, started_at, finished_at, created_at, updated_at
	FROM helpdesk_imports`

// HelpdeskImport returns one run, or a *desk.MissingError.
func (s Keeper) HelpdeskImport(ctx context.Context, id desk.HelpdeskImportID) (desk.HelpdeskImport, error) {
	return pg.One[desk.HelpdeskImport](ctx, s.DB, runs+` WHERE id = $1`, "ImportJob", int64(id))
}

// LockHelpdeskImport is HelpdeskImport for a transaction that takes it further.
func (s Keeper) LockHelpdeskImport(ctx context.Context, id desk.HelpdeskImportID) (desk.HelpdeskImport, error) {
	return pg.One[desk.HelpdeskImport](ctx, s.DB, runs+` WHERE id = $1 FOR UPDATE`, "ImportJob", int64(id))
}

// LastHelpdeskImport returns the newest run of a source, of any source if it is empty; desk.ErrNotFound: there is none.
func (s Keeper) LastHelpdeskImport(ctx context.Context, source string) (desk.HelpdeskImport, error) {
	rows, _ := pg.Conn(s.DB).Query(ctx, runs+` WHERE $1 = '' OR source = $1 ORDER BY id DESC LIMIT 1`, source)
	run, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[desk.HelpdeskImport])
	if err != nil {
		return desk.HelpdeskImport{}, fmt.Errorf("last import: %w", pg.Translate(err))
	}
	return run, nil
}

// A run that ended early is taken up where it ended, with all that was counted until then.
const takeUp = `
	UPDATE helpdesk_imports
	SET finished_at = NULL, error = '', updated_at = now()
	WHERE id = (SELECT max(id) FROM helpdesk_imports WHERE source = $1) AND error <> ''
	RETURNING id`

const beginRun = `
	INSERT INTO helpdesk_imports (source)
	VALUES ($1)
	RETURNING id`

// BeginHelpdeskImport announces a run. One of the source that goes on is left to go on, and one that
// ended early is taken up; while another source is imported it returns desk.ErrConflict.
func (s Keeper) BeginHelpdeskImport(ctx context.Context, source string) (id desk.HelpdeskImportID, err error) {
	err = s.inTx(ctx, func(tx Keeper) error {
		if err := pg.Exec(ctx, tx.DB, "lock imports", `LOCK TABLE helpdesk_imports IN SHARE ROW EXCLUSIVE MODE`); err != nil {
			return err
		}
		running, err := pg.Many[desk.HelpdeskImport](ctx, tx.DB, "running import", runs+` WHERE finished_at IS NULL`)
		if err != nil {
			return err
		}
		if len(running) > 0 {
			if id = running[0].ID; running[0].Source != source {
				return fmt.Errorf("import of %s is running: %w", running[0].Source, desk.ErrConflict)
			}
			return tx.wakeRun(ctx, id)
		}
		id, err = pg.Value[desk.HelpdeskImportID](ctx, tx.DB, "take up import", takeUp, source)
		if errors.Is(err, desk.ErrNotFound) {
			id, err = pg.Value[desk.HelpdeskImportID](ctx, tx.DB, "begin import", beginRun, source)
		}
		if err != nil {
			return err
		}
		return tx.Announce(ctx, task.HelpdeskToImport{HelpdeskImportID: id})
	})
	return id, err
}

// SaveHelpdeskImport stores how far a run got.
func (s Keeper) SaveHelpdeskImport(ctx context.Context, run desk.HelpdeskImport) error {
	return pg.Exec(ctx, s.DB, "save import", `
		UPDATE helpdesk_imports
		SET stage = $2, cursor = $3, result = $4, error = $5, started_at = coalesce(started_at, now()), finished_at = $6, updated_at = now()
		WHERE id = $1`, run.ID, run.Stage, run.Cursor, run.Result, run.Error, run.FinishedAt)
}

// wakeRun announces a run that goes on, if nothing waits to do so: somebody dropped its work.
func (s Keeper) wakeRun(ctx context.Context, id desk.HelpdeskImportID) error {
	work := task.HelpdeskToImport{HelpdeskImportID: id}
	waiting, err := pg.Value[bool](ctx, s.DB, "work of import", `
		SELECT EXISTS (SELECT FROM outbox WHERE kind = $1 AND dead_at IS NULL)`, work.Kind())
	if err != nil || waiting {
		return err
	}
	return s.Announce(ctx, work)
}
