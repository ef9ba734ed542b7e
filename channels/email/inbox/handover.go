package inbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"postroom/channels"
	"postroom/internal/desk"
)

// Kind is what messages of this channel are called in channels.Inbound.
const Kind = "email"

// box is what the mailboxes of all protocols have in common.
type box[ID cmp.Ordered] struct {
	inbound   Inbound
	channelID desk.ChannelID
	log       *slog.Logger
	left      leftovers[ID] // mail that can't be fetched
	more      bool          // the last poll stopped at its limit
}

func newBox[ID cmp.Ordered](inbound Inbound, channelID desk.ChannelID, log *slog.Logger) box[ID] {
	if inbound.limits == (limits{}) {
		inbound.limits = usualLimits
	}
	return box[ID]{inbound: inbound, channelID: channelID, log: log, left: leftovers[ID]{}}
}

// round is how the messages of one poll get to receive.
type round[ID cmp.Ordered] struct {
	box      *box[ID]
	receive  channels.Receive
	name     func(ID) string              // external id
	received func(id ID, raw []byte) bool // by us, before; nil: no message is
	validity uint32                       // UIDVALIDITY
	all      int                          // messages that wait in the mailbox
	moved    int                          // messages that the next poll won't list: received, known or left alone
	report   channels.Report
}

// fetched is a message as the server gave it, or why it didn't.
type fetched struct {
	raw []byte
	err error // of this message alone
}

// handed is a message on its way to receive. One that is known is only acknowledged.
type handed[ID cmp.Ordered] struct {
	listed[ID]
	message channels.Inbound
	known   bool
}

// handOver gives a batch to receive and returns what may be acknowledged.
func (r *round[ID]) handOver(ctx context.Context, batch []listed[ID], got map[ID]fetched) (ids []ID, err error) {
	all, err := r.prepare(ctx, batch, got)
	if err != nil {
		return nil, err
	}
	taken, err := r.offer(ctx, all)
	r.moved += len(taken)
	for _, item := range taken {
		ids = append(ids, item.id)
		if !item.known {
			r.report.Fetched++
		}
	}
	return ids, err
}

// prepare sorts out what is not for receive.
func (r *round[ID]) prepare(ctx context.Context, batch []listed[ID], got map[ID]fetched) (all []handed[ID], err error) {
	known, err := r.known(ctx, got)
	if err != nil {
		return nil, fmt.Errorf("known messages: %w", err)
	}
	now := time.Now().UTC()
	for _, item := range batch {
		one, there := got[item.id]
		if !there {
			continue
		}
		if one.err != nil {
			r.leave(ctx, item, one.err)
			continue
		}
		head := scanHeader(one.raw)
		if until, fresh := head.freshVerify(now); fresh { // the account wizard waits for it
			r.box.left.postpone(item.id, r.validity, until)
			r.moved++
			continue
		}
		if r.tooLarge(one.raw) {
			err := r.refuse(ctx, item, one.raw)
			switch {
			case err == nil:
				all = append(all, handed[ID]{listed: item, known: true})
			case ctx.Err() != nil || errors.Is(err, desk.ErrUnavailable):
				return nil, err
			default:
				r.leave(ctx, item, err)
			}
			continue
		}
		had := known[head.messageID] || r.received != nil && r.received(item.id, one.raw)
		all = append(all, handed[ID]{listed: item, message: r.message(item.id, one.raw, now), known: had})
	}
	return all, nil
}

func (r *round[ID]) tooLarge(raw []byte) bool {
	in := r.box.inbound
	return in.Refuse != nil && in.MaxSize > 0 && int64(len(raw)) > in.MaxSize
}

// refuse has a message kept apart that is too large.
func (r *round[ID]) refuse(ctx context.Context, item listed[ID], raw []byte) error {
	if err := r.box.inbound.Refuse(ctx, r.box.channelID, raw); err != nil {
		return fmt.Errorf("message that is too large: %w", err)
	}
	r.report.Fetched++
	if len(r.report.Remarks) < maxNotices {
		r.report.Remarks = append(r.report.Remarks, item.refused(r.all, int64(len(raw)), r.box.inbound.MaxSize))
	}
	r.box.log.InfoContext(ctx, "message is too large, kept apart", "channel_id", r.box.channelID, "uid", item.id, "size", len(raw))
	return nil
}

// offer hands messages to receive, together and, if that fails for a reason of theirs, one by
// one: those that nothing is wrong with get in. It returns what may be marked.
func (r *round[ID]) offer(ctx context.Context, all []handed[ID]) (taken []handed[ID], err error) {
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
	refused := map[ID]error{}
	for _, item := range all {
		if item.known {
			taken = append(taken, item)
			continue
		}
		if why := r.receive(ctx, []channels.Inbound{item.message}); why != nil {
			if ctx.Err() != nil || errors.Is(why, desk.ErrUnavailable) {
				return taken, why
			}
			refused[item.id] = why
			continue
		}
		taken = append(taken, item)
	}
	if len(refused) == len(messages) {
		return nil, err // it is not the messages' fault
	}
	for _, item := range all {
		if why := refused[item.id]; why != nil {
			r.leave(ctx, item.listed, why)
		}
	}
	return taken, nil
}

func (r *round[ID]) message(id ID, raw []byte, now time.Time) channels.Inbound {
	return channels.Inbound{
		ChannelID:  r.box.channelID,
		Kind:       Kind,
		ExternalID: r.name(id),
		Raw:        raw,
		Options:    channels.Options{Trusted: r.box.inbound.Trusted, GroupID: r.box.inbound.GroupID},
		ReceivedAt: now,
	}
}

// known asks which messages were brought in before. Only kept mail can come twice: deleted mail
// is gone before anybody could show it to us again.
func (r *round[ID]) known(ctx context.Context, got map[ID]fetched) (map[string]bool, error) {
	if r.box.inbound.Known == nil || !r.box.inbound.Keep {
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
	return r.box.inbound.Known.KnownMessages(ctx, r.box.channelID, ids)
}

// leave notes a message that stays on the server.
func (r *round[ID]) leave(ctx context.Context, item listed[ID], err error) {
	notice := fmt.Sprintf("  - ignore message %d/%d - because it can't be fetched: %s", item.place, r.all, err)
	if large, ok := errors.AsType[*tooLargeError](err); ok {
		notice = item.tooLarge(r.all, large.size, r.box.inbound.most())
	}
	r.box.log.WarnContext(ctx, "message can't be fetched and stays in its mailbox",
		"channel_id", r.box.channelID, "uid", item.id, "error", err)
	r.box.left.add(item.id, r.validity, notice, time.Now())
	r.moved++
}
