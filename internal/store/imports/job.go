package imports

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
	"postroom/internal/store/seal"
	"postroom/jobs/task"
)

const importJobs = `
	SELECT id, name, dry_run, payload, result, started_at, finished_at, created_at, updated_at
	FROM import_jobs`

// classImportJob is what answers call such a record.
const classImportJob = "ImportJob"

// ImportJob returns one reading with the secrets in its payload in clear, or a *desk.MissingError.
func (s Keeper) ImportJob(ctx context.Context, id desk.ImportJobID) (desk.ImportJob, error) {
	job, err := pg.One[desk.ImportJob](ctx, s.DB, importJobs+` WHERE id = $1`, classImportJob, int64(id))
	if err != nil {
		return desk.ImportJob{}, err
	}
	if job.Payload, err = seal.Each(job.Payload, pg.Sealer(s.DB).Open); err != nil {
		return desk.ImportJob{}, fmt.Errorf("import job %d: %w", id, err)
	}
	return job, nil
}

// LastImportJob returns the reading that goes on or, if ended is set, else the one that ended last,
// secrets sealed. There may be none: desk.ErrNotFound.
func (s Keeper) LastImportJob(ctx context.Context, name string, dryRun, ended bool) (desk.ImportJob, error) {
	rows, _ := pg.Conn(s.DB).Query(ctx, importJobs+`
		WHERE name = $1 AND dry_run = $2 AND ($3 OR finished_at IS NULL)
		ORDER BY finished_at IS NULL DESC, id DESC
		LIMIT 1`, name, dryRun, ended)
	job, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[desk.ImportJob])
	if err != nil {
		return desk.ImportJob{}, fmt.Errorf("import job of %s: %w", name, pg.Translate(err))
	}
	return job, nil
}

// BeginImport announces a reading unless one of its kind goes on already. A dry run that goes on gives
// way to the new one: what it tries may have been typed differently since.
func (s Keeper) BeginImport(ctx context.Context, name string, dryRun bool, payload map[string]any) error {
	sealed, err := seal.Each(payload, pg.Sealer(s.DB).Seal)
	if err != nil {
		return fmt.Errorf("begin import: %w", err)
	}
	return s.inTx(ctx, func(tx Keeper) error {
		if dryRun {
			if err := pg.Exec(ctx, tx.DB, "former dry run", `DELETE FROM import_jobs WHERE name = $1 AND dry_run`, name); err != nil {
				return err
			}
		}
		_, err := tx.announceImport(ctx, `
			INSERT INTO import_jobs (name, dry_run, payload)
			VALUES ($1, $2, $3)
			ON CONFLICT DO NOTHING
			RETURNING id`, name, dryRun, pg.Object(sealed))
		return err
	})
}

// AnnounceImport announces a reading if the last one began an hour ago. It reports whether it did.
func (s Keeper) AnnounceImport(ctx context.Context, name string) (announced bool, err error) {
	err = s.inTx(ctx, func(tx Keeper) error {
		announced, err = tx.announceImport(ctx, `
			INSERT INTO import_jobs (name)
			SELECT $1
			WHERE NOT EXISTS (SELECT FROM import_jobs WHERE name = $1 AND NOT dry_run AND created_at > now() - interval '55 minutes')
			ON CONFLICT DO NOTHING
			RETURNING id`, name)
		return err
	})
	return announced, err
}

func (s Keeper) announceImport(ctx context.Context, sql string, args ...any) (bool, error) {
	var id desk.ImportJobID
	err := pg.Conn(s.DB).QueryRow(ctx, sql, args...).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("begin import: %w", pg.Translate(err))
	}
	return true, s.Announce(ctx, task.DirectoryToRead{ImportJobID: id})
}

// StartImport notes that a reading has begun. It returns desk.ErrNotFound for one that ended or is gone.
func (s Keeper) StartImport(ctx context.Context, id desk.ImportJobID) error {
	_, err := pg.Value[bool](ctx, s.DB, "start import", `
		UPDATE import_jobs
		SET started_at = coalesce(started_at, now()), updated_at = now()
		WHERE id = $1 AND finished_at IS NULL
		RETURNING true`, id)
	return err
}

// NoteImport stores how far a reading got, and if ended is set that this was all of it. Its secrets
// are not needed any more then.
func (s Keeper) NoteImport(ctx context.Context, id desk.ImportJobID, result map[string]any, ended bool) error {
	return pg.Exec(ctx, s.DB, "note import", `
		UPDATE import_jobs
		SET result = $2, updated_at = now(), finished_at = CASE WHEN $3 THEN now() END, payload = CASE WHEN $3 THEN '{}' ELSE payload END
		WHERE id = $1 AND finished_at IS NULL`, id, pg.Object(result), ended)
}

// PurgeImports deletes readings that are a month old, but for the newest. It returns how many.
func (s Keeper) PurgeImports(ctx context.Context) (int, error) {
	return pg.Purge(ctx, s.DB, "import jobs", `
		DELETE FROM import_jobs
		WHERE id IN (
			SELECT id
			FROM import_jobs j
			WHERE finished_at < now() - interval '30 days'
				AND id < (SELECT max(id) FROM import_jobs WHERE name = j.name AND dry_run = j.dry_run)
			LIMIT $1)`)
}
