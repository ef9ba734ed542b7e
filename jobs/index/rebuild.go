package index

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"postroom/internal/desk"
	"postroom/internal/document"
	"postroom/internal/elastic"
	"postroom/internal/pause"
	"postroom/internal/store/indexing"
)

// Rebuild fills new indexes while the old ones serve, and lets them take over when they are complete.
// It can be stopped at any time: the next one goes on where it was.
type Rebuild struct {
	*Writer
	Workers  int
	Replace  bool // indexes of other programs that have the names of ours may be deleted
	Progress func(Progress)
}

// Progress says how far the index of a kind is.
type Progress struct {
	Object   string
	Done     int64 // records
	Total    int64
	Resumed  bool // some were done before
	Finished bool // it serves
}

const (
	pageSize = 500 // records read at a time by each worker
	// verifyWithin is how long changes that come in meanwhile may take to be in the new index.
	verifyWithin = 2 * time.Minute
)

// ErrNoEngine says that there is nothing to build an index in.
var ErrNoEngine = &desk.ConfigError{Reason: "no search engine: setting es_url is empty, and searches ask PostgreSQL"}

var errOther = &desk.ConfigError{Reason: "the settings of the search engine were changed meanwhile"}

// Run builds the indexes of some kinds, one after another.
func (r *Rebuild) Run(ctx context.Context, objects []string) error {
	client, c, err := r.engineNow(ctx)
	if err != nil {
		return err
	}
	if client == nil {
		return ErrNoEngine
	}
	if _, err := client.Info(ctx); err != nil {
		return err
	}
	if _, err := client.ReadsAttachments(ctx); err != nil {
		return err
	}
	for _, object := range objects {
		if err := r.object(ctx, client, c, object); err != nil {
			return fmt.Errorf("index of %s: %w", object, err)
		}
	}
	return nil
}

func (r *Rebuild) object(ctx context.Context, client *elastic.Client, c *desk.Catalog, object string) error {
	index, err := r.begin(ctx, client, c, object)
	if err != nil {
		return err
	}
	if err := r.fill(ctx, client, index); err != nil {
		return err
	}
	if err := client.Open(ctx, index.Name); err != nil {
		return err
	}
	if err := r.verify(ctx, client, index); err != nil {
		return err
	}
	if err := client.Switch(ctx, object, index.Name, r.Replace); err != nil {
		return err
	}
	return r.store.ServeSearchIndex(ctx, index.Name)
}

// begin goes on with an index that was not finished, or makes one. From then on changes reach it.
func (r *Rebuild) begin(ctx context.Context, client *elastic.Client, c *desk.Catalog, object string) (indexing.SearchIndex, error) {
	alias := client.Alias(object)
	indexes, err := r.store.SearchIndexes(ctx, alias+"-")
	if err != nil {
		return indexing.SearchIndex{}, err
	}
	for _, index := range indexes {
		there, err := client.Exists(ctx, []string{index.Name})
		if err != nil {
			return index, err
		}
		if !index.Serving && there[index.Name] {
			return index, nil
		}
	}
	index := indexing.SearchIndex{Name: alias + "-" + time.Now().UTC().Format("20060102150405.000"), Object: object}
	if err := client.Create(ctx, index.Name, object, datesOf(c, object)); err != nil {
		return index, err
	}
	return index, r.store.AddSearchIndex(ctx, index.Name, object)
}

// datesOf are the fields of a kind of documents that administrators added and that hold times.
func datesOf(c *desk.Catalog, object string) map[string]string {
	class := map[string]string{
		elastic.Ticket: "Ticket", elastic.User: "User", elastic.Organization: "Organization", elastic.Group: "Group",
	}[object]
	dates := document.Dates(c, class)
	if object == elastic.User {
		maps.Copy(dates, map[string]string{"out_of_office_start_at": "date", "out_of_office_end_at": "date"})
	}
	return dates
}

// page is some records, and its place among the pages.
type page struct {
	number int
	ids    []int64
}

// fill writes every record that was there when the index was made, those with the lowest ids first.
func (r *Rebuild) fill(ctx context.Context, client *elastic.Client, index indexing.SearchIndex) error {
	total, err := r.store.CountSearched(ctx, index.Object, 0)
	if err != nil {
		return err
	}
	left, err := r.store.CountSearched(ctx, index.Object, index.AfterID)
	if err != nil {
		return err
	}
	done := &ledger{Rebuild: r, index: index, total: total, done: total - left, ends: map[int]int64{}}
	done.tell(false)
	group, ctx := errgroup.WithContext(ctx)
	pages := make(chan page)
	group.Go(func() error {
		defer close(pages)
		return r.pages(ctx, index, pages)
	})
	for range max(r.Workers, 1) {
		group.Go(func() error {
			for p := range pages {
				if err := r.page(ctx, client, index, p, done); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

func (r *Rebuild) pages(ctx context.Context, index indexing.SearchIndex, to chan<- page) error {
	after := index.AfterID
	for number := 0; ; number++ {
		ids, err := r.store.SearchedIDs(ctx, index.Object, after, pageSize)
		if err != nil || len(ids) == 0 {
			return err
		}
		after = slices.Max(ids)
		select {
		case to <- page{number, ids}:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// page writes one page. An engine that does not answer for a moment does not end the whole.
func (r *Rebuild) page(ctx context.Context, client *elastic.Client, index indexing.SearchIndex, p page, done *ledger) error {
	for _, rest := range append(slices.Clone(pauses), 0) {
		out, err := r.pageOnce(ctx, client, index, p.ids)
		if err == nil {
			return done.note(ctx, p, out)
		}
		if !errors.Is(err, desk.ErrUnavailable) || rest == 0 {
			return err
		}
		r.log.WarnContext(ctx, "search engine does not answer, trying again", "index", index.Name, "error", err)
		if !pause.For(ctx, rest) {
			return ctx.Err()
		}
	}
	return nil
}

func (r *Rebuild) pageOnce(ctx context.Context, client *elastic.Client, index indexing.SearchIndex, ids []int64) (*outlet, error) {
	out, err := r.open(ctx)
	if err != nil {
		return nil, err
	}
	if out.client != client { // another engine would make an index of its own accord
		return nil, errOther
	}
	out.targets = map[string][]string{index.Object: {index.Name}}
	return out, out.writeAll(ctx, map[string][]int64{index.Object: ids})
}

// ledger notes which pages are done. Where to go on after a stop is behind the last one of which none
// before it is missing.
type ledger struct {
	*Rebuild
	index indexing.SearchIndex
	total int64

	mu   sync.Mutex
	done int64
	next int           // the first page that is missing
	ends map[int]int64 // last ids of pages that are done, from next on
}

func (l *ledger) note(ctx context.Context, p page, out *outlet) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ends[p.number] = slices.Max(p.ids)
	after := int64(0)
	for ; l.ends[l.next] != 0; l.next++ {
		after = l.ends[l.next]
		delete(l.ends, l.next)
	}
	l.done += int64(len(p.ids))
	l.tell(false)
	// Also when we are told to stop right now: what is written need not be written again.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteSpan)
	defer cancel()
	return l.store.NoteSearchProgress(ctx, l.index.Name, after, int(out.written.Load()), int(out.rejected.Load()))
}

func (l *ledger) tell(finished bool) {
	if l.Progress != nil {
		l.Progress(Progress{Object: l.index.Object, Done: l.done, Total: max(l.total, l.done), Resumed: l.index.AfterID > 0, Finished: finished})
	}
}

// verify compares what is in the index with what is in the database. Changes that are still on their
// way may make a difference.
func (r *Rebuild) verify(ctx context.Context, client *elastic.Client, index indexing.SearchIndex) error {
	for until := time.Now().Add(verifyWithin); ; {
		if err := client.Refresh(ctx, index.Name); err != nil {
			return err
		}
		documents, err := client.CountIn(ctx, index.Name)
		if err != nil {
			return err
		}
		waiting, _, err := r.store.SearchBacklog(ctx)
		if err != nil {
			return err
		}
		records, err := r.store.CountSearched(ctx, index.Object, 0)
		if err != nil {
			return err
		}
		now, err := r.indexNow(ctx, index.Name)
		if err != nil {
			return err
		}
		if now.Name == "" { // it was forgotten: changes did not reach it any more
			return errOther
		}
		if difference := records - documents; difference <= now.Rejected+int64(waiting) && -difference <= int64(waiting) {
			l := &ledger{Rebuild: r, index: index, total: records, done: documents}
			l.tell(true)
			return nil
		} else if time.Now().After(until) {
			return fmt.Errorf("it has %d documents of %d records, and does not serve; the old one goes on", documents, records)
		}
		if !pause.For(ctx, settle) {
			return ctx.Err()
		}
	}
}

func (r *Rebuild) indexNow(ctx context.Context, name string) (indexing.SearchIndex, error) {
	indexes, err := r.store.SearchIndexes(ctx, name)
	if err != nil || len(indexes) == 0 {
		return indexing.SearchIndex{}, err
	}
	return indexes[0], nil
}
