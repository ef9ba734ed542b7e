package poll

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"postroom/internal/desk"
	"postroom/internal/store"
)

// How long a lease lasts without being renewed, and how often it is. A process that could not
// renew stops using a lease before another may take it.
const (
	leaseLength = 30 * time.Second
	leaseRenew  = 10 * time.Second
	leaseGiveUp = 25 * time.Second
	leaseRetry  = 5 * time.Second // between two tries to get one that another process holds
	releaseTime = time.Second
)

// leases are the accounts that this process may fetch.
type leases struct {
	store  *store.Store
	holder string
	log    *slog.Logger
	done   sync.WaitGroup

	mu   sync.Mutex
	held map[desk.ChannelID]*lease
}

type lease struct {
	lose    context.CancelFunc
	renewed time.Time // by our clock, before the database was asked
}

func newLeases(s *store.Store, holder string, log *slog.Logger) *leases {
	return &leases{store: s, holder: holder, log: log, held: map[desk.ChannelID]*lease{}}
}

// start renews until ctx ends.
func (l *leases) start(ctx context.Context) {
	l.done.Go(func() {
		tick := time.NewTicker(leaseRenew)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				l.renew(ctx)
			}
		}
	})
}

func (l *leases) wait() { l.done.Wait() }

// take gets the lease of a channel. leased ends when the lease is lost; it is nil while another
// process holds it. release has to be called in the end.
func (l *leases) take(ctx context.Context, id desk.ChannelID) (leased context.Context, release func(), err error) {
	asked := time.Now()
	ok, err := l.store.TakeLease(ctx, id, l.holder, leaseLength)
	if err != nil || !ok {
		return nil, nil, err
	}
	leased, lose := context.WithCancel(ctx)
	l.mu.Lock()
	l.held[id] = &lease{lose: lose, renewed: asked}
	l.mu.Unlock()
	return leased, func() {
		l.mu.Lock()
		delete(l.held, id)
		l.mu.Unlock()
		lose()
		// Also when we are told to stop: nobody should have to wait for our lease to expire.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTime)
		defer cancel()
		if err := l.store.ReleaseLease(ctx, id, l.holder); err != nil {
			l.log.WarnContext(ctx, "lease not released, it expires by itself", "channel_id", id, "error", err)
		}
	}, nil
}

func (l *leases) renew(ctx context.Context) {
	l.mu.Lock()
	idle := len(l.held) == 0
	l.mu.Unlock()
	if idle {
		return
	}
	asked := time.Now()
	asking, cancel := context.WithTimeout(ctx, leaseRenew)
	defer cancel()
	ids, err := l.store.RenewLeases(asking, l.holder, leaseLength)
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		l.log.WarnContext(ctx, "leases not renewed, trying again", "error", err)
	}
	ours := make(map[desk.ChannelID]bool, len(ids))
	for _, id := range ids {
		ours[id] = true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, lease := range l.held {
		switch {
		case ours[id]:
			lease.renewed = asked
		case err == nil && lease.renewed.Before(asked), time.Since(lease.renewed) > leaseGiveUp:
			l.log.WarnContext(ctx, "lease lost", "channel_id", id)
			lease.lose()
			delete(l.held, id)
		}
	}
}
