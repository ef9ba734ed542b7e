package pg

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// OutboxChannel is the LISTEN/NOTIFY channel on which new work is made known.
const OutboxChannel = "outbox"

// announcer tells the relay that there is work: at once, and in a rush every few milliseconds.
//
// It does so after the commit and on its own: a NOTIFY inside the transaction would hold a
// database-wide lock over the commit's flush and so make commits wait for each other. If we die
// in between, the relay's poll finds the work.
type announcer struct {
	pool *pgxpool.Pool
	wake chan struct{}
	stop context.CancelFunc
	done sync.WaitGroup
}

const announceEvery = 20 * time.Millisecond

func newAnnouncer(pool *pgxpool.Pool) *announcer {
	ctx, stop := context.WithCancel(context.Background())
	a := &announcer{pool: pool, wake: make(chan struct{}, 1), stop: stop}
	a.done.Go(func() { a.run(ctx) })
	return a
}

func (a *announcer) announce() {
	select {
	case a.wake <- struct{}{}:
	default: // one is on its way already
	}
}

func (a *announcer) run(ctx context.Context) {
	pause := time.NewTicker(announceEvery)
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-a.wake:
		}
		// A failure is the relay's poll's business: the row is committed.
		_, _ = a.pool.Exec(ctx, "NOTIFY "+OutboxChannel)
		select {
		case <-ctx.Done():
			return
		case <-pause.C:
		}
	}
}

func (a *announcer) close() {
	a.stop()
	a.done.Wait()
}
