// Package importer takes another helpdesk over: what a source reads becomes records of ours.
//
// A run goes on in steps, a transaction each, that end with the position in the source. What a
// record became is remembered, so that neither a restart nor a second run makes anything twice.
// Nothing of it is announced: no rule acts on history, and nobody is told of it.
package importer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"time"

	"postroom/internal/blob"
	"postroom/internal/desk"
	"postroom/internal/egress"
	"postroom/internal/importer/source"
	"postroom/internal/store"
)

// Importer takes other helpdesks over.
type Importer struct {
	store  *store.Store
	blobs  *blob.Store
	client *http.Client
	log    *slog.Logger
}

// New returns an Importer that asks no addresses but those a policy permits.
func New(s *store.Store, blobs *blob.Store, policy egress.Policy, log *slog.Logger) *Importer {
	return &Importer{s, blobs, Client(policy), log}
}

// Client returns what helpdesks are asked with.
func Client(policy egress.Policy) *http.Client {
	const redirects, patience = 4, 90 * time.Second // files may be large, and lie elsewhere
	return policy.Client(egress.Options{Timeout: patience, Redirects: redirects})
}

// errElsewhere says that another process took the run further meanwhile.
var errElsewhere = errors.New("another process goes on with this import")

// Advance takes a run further until it is done or the time has come. A *source.Later says when the
// helpdesk wants to be asked again.
func (i *Importer) Advance(ctx context.Context, id desk.HelpdeskImportID, until time.Time) (done bool, err error) {
	run, err := i.store.HelpdeskImport(ctx, id)
	if err != nil || run.FinishedAt != nil {
		return run.FinishedAt != nil, err
	}
	i.store.ForgetCatalog()
	c, err := i.store.Catalog(ctx)
	if err != nil {
		return false, err
	}
	src, err := Open(run.Source, c.Settings, i.client)
	if err != nil {
		return false, err
	}
	for stages := src.Stages(); ; {
		if run.Stage >= len(stages) {
			return true, i.finish(ctx, run, src)
		}
		if !time.Now().Before(until) {
			return false, nil
		}
		run, err = i.page(ctx, run, src, stages[run.Stage], until)
		if errors.Is(err, errElsewhere) {
			return false, nil
		}
		if err != nil {
			return false, fmt.Errorf("import of %s: %w", run.Source, err)
		}
	}
}

// page takes a page over, or as much of it as there is time for. It returns where the run is then.
func (i *Importer) page(ctx context.Context, run desk.HelpdeskImport, src source.Source, stage source.Stage, until time.Time) (desk.HelpdeskImport, error) {
	if stage != source.Fields && run.Cursor == "" {
		if err := i.migrate(ctx, run); err != nil {
			return run, err
		}
	}
	page, err := src.Read(ctx, stage, run.Cursor)
	if err != nil {
		return run, fmt.Errorf("%s: %w", stage, err)
	}
	if stage == source.Tickets {
		rest, err := i.ticketsOf(ctx, &run, src, page, until)
		if err != nil || rest {
			return run, err
		}
	}
	err = i.step(ctx, &run, func(w *writer) error {
		if err := w.records(ctx, page); err != nil {
			return err
		}
		w.note(stage, page)
		w.run.Cursor = page.Next
		if page.Next == "" {
			w.run.Stage++
		}
		return nil
	})
	i.store.ForgetCatalog() // it has new groups, states, fields
	return run, err
}

// migrate makes attributes of imported fields part of records before the first of these is written. It
// builds indexes, which no transaction can.
func (i *Importer) migrate(ctx context.Context, run desk.HelpdeskImport) error {
	c, err := i.store.Catalog(ctx)
	if err != nil {
		return err
	}
	imported, err := i.store.ImportedFields(ctx, run.Source)
	if err != nil {
		return err
	}
	ours := slices.Collect(maps.Values(imported))
	for _, attributes := range c.Attributes {
		if slices.ContainsFunc(attributes, func(a desk.Attribute) bool { return a.ToCreate && slices.Contains(ours, a.ID) }) {
			return i.store.MigrateAttributes(ctx, desk.SystemUser)
		}
	}
	return nil
}

// step writes in one transaction, and stores how far the run got. It returns errElsewhere when the
// run is not any more where we took it up.
func (i *Importer) step(ctx context.Context, run *desk.HelpdeskImport, write func(w *writer) error) error {
	c, err := i.store.Catalog(ctx)
	if err != nil {
		return err
	}
	var failures []desk.ImportFailure
	err = i.store.InTx(ctx, func(tx *store.Store) error {
		now, err := tx.LockHelpdeskImport(ctx, run.ID)
		if err != nil {
			return err
		}
		if now.FinishedAt != nil || now.Stage != run.Stage || now.Cursor != run.Cursor {
			return errElsewhere
		}
		w := &writer{tx: tx, run: &now, catalog: c, blobs: i.blobs}
		if err := write(w); err != nil {
			return err
		}
		if err := tx.NoteFailures(ctx, now, w.failures); err != nil {
			return err
		}
		if err := tx.SaveHelpdeskImport(ctx, now); err != nil {
			return err
		}
		*run, failures = now, w.failures
		return nil
	})
	if err != nil {
		return err
	}
	for _, f := range failures {
		i.log.WarnContext(ctx, "record of other helpdesk not taken over", "helpdesk_import_id", run.ID, "object", f.Object,
			"source_id", f.SourceID, "reason", f.Reason)
	}
	return nil
}

// finish ends a run: work begins.
func (i *Importer) finish(ctx context.Context, run desk.HelpdeskImport, src source.Source) error {
	owner, err := src.Owner(ctx)
	if err != nil {
		return fmt.Errorf("whose credentials: %w", err)
	}
	err = i.step(ctx, &run, func(w *writer) error {
		if err := w.letIn(ctx, owner); err != nil {
			return err
		}
		now := time.Now().UTC()
		w.run.FinishedAt = &now
		if err := w.tx.PutSettingValue(ctx, "system_init_done", true); err != nil {
			return err
		}
		return w.tx.PutSettingValue(ctx, "import_mode", false)
	})
	if errors.Is(err, errElsewhere) {
		return nil
	}
	i.store.ForgetCatalog()
	if err == nil {
		i.log.InfoContext(ctx, "another helpdesk was taken over", "source", run.Source, "helpdesk_import_id", run.ID)
	}
	return err
}

// Begin lets a run of a source begin, or go on where the last one ended early. Nobody is told of
// anything until it has ended.
func Begin(ctx context.Context, s *store.Store, name string) (id desk.HelpdeskImportID, err error) {
	err = s.InTx(ctx, func(tx *store.Store) error {
		if id, err = tx.BeginHelpdeskImport(ctx, name); err != nil {
			return err
		}
		if err := tx.PutSettingValue(ctx, "import_mode", true); err != nil {
			return err
		}
		return tx.PutSettingValue(ctx, "import_backend", name)
	})
	s.ForgetCatalog()
	if errors.Is(err, desk.ErrConflict) {
		err = &desk.InvalidError{Field: "import_backend", Reason: "Another helpdesk is being imported."}
	}
	return id, err
}

// GiveUp ends a run early, in a transaction. Begin takes it up again.
func GiveUp(ctx context.Context, tx *store.Store, id desk.HelpdeskImportID, reason error) error {
	run, err := tx.LockHelpdeskImport(ctx, id)
	if errors.Is(err, desk.ErrNotFound) || err == nil && run.FinishedAt != nil {
		return nil
	}
	if err != nil {
		return err
	}
	now := time.Now().UTC()
	run.Error, run.FinishedAt = desk.Plain(reason.Error()), &now
	if err := tx.SaveHelpdeskImport(ctx, run); err != nil {
		return err
	}
	return tx.PutSettingValue(ctx, "import_mode", false)
}

// Hopeless reports whether an import can't go on without somebody who changes something.
func Hopeless(err error) bool {
	_, refused := errors.AsType[*source.Refused](err)
	return refused || errors.Is(err, egress.ErrPrivate) || errors.Is(err, source.ErrAddress) || desk.Permanent(err)
}
