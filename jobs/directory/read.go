// Package directory has directories read: every hour, and when somebody asks for it.
package directory

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"time"

	"postroom/internal/desk"
	"postroom/internal/directorysync"
	"postroom/internal/store"
	"postroom/jobs/task"
)

// Timeout is how long one reading may take.
const Timeout = 2 * time.Hour

// Read makes users of the people in directories.
type Read struct {
	store   *store.Store
	service *directorysync.Service
	log     *slog.Logger
}

// NewRead returns the job of task.DirectoryToRead.
func NewRead(s *store.Store, service *directorysync.Service, log *slog.Logger) *Read {
	return &Read{store: s, service: service, log: log}
}

// Work reads the directories from the beginning, also when a former attempt was cut short: people who
// are users already cost little. A directory that can't be read is no failure of the work: the import
// job says why, and it is read again within the hour.
func (j *Read) Work(ctx context.Context, t task.DirectoryToRead, id desk.OutboxID) error {
	err := j.store.StartImport(ctx, t.ImportJobID)
	if errors.Is(err, desk.ErrNotFound) {
		return j.store.FinishTask(ctx, id) // it ended, or was replaced
	}
	if err != nil {
		return err
	}
	job, err := j.store.ImportJob(ctx, t.ImportJobID)
	if errors.Is(err, desk.ErrNotFound) {
		return j.store.FinishTask(ctx, id)
	}
	if err != nil {
		return err
	}
	result, problem := j.service.Read(ctx, job, func(r directorysync.Result) error {
		return j.store.NoteImport(ctx, job.ID, r.Record(), false)
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(problem, desk.ErrUnavailable) {
		return problem // of our own database
	}
	record := result.Record()
	if problem != nil {
		j.log.WarnContext(ctx, "directory can't be read", "import_job_id", job.ID, "name", job.Name, "error", problem)
		record["error"] = desk.Plain(problem.Error())
	}
	return j.finish(ctx, job.ID, id, record)
}

func (j *Read) finish(ctx context.Context, job desk.ImportJobID, id desk.OutboxID, record map[string]any) error {
	return j.store.InTx(ctx, func(tx *store.Store) error {
		if err := tx.StartTask(ctx, id); errors.Is(err, desk.ErrNotFound) {
			return nil
		} else if err != nil {
			return err
		}
		if err := tx.NoteImport(ctx, job, record, true); err != nil {
			return err
		}
		return tx.FinishTask(ctx, id)
	})
}

// GiveUp says on the import job why it ended.
func (j *Read) GiveUp(ctx context.Context, tx *store.Store, t task.DirectoryToRead, _ desk.OutboxID, reason error) error {
	job, err := tx.ImportJob(ctx, t.ImportJobID)
	if errors.Is(err, desk.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	record := maps.Clone(job.Result)
	if record == nil {
		record = map[string]any{}
	}
	record["error"] = desk.Plain(reason.Error())
	return tx.NoteImport(ctx, job.ID, record, true)
}
