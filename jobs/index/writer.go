package index

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"postroom/internal/blob"
	"postroom/internal/desk"
	"postroom/internal/document"
	"postroom/internal/elastic"
	"postroom/internal/extract"
	"postroom/internal/pause"
	"postroom/internal/store"
)

// Writer writes documents.
type Writer struct {
	store   *store.Store
	blobs   *blob.Store
	engine  *elastic.Engine
	extract *extract.Extractor
	log     *slog.Logger
}

// NewWriter returns a writer. It connects to nothing.
func NewWriter(s *store.Store, blobs *blob.Store, engine *elastic.Engine, extractor *extract.Extractor, log *slog.Logger) *Writer {
	return &Writer{store: s, blobs: blobs, engine: engine, extract: extractor, log: log}
}

// Bounds on one bulk, and on how many the engine writes while the next one is made.
const (
	bulkBytes   = 2 << 20
	bulkOps     = 1000
	bulksAtOnce = 2
)

// outlet is where documents go that were read together: they have one version.
type outlet struct {
	*Writer
	client  *elastic.Client // nil: there is no engine
	catalog *desk.Catalog
	terms   *document.Terms
	targets map[string][]string // indexes by kind
	version int64

	ops      []elastic.Op
	size     int
	bulks    errgroup.Group // on their way
	failed   atomic.Bool    // one of them did
	written  atomic.Int64
	rejected atomic.Int64
}

// open prepares an outlet. What its documents are made of is read after their version was drawn: all
// that was committed before is in them, and what is committed later comes with a later version.
func (w *Writer) open(ctx context.Context) (*outlet, error) {
	out := &outlet{Writer: w}
	out.bulks.SetLimit(bulksAtOnce)
	var err error
	if out.version, err = w.store.SearchVersion(ctx); err != nil {
		return nil, err
	}
	if out.client, out.catalog, err = w.engineNow(ctx); err != nil || out.client == nil {
		return out, err
	}
	terms, err := w.store.SearchTerms(ctx)
	if err != nil {
		return nil, err
	}
	out.terms = document.NewTerms(out.catalog, terms.StateTypes, terms.Signatures, terms.Since)
	return out, nil
}

// toServed lets documents go to every index that is kept up to date.
func (o *outlet) toServed(ctx context.Context) error {
	indexes, err := o.store.SearchIndexes(ctx, o.client.Alias(""))
	if err != nil {
		return err
	}
	names := make([]string, len(indexes))
	for i, index := range indexes {
		names[i] = index.Name
	}
	there, err := o.client.Exists(ctx, names)
	if err != nil {
		return err
	}
	o.targets = map[string][]string{}
	for _, index := range indexes {
		if !there[index.Name] { // writing to it would make one that reads documents wrongly
			o.log.ErrorContext(ctx, "index of the search engine is gone, rebuild it", "index", index.Name)
			if err := o.store.ForgetSearchIndex(ctx, index.Name); err != nil {
				return err
			}
			continue
		}
		o.targets[index.Object] = append(o.targets[index.Object], index.Name)
	}
	return nil
}

// writeAll writes the documents of records of some kinds, and waits until they are written.
func (o *outlet) writeAll(ctx context.Context, records map[string][]int64) error {
	var failed error
	for object, ids := range records {
		if failed = o.write(ctx, object, ids); failed != nil {
			break
		}
	}
	o.send(ctx)
	if err := o.bulks.Wait(); err != nil {
		return err
	}
	return failed
}

// write writes the documents of some records of a kind, and deletes those of records that are gone.
func (o *outlet) write(ctx context.Context, object string, ids []int64) error {
	if len(o.targets[object]) == 0 {
		return nil // whoever builds its index reads the records then
	}
	found := make(map[int64]bool, len(ids))
	err := o.read(ctx, object, ids, func(id int64, text json.RawMessage) error {
		found[id] = true
		return o.add(ctx, object, id, text)
	})
	if err != nil {
		return fmt.Errorf("documents of %s: %w", object, err)
	}
	for _, id := range ids {
		if !found[id] {
			if err := o.add(ctx, object, id, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

func (o *outlet) add(ctx context.Context, object string, id int64, text json.RawMessage) error {
	for _, index := range o.targets[object] {
		o.ops = append(o.ops, elastic.Op{Index: index, ID: id, Version: o.version, Document: text})
		o.size += len(text)
	}
	if o.size >= bulkBytes || len(o.ops) >= bulkOps {
		o.send(ctx)
	}
	if o.failed.Load() { // no need to read more
		return errFailed
	}
	return ctx.Err()
}

var errFailed = errors.New("documents before these were not written")

// send lets the engine have what was added. It waits while others are still on their way.
func (o *outlet) send(ctx context.Context) {
	ops := o.ops
	o.ops, o.size = nil, 0
	o.bulks.Go(func() error {
		if o.failed.Load() {
			return nil
		}
		err := o.bulk(ctx, ops)
		if err != nil {
			o.failed.Store(true)
		}
		return err
	})
}

// An engine that has no room is asked again after these pauses; then the work waits as a whole.
var pauses = []time.Duration{250 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second}

// bulk writes documents. What the engine will never take is left out, and told.
func (o *outlet) bulk(ctx context.Context, ops []elastic.Op) error {
	for attempt := 0; len(ops) > 0; attempt++ {
		outcomes, err := o.client.Bulk(ctx, ops)
		if err != nil {
			return err
		}
		var again []elastic.Op
		for i, outcome := range outcomes {
			switch outcome.Fate {
			case elastic.Written:
				o.written.Add(1)
			case elastic.Again:
				again = append(again, ops[i])
			default: // a lost index is found out about by the next outlet
				o.rejected.Add(1)
				o.log.WarnContext(ctx, "search engine refuses a document", "index", ops[i].Index, "id", ops[i].ID, "reason", outcome.Reason)
			}
		}
		if ops = again; len(ops) == 0 {
			break
		}
		if attempt == len(pauses) {
			return fmt.Errorf("search engine has no room for %d documents: %w", len(ops), desk.ErrUnavailable)
		}
		if !pause.For(ctx, pauses[attempt]) {
			return ctx.Err()
		}
	}
	return nil
}
