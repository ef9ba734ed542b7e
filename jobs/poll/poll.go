// Package poll keeps every active channel fetched that has to be asked for its messages.
//
// Each account has a watch of its own: it holds the account's lease, fetches, waits for the
// source to announce more, and after a failure tries again later and later. What is fetched is
// handed to a function that commits it. The package speaks no mail protocol: it is handed a
// function that opens sources.
package poll

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"postroom/channels"
	"postroom/internal/desk"
	"postroom/internal/store"
)

// Open returns the source of a channel. It connects to nothing. A *desk.InvalidError says that
// the channel's options can't be used.
type Open func(channel desk.Channel, catalog *desk.Catalog) (channels.Poller, error)

// Options of New.
type Options struct {
	Store       *store.Store
	Open        Open
	Receive     channels.Receive
	Log         *slog.Logger
	Concurrency int           // sources fetched at once; those that only wait don't count
	Interval    time.Duration // between two fetches of a source that can't announce mail; 0: 30 s
}

const (
	usualInterval = 30 * time.Second
	lookEvery     = time.Second // for channels added, changed or gone
)

// Rota is the fetching of all accounts by this process.
type Rota struct {
	Options
	holder  string // our name in leases
	slots   chan struct{}
	watches map[desk.ChannelID]*watch // of the goroutine that runs Run
	ended   chan struct{}             // one of them has ended
}

// New returns a rota. It starts nothing.
func New(opts Options) *Rota {
	if opts.Interval <= 0 {
		opts.Interval = usualInterval
	}
	return &Rota{
		Options: opts,
		holder:  holderName(),
		slots:   make(chan struct{}, max(1, opts.Concurrency)),
		watches: map[desk.ChannelID]*watch{},
		ended:   make(chan struct{}, 1),
	}
}

// holderName is unique: a process that starts with the number of a dead one must not take over
// its leases as if they were its own.
func holderName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	random := make([]byte, 4)
	_, _ = rand.Read(random) // crypto/rand never fails
	return fmt.Sprintf("%s:%d:%s", host, os.Getpid(), hex.EncodeToString(random))
}

// Run fetches until ctx ends. It returns when every source has finished the batch in hand.
func (r *Rota) Run(ctx context.Context) error {
	leases := newLeases(r.Store, r.holder, r.Log)
	var running sync.WaitGroup
	keeping, stopKeeping := context.WithCancel(context.WithoutCancel(ctx))
	defer func() {
		running.Wait() // first the watches, which still need their leases
		stopKeeping()
		leases.wait()
	}()
	leases.start(keeping)
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	away := false
	for {
		catalog, err := r.Store.Catalog(ctx)
		if err == nil {
			r.follow(ctx, catalog, leases, &running)
		}
		if err != nil && !away && ctx.Err() == nil {
			r.Log.WarnContext(ctx, "can't read the channels, trying again", "error", err)
		}
		away = err != nil
		select {
		case <-ctx.Done():
			return nil
		case <-look.C:
		case <-r.ended:
		}
	}
}

// follow makes the watches what the catalog says.
func (r *Rota) follow(ctx context.Context, catalog *desk.Catalog, leases *leases, running *sync.WaitGroup) {
	wanted := map[desk.ChannelID]string{}
	for id, channel := range catalog.Channels {
		if channel.Polled() && channel.Active {
			wanted[id] = fingerprint(channel, catalog)
		}
	}
	for id, w := range r.watches {
		if w.over() {
			delete(r.watches, id)
		} else if wanted[id] != w.fingerprint {
			w.stop() // and start it anew, if it is still wanted, when it has ended
		}
	}
	for id, print := range wanted {
		if r.watches[id] != nil {
			continue
		}
		watching, stop := context.WithCancel(ctx)
		w := &watch{
			Rota: r, channel: catalog.Channels[id], catalog: catalog, leases: leases,
			fingerprint: print, stop: stop, done: make(chan struct{}),
		}
		r.watches[id] = w
		running.Go(func() {
			defer r.wake()
			defer close(w.done)
			defer stop()
			w.run(watching)
		})
	}
}

func (r *Rota) wake() {
	select {
	case r.ended <- struct{}{}:
	default:
	}
}

// fingerprint changes with everything that a source is opened with.
func fingerprint(channel desk.Channel, catalog *desk.Catalog) string {
	text, _ := json.Marshal([]any{ // what came out of JSON goes in again
		channel.Options["inbound"], channel.Options["auth"], channel.GroupID, catalog.Settings["postmaster_max_size"],
		catalog.Settings["postmaster_send_reject_if_mail_too_large"], channel.Options["api_token"],
	})
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// FetchOnce fetches one channel now. While another process polls it, it is a desk.ErrConflict.
func (r *Rota) FetchOnce(ctx context.Context, id desk.ChannelID) (channels.Report, error) {
	r.Store.ForgetCatalog()
	catalog, err := r.Store.Catalog(ctx)
	if err != nil {
		return channels.Report{}, err
	}
	channel, ok := catalog.Channels[id]
	if !ok {
		return channels.Report{}, &desk.MissingError{Class: "Channel", ID: int64(id)}
	}
	if !channel.Polled() {
		return channels.Report{}, &desk.InvalidError{Field: "area", Reason: fmt.Sprintf("Channel %d is no mail account.", id)}
	}
	keeping, stopKeeping := context.WithCancel(context.WithoutCancel(ctx))
	leases := newLeases(r.Store, r.holder, r.Log)
	leases.start(keeping)
	defer leases.wait()
	defer stopKeeping()
	leased, release, err := leases.take(ctx, id)
	if err != nil {
		return channels.Report{}, err
	}
	if leased == nil {
		holder, err := r.Store.LeaseHolder(ctx, id)
		if err != nil {
			return channels.Report{}, err
		}
		return channels.Report{}, fmt.Errorf("channel %d is polled by %s: %w", id, holder, desk.ErrConflict)
	}
	defer release()
	source, err := r.Open(channel, catalog)
	if err != nil {
		return channels.Report{}, err
	}
	defer source.Close()
	w := &watch{Rota: r, channel: channel}
	report, err := source.Poll(leased, r.Receive)
	w.note(ctx, report, err)
	return report, err
}
