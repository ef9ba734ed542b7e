package poll

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"time"

	"postroom/channels"
	"postroom/internal/desk"
	"postroom/internal/pause"
)

const (
	fetchTime    = 10 * time.Minute // of one fetch; then others get a turn
	firstBackOff = 2 * time.Second
	lastBackOff  = 5 * time.Minute
	awayBackOff  = 5 * time.Second // longest pause while only the database is away
	noteEvery    = time.Minute     // of a channel where nothing happens
)

// watch is the fetching of one account.
type watch struct {
	*Rota
	channel     desk.Channel
	catalog     *desk.Catalog
	leases      *leases
	fingerprint string
	stop        context.CancelFunc
	done        chan struct{}

	noted   string // the problem last noted
	notedAt time.Time
}

// over reports whether a watch has ended.
func (w *watch) over() bool {
	select {
	case <-w.done:
		return true
	default:
		return false
	}
}

// run watches whenever it has the lease.
func (w *watch) run(ctx context.Context) {
	failures := 0
	for ctx.Err() == nil {
		leased, release, err := w.leases.take(ctx, w.channel.ID)
		if err != nil {
			failures++
			if failures == 1 && ctx.Err() == nil {
				w.Log.WarnContext(ctx, "no lease, trying again", "channel_id", w.channel.ID, "error", err)
			}
			pause.For(ctx, min(backOff(failures, rand.Float64()), awayBackOff))
			continue
		}
		failures = 0
		if leased == nil { // another process fetches it, or it was deleted a moment ago
			pause.For(ctx, leaseRetry)
			continue
		}
		w.poll(leased)
		release()
	}
}

// poll fetches and waits in turn, until ctx ends.
func (w *watch) poll(ctx context.Context) {
	source, err := w.Open(w.channel, w.catalog)
	if err != nil {
		w.Log.WarnContext(ctx, "channel can't be opened", "channel_id", w.channel.ID, "error", err)
		w.note(ctx, channels.Report{}, err)
		<-ctx.Done() // its options have to change first
		return
	}
	defer source.Close()
	failures := 0
	for ctx.Err() == nil {
		wait, err := w.turn(ctx, source)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			failures = 0
			pause.For(ctx, wait)
			continue
		}
		failures++
		delay := backOff(failures, rand.Float64())
		if errors.Is(err, desk.ErrUnavailable) {
			delay = min(delay, awayBackOff)
		}
		if later, ok := errors.AsType[*channels.LaterError](err); ok {
			delay = max(delay, later.After)
		}
		w.Log.WarnContext(ctx, "fetch failed, trying again", "channel_id", w.channel.ID, "failures", failures, "in", delay.Round(time.Millisecond), "error", err)
		pause.For(ctx, delay)
	}
}

// turn fetches once and waits for more. It returns how long to pause where the source can't tell.
func (w *watch) turn(ctx context.Context, source channels.Poller) (time.Duration, error) {
	// A mailbox is left in peace while nothing could be done with its mail.
	if err := w.Store.Ping(ctx); err != nil {
		return 0, err
	}
	report, err := w.fetch(ctx, source)
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	w.note(ctx, report, err)
	if err != nil {
		return 0, err
	}
	return w.wait(ctx, source), nil
}

// wait returns when the source has more, or how long to pause where it can't tell.
func (w *watch) wait(ctx context.Context, source channels.Poller) time.Duration {
	started := time.Now()
	err := source.Wait(ctx)
	if err == nil || ctx.Err() != nil {
		return 0
	}
	if !errors.Is(err, channels.ErrCannotWait) {
		// Servers hang up on those who wait long. Whether something is wrong, the next fetch will tell.
		w.Log.DebugContext(ctx, "waiting for mail was cut short", "channel_id", w.channel.ID, "error", err)
		if time.Since(started) > w.Interval {
			return 0
		}
	}
	return w.Interval
}

// fetch polls once, when it is our turn.
func (w *watch) fetch(ctx context.Context, source channels.Poller) (channels.Report, error) {
	select {
	case w.slots <- struct{}{}:
	case <-ctx.Done():
		return channels.Report{}, ctx.Err()
	}
	defer func() { <-w.slots }()
	bounded, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	started := time.Now()
	report, err := source.Poll(bounded, w.Receive)
	if errors.Is(err, context.DeadlineExceeded) && bounded.Err() != nil && report.Fetched > 0 {
		err = nil // there is a lot to fetch, not something in the way
	}
	if report.Fetched > 0 {
		w.Log.InfoContext(ctx, "messages fetched", "channel_id", w.channel.ID, "messages", report.Fetched,
			"left", len(report.Notices), "took", time.Since(started).Round(time.Millisecond))
	}
	return report, err
}

// note writes down how a fetch went, where people look for it.
func (w *watch) note(ctx context.Context, report channels.Report, err error) {
	if errors.Is(err, desk.ErrUnavailable) {
		return // nothing is wrong with the channel, and nowhere to write it
	}
	if _, later := errors.AsType[*channels.LaterError](err); later {
		return // its server is busy, that is all
	}
	problem, remark := strings.Join(report.Notices, "\n"), strings.Join(report.Remarks, "\n")
	if err != nil {
		inbound, _ := w.channel.Options["inbound"].(map[string]any)
		adapter, _ := inbound["adapter"].(string)
		if problem = err.Error(); adapter != "" {
			problem = strings.TrimSpace(adapter + ": " + problem)
		}
	}
	now := time.Now().UTC()
	if problem == w.noted && report.Fetched == 0 && now.Sub(w.notedAt) < noteEvery {
		return
	}
	if err := w.Store.ChannelFetched(ctx, w.channel.ID, now, problem, remark); err != nil {
		w.Log.WarnContext(ctx, "status not written", "channel_id", w.channel.ID, "error", err)
		return
	}
	w.noted, w.notedAt = problem, now
}

// backOff is the pause after so many failures in a row. random, from 0 to 1, keeps accounts of
// one server from coming back all at once.
func backOff(failures int, random float64) time.Duration {
	delay := min(firstBackOff<<min(failures-1, 10), lastBackOff)
	return time.Duration(float64(delay) * (0.75 + random/2))
}
