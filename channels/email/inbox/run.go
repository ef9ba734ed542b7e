package inbox

import (
	"context"
	"fmt"

	"github.com/emersion/go-imap/v2"
)

// run is one poll of a mailbox.
//
// The bodies of the next batch are asked for before the one in hand is received, so that the
// server reads its disk while the database commits; they wait in the socket, not in our memory.
type run struct {
	*Mailbox
	round[imap.UID]
	stop       context.Context // when it ends, the batch in hand is the last
	reconnects int
	marking    *marking // sent, not yet confirmed
}

// work takes the mail batch by batch.
func (r *run) work(ctx context.Context, mails []listed[imap.UID]) error {
	batches := cut(mails)
	for i, batch := range batches {
		if r.stop.Err() != nil {
			break
		}
		var next []listed[imap.UID]
		if i+1 < len(batches) {
			next = batches[i+1]
		}
		if err := r.take(ctx, batch, next); err != nil {
			return err
		}
	}
	if r.session.asked != nil { // told to stop: the server still has to get rid of its answer
		_, _ = r.session.collect(ctx, 1)
	}
	if err := r.confirm(ctx); err != nil {
		return err
	}
	return r.expunge(ctx, 1)
}

// take fetches a batch, asks for the next one, hands over the first and marks it.
func (r *run) take(ctx context.Context, batch, next []listed[imap.UID]) error {
	got, err := r.fetch(ctx, batch)
	if err != nil {
		return err
	}
	if err := r.confirm(ctx); err != nil {
		return err
	}
	if err := r.expunge(ctx, expungeEvery); err != nil {
		return err
	}
	if next != nil && r.stop.Err() == nil {
		r.session.request(next)
	}
	taken, err := r.handOver(ctx, batch, got)
	if len(taken) > 0 {
		r.mark(imap.UIDSetNum(taken...), len(taken))
	}
	return err
}

// fetch returns the bodies of a batch. Whatever went wrong with the batch as a whole, each message
// that can be had alone is had.
func (r *run) fetch(ctx context.Context, batch []listed[imap.UID]) (map[imap.UID]fetched, error) {
	if r.session.asked == nil {
		r.session.request(batch)
	}
	got, err := r.session.collect(ctx, r.inbound.most())
	if busy(err) {
		return nil, err // to ask for each message alone would make it worse
	}
	if lost(err) {
		r.log.InfoContext(ctx, "fetching a batch broke off", "channel_id", r.channelID, "got", len(got), "messages", len(batch), "error", err)
		if err := r.reconnect(ctx, err); err != nil {
			return nil, err
		}
	}
	for _, item := range batch {
		if _, ok := got[item.id]; ok {
			continue
		}
		one, there, err := r.fetchAlone(ctx, item)
		if err != nil {
			return nil, err
		}
		if there {
			got[item.id] = one
		}
	}
	return got, nil
}

// fetchAlone fetches one message that its batch left out. A message at which the connection
// breaks twice is taken for the reason of it.
func (r *run) fetchAlone(ctx context.Context, item listed[imap.UID]) (one fetched, there bool, err error) {
	for try := 1; ; try++ {
		r.session.request([]listed[imap.UID]{item})
		got, err := r.session.collect(ctx, r.inbound.most())
		one, there = got[item.id]
		if !lost(err) {
			if err != nil {
				one, there = fetched{err: err}, true
			}
			return one, there, nil // not there without an error: somebody deleted it
		}
		if again := r.reconnect(ctx, err); again != nil {
			return fetched{}, false, again
		}
		if there {
			return one, true, nil
		}
		if try == 2 {
			return fetched{err: err}, true, nil
		}
	}
}

// reconnect goes on with a new session after the old one broke, not without end.
func (r *run) reconnect(ctx context.Context, why error) error {
	r.reconnects++
	if r.reconnects > maxReconnect {
		return fmt.Errorf("connection lost %d times: %w", r.reconnects, why)
	}
	if err := r.reopen(ctx); err != nil {
		return err
	}
	if r.marking != nil { // nobody knows whether the server heard of it
		r.mark(r.marking.uids, r.marking.count)
	}
	return nil
}
