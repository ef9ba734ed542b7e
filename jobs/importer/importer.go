// Package importer takes another helpdesk over in the background, a turn at a time.
package importer

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"postroom/internal/desk"
	"postroom/internal/importer"
	"postroom/internal/importer/source"
	"postroom/internal/store"
	"postroom/jobs/task"
)

// Timeout is the time that one turn may take: a page of tickets has many files.
const Timeout = 15 * time.Minute

// turn is after what time other work of the queue has its turn.
const turn = 20 * time.Second

// Run is the job of task.HelpdeskToImport.
type Run struct {
	store    *store.Store
	importer *importer.Importer
	log      *slog.Logger
}

// New returns the job.
func New(s *store.Store, i *importer.Importer, log *slog.Logger) *Run { return &Run{s, i, log} }

// Work takes a run further and announces that it goes on. While the helpdesk trips over something it is
// tried again, and a run that nothing but a change of settings can help ends early.
func (j *Run) Work(ctx context.Context, t task.HelpdeskToImport, id desk.OutboxID) error {
	done, err := j.importer.Advance(ctx, t.HelpdeskImportID, time.Now().Add(turn))
	later, rests := errors.AsType[*source.Later](err)
	switch {
	case rests:
		j.log.InfoContext(ctx, "the helpdesk that is imported wants a rest", "helpdesk_import_id", t.HelpdeskImportID, "rest", later.After)
		return j.end(ctx, id, func(tx *store.Store) error { return tx.AnnounceAt(ctx, new(time.Now().Add(later.After)), t) })
	case errors.Is(err, desk.ErrNotFound), err == nil && done:
		return j.end(ctx, id, func(*store.Store) error { return nil })
	case err != nil && importer.Hopeless(err):
		j.log.WarnContext(ctx, "import ended early", "helpdesk_import_id", t.HelpdeskImportID, "error", err)
		defer j.store.ForgetCatalog()
		return j.end(ctx, id, func(tx *store.Store) error { return importer.GiveUp(ctx, tx, t.HelpdeskImportID, err) })
	case err != nil:
		return err
	}
	return j.end(ctx, id, func(tx *store.Store) error { return tx.Announce(ctx, t) })
}

// end ends a piece of work with what follows from it.
func (j *Run) end(ctx context.Context, id desk.OutboxID, follow func(tx *store.Store) error) error {
	return j.store.InTx(ctx, func(tx *store.Store) error {
		if err := tx.StartTask(ctx, id); errors.Is(err, desk.ErrNotFound) {
			return nil // somebody else goes on with it
		} else if err != nil {
			return err
		}
		if err := follow(tx); err != nil {
			return err
		}
		return tx.FinishTask(ctx, id)
	})
}

// GiveUp says in the run why it ended early, and ends the work: whoever begins the import again takes
// the run up where it ended.
func (j *Run) GiveUp(ctx context.Context, tx *store.Store, t task.HelpdeskToImport, id desk.OutboxID, reason error) error {
	if err := importer.GiveUp(ctx, tx, t.HelpdeskImportID, reason); err != nil {
		return err
	}
	return tx.FinishTask(ctx, id)
}
