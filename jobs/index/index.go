// Package index keeps the documents of a search engine up to date.
//
// In come changes that the database noted, out go documents: of each record that changed one, however
// often it did. What an engine has no room for waits and comes again; a document never overwrites a
// newer one. The same writer fills new indexes from the beginning. How a document looks is for package
// document, how an engine is spoken to for package elastic.
package index

import (
	"context"
	"errors"
	"time"

	"postroom/channels"
	"postroom/internal/desk"
	"postroom/internal/elastic"
	"postroom/internal/pause"
	"postroom/internal/store"
	"postroom/internal/store/indexing"
	"postroom/jobs/task"
)

// Changes is the job of task.SearchChanged.
type Changes struct{ *Writer }

// NewChanges returns the job.
func NewChanges(w *Writer) *Changes { return &Changes{w} }

const (
	// Timeout is the time that one attempt may take.
	Timeout = 5 * time.Minute
	// settle is how long we wait for more changes of the same records, before we say that we began.
	settle = 400 * time.Millisecond
	// atOnce is how many changes are claimed together: the more, the more of them are of the same records.
	atOnce = 4000
	// spreadAtOnce is how many documents what people change has to wait for, when very many are written
	// again because a group is called otherwise.
	spreadAtOnce = 400
	// claimFor is how long nobody else works on them. Whoever does after that does no harm.
	claimFor = 2 * time.Minute
	// workFor is how long one attempt goes on taking more.
	workFor = time.Minute
	// engineAway is how long we leave an engine alone that does not answer.
	engineAway = 3 * time.Second
	// engineRefuses is how long we leave one alone that refuses everything, until somebody looks into it.
	engineRefuses = time.Minute
	noteSpan      = 5 * time.Second
)

// Work writes documents until nothing is left to do. While the engine does not answer everything
// stays as it is, and the attempt does not count.
func (j *Changes) Work(ctx context.Context, _ task.SearchChanged, id desk.OutboxID) error {
	// Whoever changes something now finds this row waiting, and leaves no other.
	if !pause.For(ctx, settle) {
		return ctx.Err()
	}
	if err := j.store.ClaimTask(ctx, id, Timeout); errors.Is(err, desk.ErrNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	more, err := j.drain(ctx)
	if err != nil {
		note, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteSpan)
		defer cancel()
		switch {
		case ctx.Err() != nil:
		case errors.Is(err, desk.ErrUnavailable):
			err = &channels.LaterError{After: engineAway, Err: errors.New(err.Error())}
		case desk.Permanent(err): // whoever gave up here would be woken again at once, for what is still to be done
			j.log.ErrorContext(ctx, "the search engine refuses all changes, trying again", "error", err)
			err = &channels.LaterError{After: engineRefuses, Err: errors.New(err.Error())}
		}
		return errors.Join(err, j.store.ReleaseTask(note, id))
	}
	if more {
		return j.store.PassOn(ctx, id, task.SearchChanged{})
	}
	return j.store.FinishTask(ctx, id)
}

// drain reports whether there is more to do than time.
func (j *Changes) drain(ctx context.Context) (more bool, err error) {
	for until := time.Now().Add(workFor); time.Now().Before(until); {
		more, err := j.batch(ctx)
		if err != nil || !more {
			return false, err
		}
	}
	return true, nil
}

// batch writes the documents of the records that changed first, and reports whether there may be
// more. If it fails, their changes are left to whoever comes next.
func (j *Changes) batch(ctx context.Context) (more bool, err error) {
	changes, err := j.store.ClaimSearchChanges(ctx, atOnce, spreadAtOnce, claimFor)
	if err != nil || len(changes) == 0 {
		return false, err
	}
	var rows []int64
	for _, c := range changes {
		rows = append(rows, c.Rows...)
	}
	if err := j.writeAll(ctx, byObject(changes, false)); err != nil {
		note, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteSpan)
		defer cancel()
		return false, errors.Join(err, j.store.ReleaseSearchChanges(note, rows))
	}
	wide := byObject(changes, true)
	err = j.store.InTx(ctx, func(tx *store.Store) error {
		for object, ids := range wide {
			if err := tx.SpreadSearchChange(ctx, object, ids); err != nil {
				return err
			}
		}
		return tx.FinishSearchChanges(ctx, rows)
	})
	return len(rows) >= spreadAtOnce || len(wide) > 0, err
}

// writeAll writes the documents of records into all indexes that are kept up to date.
func (j *Changes) writeAll(ctx context.Context, records map[string][]int64) error {
	out, err := j.open(ctx)
	if err != nil || out.client == nil { // whoever connects an engine again fills it anew
		return err
	}
	if err := out.toServed(ctx); err != nil {
		return err
	}
	return out.writeAll(ctx, records)
}

// byObject sorts records by kind: all of them, or those whose holders change too.
func byObject(changes []indexing.SearchChange, wide bool) map[string][]int64 {
	sorted := map[string][]int64{}
	for _, c := range changes {
		if c.Wide || !wide {
			sorted[c.Object] = append(sorted[c.Object], c.ObjectID)
		}
	}
	return sorted
}

// engineNow returns the client of the engine, nil if there is none, and the catalog as it is now: a
// document is not made of a group as it was called a second ago.
func (w *Writer) engineNow(ctx context.Context) (*elastic.Client, *desk.Catalog, error) {
	w.store.ForgetCatalog()
	c, err := w.store.Catalog(ctx)
	if err != nil {
		return nil, nil, err
	}
	client, err := w.engine.Client(c.Settings)
	return client, c, err
}
