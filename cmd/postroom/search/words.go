package search

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"postroom/cmd/postroom/cli"
	"postroom/jobs/index"
)

const (
	wordsAtOnce = 500
	// unfinished is how many tickets wait where a rebuild was stopped before: it goes on.
	unfinished = 10_000
)

// rebuildWords makes the index anew by which PostgreSQL finds the words of tickets. Searches read the
// old one meanwhile.
func rebuildWords(ctx context.Context, h *cli.House, workers int, show func(index.Progress)) error {
	total, err := h.Store.WordsDue(ctx)
	if err != nil {
		return err
	}
	if total < unfinished {
		if total, err = h.Store.RebuildWords(ctx); err != nil {
			return err
		}
	}
	group, inner := errgroup.WithContext(ctx)
	ended := make(chan struct{})
	for range workers {
		group.Go(func() error { return indexAll(inner, h) })
	}
	go func() {
		defer close(ended)
		watchWords(inner, h, total, show)
	}()
	err = group.Wait() // which ends inner, too
	<-ended
	if err == nil {
		show(index.Progress{Object: wordsOf, Done: int64(total), Total: int64(total), Finished: true})
	}
	return err
}

const wordsOf = "words of tickets"

func indexAll(ctx context.Context, h *cli.House) error {
	for {
		if n, err := h.Store.IndexTickets(ctx, wordsAtOnce); n == 0 || err != nil {
			return err
		}
	}
}

// watchWords shows how far a rebuild is, until ctx ends.
func watchWords(ctx context.Context, h *cli.House, total int, show func(index.Progress)) {
	look := time.NewTicker(time.Second)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
			if waiting, err := h.Store.WordsDue(ctx); err == nil { // else the workers say why
				show(index.Progress{Object: wordsOf, Done: int64(max(total-waiting, 0)), Total: int64(total)})
			}
		}
	}
}
