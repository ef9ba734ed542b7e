package main

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"postroom/jobs/index"
)

const (
	wordsAtOnce = 500
	// unfinished is how many tickets wait where a rebuild was stopped before: it goes on.
	unfinished = 10_000
)

// rebuildWords makes the index anew by which PostgreSQL finds the words of tickets. Searches read the
// old one meanwhile.
func (h *house) rebuildWords(ctx context.Context, workers int, show func(index.Progress)) error {
	total, err := h.store.WordsDue(ctx)
	if err != nil {
		return err
	}
	if total < unfinished {
		if total, err = h.store.RebuildWords(ctx); err != nil {
			return err
		}
	}
	group, inner := errgroup.WithContext(ctx)
	ended := make(chan struct{})
	for range workers {
		group.Go(func() error { return h.indexAll(inner) })
	}
	go func() {
		defer close(ended)
		h.watchWords(inner, total, show)
	}()
	err = group.Wait() // which ends inner, too
	<-ended
	if err == nil {
		show(index.Progress{Object: wordsOf, Done: int64(total), Total: int64(total), Finished: true})
	}
	return err
}

const wordsOf = "words of tickets"

func (h *house) indexAll(ctx context.Context) error {
	for {
		if n, err := h.store.IndexTickets(ctx, wordsAtOnce); n == 0 || err != nil {
			return err
		}
	}
}

// watchWords shows how far a rebuild is, until ctx ends.
func (h *house) watchWords(ctx context.Context, total int, show func(index.Progress)) {
	look := time.NewTicker(time.Second)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
			if waiting, err := h.store.WordsDue(ctx); err == nil { // else the workers say why
				show(index.Progress{Object: wordsOf, Done: int64(max(total-waiting, 0)), Total: int64(total)})
			}
		}
	}
}
