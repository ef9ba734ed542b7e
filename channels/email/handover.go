package email

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"postroom/channels"
	"postroom/internal/desk"
)

// handed is a message on its way to receive. One that is known is only marked.
type handed struct {
	listed
	message channels.Inbound
	known   bool
}

// handOver gives a batch to receive and then marks it. What receive refuses stays as it was.
func (r *run) handOver(ctx context.Context, batch []listed, got map[imap.UID]fetched) error {
	all, err := r.prepare(ctx, batch, got)
	if err != nil {
		return err
	}
	taken, err := r.offer(ctx, all)
	var uids imap.UIDSet
	r.moved += len(taken)
	for _, item := range taken {
		uids.AddNum(item.uid)
		if !item.known {
			r.report.Fetched++
		}
	}
	if len(taken) > 0 {
		r.mark(uids, len(taken))
	}
	return err
}

// prepare sorts out what is not for receive.
func (r *run) prepare(ctx context.Context, batch []listed, got map[imap.UID]fetched) (all []handed, err error) {
	known, err := r.known(ctx, got)
	if err != nil {
		return nil, fmt.Errorf("known messages: %w", err)
	}
	now := time.Now().UTC()
	for _, item := range batch {
		one, there := got[item.uid]
		if !there {
			continue
		}
		if one.err != nil {
			r.leave(item, one.err)
			continue
		}
		head := scanHeader(one.raw)
		if until, fresh := head.freshVerify(now); fresh { // the account wizard waits for it
			r.left.postpone(item.uid, r.session.validity, until)
			r.moved++
			continue
		}
		message := r.inbound.message(r.channelID, r.session.validity, item.uid, one.raw, now)
		all = append(all, handed{listed: item, message: message, known: known[head.messageID]})
	}
	return all, nil
}

// offer hands messages to receive, together and, if that fails for a reason of theirs, one by
// one: those that nothing is wrong with get in. It returns what may be marked.
func (r *run) offer(ctx context.Context, all []handed) (taken []handed, err error) {
	var messages []channels.Inbound
	for _, item := range all {
		if !item.known {
			messages = append(messages, item.message)
		}
	}
	if len(messages) == 0 {
		return all, nil
	}
	if err = r.receive(ctx, messages); err == nil {
		return all, nil
	}
	err = fmt.Errorf("receive: %w", err)
	if len(messages) == 1 || ctx.Err() != nil || errors.Is(err, desk.ErrUnavailable) {
		return nil, err
	}
	refused := map[imap.UID]error{}
	for _, item := range all {
		if item.known {
			taken = append(taken, item)
			continue
		}
		if why := r.receive(ctx, []channels.Inbound{item.message}); why != nil {
			if ctx.Err() != nil || errors.Is(why, desk.ErrUnavailable) {
				return taken, why
			}
			refused[item.uid] = why
			continue
		}
		taken = append(taken, item)
	}
	if len(refused) == len(messages) {
		return nil, err // it is not the messages' fault
	}
	for _, item := range all {
		if why := refused[item.uid]; why != nil {
			r.leave(item.listed, why)
		}
	}
	return taken, nil
}

func (in Inbound) message(channel desk.ChannelID, validity uint32, uid imap.UID, raw []byte, now time.Time) channels.Inbound {
	return channels.Inbound{
		ChannelID:  channel,
		Kind:       Kind,
		ExternalID: strconv.FormatUint(uint64(validity), 10) + ":" + strconv.FormatUint(uint64(uid), 10),
		Raw:        raw,
		Options:    channels.Options{Trusted: in.Trusted, GroupID: in.GroupID},
		ReceivedAt: now,
	}
}

// known asks which messages were brought in before. Only kept mail can come twice: deleted mail
// is gone before anybody could show it to us again.
func (r *run) known(ctx context.Context, got map[imap.UID]fetched) (map[string]bool, error) {
	if r.inbound.Known == nil || !r.inbound.Keep {
		return nil, nil
	}
	var ids []string
	for _, one := range got {
		if id := scanHeader(one.raw).messageID; id != "" {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return r.inbound.Known(ctx, r.channelID, ids)
}

// marking is a change of flags that the server has not confirmed yet.
type marking struct {
	command *imapclient.FetchCommand
	uids    imap.UIDSet
	count   int
}

// takenFlag tells the mail that we marked as deleted from what people did.
const takenFlag imap.Flag = "$PostroomTaken"

// mark asks the server to flag messages. The answer comes after the bodies asked for before.
func (r *run) mark(uids imap.UIDSet, count int) {
	flags := []imap.Flag{imap.FlagDeleted}
	switch {
	case r.inbound.Keep:
		flags = []imap.Flag{imap.FlagSeen}
	case r.session.keywords:
		flags = append(flags, takenFlag)
	}
	change := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: flags}
	r.marking = &marking{command: r.session.client.Store(uids, change, nil), uids: uids, count: count}
}

// confirm waits until the marks are made. The line may break once more. Mail that the server refuses
// to mark stays, is known by its name when it is fetched again, and must not keep other mail away.
func (r *run) confirm(ctx context.Context) error {
	for r.marking != nil {
		err := r.session.within(ctx, r.inbound.limits.store, r.marking.command.Close)
		if lost(err) {
			if err := r.reconnect(ctx, err); err != nil {
				return err
			}
			continue
		}
		r.marked(ctx, err)
		r.marking = nil
	}
	return nil
}

// marked notes the server's answer to the marking: nil, or that it refuses.
func (r *run) marked(ctx context.Context, refusal error) {
	uids, _ := r.marking.uids.Nums() // no range is open
	for _, uid := range uids {
		if refusal == nil {
			r.left.taken(uid)
			continue
		}
		r.left.add(uid, r.session.validity, fmt.Sprintf("  - message %d was received but can't be marked: %s", uid, refusal), time.Now())
	}
	if refusal != nil {
		r.log.WarnContext(ctx, "messages were received but can't be marked", "channel_id", r.channelID, "messages", len(uids), "error", refusal)
	} else if !r.inbound.Keep {
		r.doomed.add(r.session.validity, r.marking.uids, r.marking.count)
	}
}

// doomed is mail that we marked as deleted and that the server still has to remove.
type doomed struct {
	validity uint32
	uids     imap.UIDSet
	count    int
	failures int
}

// maxExpunges is how often mail is tried to be removed. Marked it is in any case.
const maxExpunges = 2

func (d *doomed) add(validity uint32, uids imap.UIDSet, count int) {
	d.validity = validity
	d.uids.AddSet(uids)
	d.count += count
}

func (d *doomed) forget(validity uint32) {
	if d.validity != validity {
		*d = doomed{}
	}
}

// expunge removes what is marked as deleted, if that is at least so many messages.
func (r *run) expunge(ctx context.Context, least int) error {
	if r.doomed.count < least {
		return nil
	}
	err := r.session.within(ctx, r.inbound.limits.expunge, func() error { return r.session.expunge(r.doomed.uids) })
	switch {
	case err == nil:
		r.doomed = doomed{}
		return nil
	case errors.Is(err, errOthersMarked): // until they are gone
	case lost(err):
		if r.doomed.failures++; r.doomed.failures >= maxExpunges {
			r.doomed = doomed{}
		}
		return fmt.Errorf("expunge: %w", err)
	default:
		r.doomed = doomed{}
	}
	r.log.WarnContext(ctx, "received messages are marked as deleted but can't be removed", "channel_id", r.channelID, "error", err)
	r.report.Notices = []string{"  - received messages are marked as deleted but can't be removed: " + err.Error()}
	return nil
}
