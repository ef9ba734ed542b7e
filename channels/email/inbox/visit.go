package inbox

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"postroom/channels/email/pop3"
)

// visit is one poll of a POP3 mailbox, in as many sessions as it takes.
type visit struct {
	*Maildrop
	round[string]
	session    *maildropSession
	stop       context.Context              // when it ends, the batch in hand is the last
	doomed     map[string][sha256.Size]byte // received, and on the server for certain
	reconnects int
}

// work takes the mail batch by batch. What was received is deleted also when something went wrong
// with the rest.
func (v *visit) work(ctx context.Context, mails []listed[string]) error {
	for _, batch := range cut(mails) {
		if v.stop.Err() != nil {
			break
		}
		if err := v.take(ctx, batch); err != nil {
			return errors.Join(err, v.settle(ctx))
		}
		if len(v.session.marked) < expungeEvery {
			continue
		}
		// A crash would bring all back that is only marked.
		if err := v.settle(ctx); err != nil {
			return err
		}
		if err := v.open(ctx); err != nil {
			return err
		}
	}
	return v.settle(ctx)
}

// take fetches a batch, hands it over and marks it.
func (v *visit) take(ctx context.Context, batch []listed[string]) error {
	got, err := v.fetch(ctx, batch)
	if err != nil {
		return err
	}
	taken, err := v.handOver(ctx, batch, got)
	for _, uid := range taken {
		if v.inbound.Keep {
			v.kept[uid] = true
		} else {
			v.doomed[uid] = sha256.Sum256(got[uid].raw)
		}
	}
	return errors.Join(err, v.markAll(ctx, taken))
}

// markAll marks what was received, unless it is to be kept.
func (v *visit) markAll(ctx context.Context, uids []string) error {
	if v.inbound.Keep {
		return nil
	}
	for _, uid := range uids {
		if err := v.mark(ctx, uid); err != nil {
			return v.reconnect(ctx, err) // which marks all that is doomed
		}
	}
	return nil
}

// maxTries is how often a message is asked for. One at which the connection breaks each time is taken
// for the reason of it.
const maxTries = 3

// fetch returns the messages of a batch.
func (v *visit) fetch(ctx context.Context, batch []listed[string]) (map[string]fetched, error) {
	got := map[string]fetched{}
	for _, item := range batch {
		for try := 1; ; try++ {
			raw, there, err := v.session.retrieve(ctx, item.id, v.inbound.most())
			if !lost(err) {
				if there { // else somebody deleted it
					got[item.id] = fetched{raw, err}
				}
				break
			}
			if again := v.reconnect(ctx, err); again != nil {
				return nil, again
			}
			if try == maxTries {
				got[item.id] = fetched{err: err}
				break
			}
		}
	}
	return got, nil
}

// mark has the server delete a message at the end of the session. An error says that the
// connection is lost; mail that the server refuses to delete stays, and must not keep other mail away.
func (v *visit) mark(ctx context.Context, uid string) error {
	err := v.session.mark(ctx, uid)
	if lost(err) {
		return err
	}
	if err == nil {
		v.left.taken(uid)
		return nil
	}
	v.log.WarnContext(ctx, "message was received but can't be deleted", "channel_id", v.channelID, "uid", uid, "error", err)
	v.left.add(uid, 0, fmt.Sprintf("  - message %s was received but can't be deleted: %s", uid, err), time.Now())
	return nil
}

// settle ends the session, and so deletes what is marked.
func (v *visit) settle(ctx context.Context) error {
	if v.session == nil {
		return nil
	}
	marked, err := v.session.marked, v.session.end(ctx)
	v.session = nil
	if err == nil {
		for _, uid := range marked {
			delete(v.doomed, uid)
			delete(v.doubtful, uid)
		}
		return nil
	}
	v.doubt()
	if len(marked) == 0 {
		return nil // there was nothing to be lost
	}
	if _, refused := errors.AsType[*pop3.Error](err); refused {
		v.log.WarnContext(ctx, "received messages can't be deleted", "channel_id", v.channelID, "messages", len(marked), "error", err)
		v.report.Notices = []string{"  - received messages can't be deleted: " + err.Error()}
		return nil
	}
	return fmt.Errorf("end of session: %w", err)
}

// doubt notes that nobody knows what became of the doomed mail.
func (v *visit) doubt() {
	maps.Copy(v.doubtful, v.doomed)
	clear(v.doomed)
}

// leaveOff ends the visit in whatever state it is.
func (v *visit) leaveOff() {
	v.doubt()
	if v.session != nil {
		v.session.cut()
		v.session = nil
	}
}

// reconnect goes on with a new session after the old one broke, not without end.
func (v *visit) reconnect(ctx context.Context, why error) error {
	v.reconnects++
	if v.reconnects > maxReconnect {
		return fmt.Errorf("connection lost %d times: %w", v.reconnects, why)
	}
	v.log.InfoContext(ctx, "connection broke off, trying again", "channel_id", v.channelID, "error", why)
	v.session.cut()
	v.session = nil
	if err := v.open(ctx); err != nil {
		return err
	}
	// The server forgot all marks. They are made again at once, so that even a line that breaks
	// every few messages gets us on.
	for _, uid := range slices.Sorted(maps.Keys(v.doomed)) {
		if err := v.mark(ctx, uid); err != nil {
			return err
		}
	}
	if len(v.session.marked) == 0 {
		return nil
	}
	if err := v.settle(ctx); err != nil {
		return err
	}
	return v.open(ctx)
}

func (v *visit) open(ctx context.Context) (err error) {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	v.session, err = openMaildrop(ctx, v.inbound)
	return err
}
