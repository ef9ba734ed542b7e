package jobs

import (
	"context"
	"log/slog"
	"time"

	"postroom/internal/pause"
	"postroom/internal/store"
)

// WordIndexer keeps the words by which PostgreSQL finds tickets up to date. The database notes down
// which tickets changed; until their turn has come, searches read their texts.
type WordIndexer struct {
	store *store.Store
	log   *slog.Logger
}

// NewWordIndexer returns the indexer of an installation. It starts nothing.
func NewWordIndexer(s *store.Store, log *slog.Logger) *WordIndexer {
	return &WordIndexer{store: s, log: log}
}

const (
	indexedAtOnce = 500
	// indexEvery is how long a ticket that changes often is left to change.
	indexEvery = time.Second
	// indexRest is how often as long as it worked the indexer leaves the machine to others.
	indexRest = 2
)

// Run indexes until ctx ends, whenever this process leads.
func (x *WordIndexer) Run(ctx context.Context) error {
	election := leader{name: "words", store: x.store, log: x.log, work: x.work}
	return election.run(ctx)
}

func (x *WordIndexer) work(ctx context.Context, _ <-chan string) error {
	failing := false
	for {
		begun := time.Now()
		n, err := x.store.IndexTickets(ctx, indexedAtOnce)
		if err != nil && ctx.Err() == nil && !failing {
			x.log.WarnContext(ctx, "words of tickets could not be indexed, trying again", "error", err)
		}
		failing = err != nil
		rest := indexEvery
		if n == indexedAtOnce { // more are waiting
			rest = min(rest, indexRest*time.Since(begun))
		}
		if !pause.For(ctx, rest) {
			return nil
		}
	}
}
