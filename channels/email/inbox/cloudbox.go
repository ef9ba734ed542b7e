package inbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"postroom/channels"
	"postroom/channels/email/graph"
	"postroom/internal/desk"
)

// Cloudbox is a folder of a mailbox at Microsoft, by way of its REST interface. It serves one caller at a time.
//
// Messages keep their names wherever they are moved, so nothing has to be remembered: one whose
// acknowledgement failed is listed again, and known by its name to who receives it.
type Cloudbox struct {
	box[string]
	client *graph.Client
}

var _ channels.Poller = (*Cloudbox)(nil)

// NewCloudbox returns the mailbox of a channel; it connects at the first Poll.
func NewCloudbox(inbound Inbound, channelID desk.ChannelID, log *slog.Logger) *Cloudbox {
	return &Cloudbox{box: newBox[string](inbound, channelID, log), client: graph.New(inbound.GraphURL, inbound.Web, inbound.User, inbound.Tokens)}
}

// Poll hands over what is new, oldest first, and then marks it as read or deletes it.
func (m *Cloudbox) Poll(ctx context.Context, receive channels.Receive) (channels.Report, error) {
	m.more = false
	found, err := m.list(ctx)
	if err != nil {
		return channels.Report{}, err
	}
	r := &rounds{Cloudbox: m, round: round[string]{
		box: &m.box, receive: receive, all: found.all,
		name: func(id string) string { return "graph:" + id },
	}}
	work, done := graceful(ctx, m.inbound.limits.grace)
	defer done()
	for _, batch := range cut(found.mails) {
		if ctx.Err() != nil {
			break
		}
		if err = r.take(work, batch); err != nil {
			break
		}
	}
	m.more = found.more && r.moved > 0 && err == nil // where nothing moves there is no hurry
	r.report.Notices = notices(slices.Concat(r.report.Notices, found.tooLarge(m.inbound.most()), m.left.notices()))
	return r.report, errors.Join(err, ctx.Err())
}

// Wait can't tell: who wants to be told of mail has to be reachable from Microsoft.
func (m *Cloudbox) Wait(context.Context) error {
	if m.more {
		return nil
	}
	return channels.ErrCannotWait
}

// Close drops the connection.
func (m *Cloudbox) Close() error {
	m.client.Close()
	return nil
}

// maxListed bounds how many messages of a mailbox are looked at in one poll.
const maxListed = 50_000

// list looks for mail until there is enough of it for one poll.
func (m *Cloudbox) list(ctx context.Context) (found listing[string], err error) {
	now, most := time.Now(), m.inbound.limits.messages
	seen := map[string]bool{} // pages shift while mail arrives
	err = m.client.Messages(ctx, m.inbound.Folder, m.inbound.Keep, func(message graph.Message) bool {
		if seen[message.ID] {
			return len(seen) < maxListed
		}
		if len(found.mails) == most || len(seen) == maxListed {
			found.more = true
			return false
		}
		seen[message.ID] = true
		found.all++
		if !m.left.waits(message.ID, now) {
			found.add(listed[string]{id: message.ID, size: message.Size, place: found.all}, m.inbound.most())
		}
		return true
	})
	if err != nil {
		return listing[string]{}, err
	}
	if !found.more {
		m.left.retain(slices.Collect(maps.Keys(seen)))
	}
	return found, nil
}

// rounds is one poll.
type rounds struct {
	*Cloudbox
	round[string]
	broken int // messages in a row that the server failed to show
}

// take fetches a batch, hands it over and acknowledges it.
func (r *rounds) take(ctx context.Context, batch []listed[string]) error {
	got := map[string]fetched{}
	for _, item := range batch {
		one, there, err := r.fetch(ctx, item.id)
		if err != nil {
			return err
		}
		if there {
			got[item.id] = one
		}
	}
	taken, err := r.handOver(ctx, batch, got)
	for _, id := range taken {
		if err := r.acknowledge(ctx, id); err != nil {
			return err
		}
	}
	return err
}

// brokenInRow is how many messages in a row may fail until it is the server that is taken for broken.
const brokenInRow = 5

// fetch returns a message. An error is about the connection or the account; what is wrong with this
// message alone comes with it.
func (r *rounds) fetch(ctx context.Context, id string) (one fetched, there bool, err error) {
	raw, err := r.raw(ctx, id)
	if large, ok := errors.AsType[*graph.TooLargeError](err); ok {
		return fetched{err: &tooLargeError{large.Size}}, true, nil
	}
	refused, byServer := errors.AsType[*graph.Error](err)
	switch {
	case err == nil && len(raw) > 0:
		r.broken = 0
		return fetched{raw: raw}, true, nil
	case err == nil:
		return fetched{err: errNoBody}, true, nil
	case isLater(err) || ctx.Err() != nil || !byServer && !isBroken(err):
		return fetched{}, false, err
	case byServer && refused.Gone():
		return fetched{}, false, nil // somebody deleted it
	}
	if r.broken++; r.broken == brokenInRow {
		return fetched{}, false, err
	}
	return fetched{err: err}, true, nil
}

// raw asks for a message, and again where the answer breaks off.
func (r *rounds) raw(ctx context.Context, id string) (raw []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, r.inbound.limits.fetch)
	defer cancel()
	for range maxTries {
		if raw, err = r.client.Raw(ctx, id, r.inbound.most()); !isBroken(err) || ctx.Err() != nil {
			break
		}
	}
	return raw, err
}

func isBroken(err error) bool {
	_, broken := errors.AsType[*graph.BrokenError](err)
	return broken
}

// isLater reports whether the server wants to be left in peace.
func isLater(err error) bool {
	_, later := errors.AsType[*channels.LaterError](err)
	return later
}

// acknowledge marks a message as read, or deletes it. What the server refuses to change stays, is
// known by its name when it is fetched again, and must not keep other mail away.
func (r *rounds) acknowledge(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(ctx, r.inbound.limits.store)
	defer cancel()
	change := r.client.Delete
	if r.inbound.Keep {
		change = r.client.MarkRead
	}
	err := change(ctx, id)
	refused, byServer := errors.AsType[*graph.Error](err)
	switch {
	case err == nil || byServer && refused.Gone():
		r.left.taken(id)
		return nil
	case isLater(err) || !byServer || refused.Status >= 500:
		return err
	}
	r.log.WarnContext(ctx, "message was received but can't be marked", "channel_id", r.channelID, "error", err)
	r.left.add(id, 0, fmt.Sprintf("  - a message was received but can't be marked: %s", err), time.Now())
	return nil
}

// cloudCheck is a mailbox that somebody who waits in front of a form wants to see.
type cloudCheck struct {
	*Cloudbox
	count int
}

func openCloudCheck(ctx context.Context, in Inbound) (*cloudCheck, error) {
	c := &cloudCheck{Cloudbox: NewCloudbox(in, 0, slog.New(slog.DiscardHandler))}
	ctx, cancel := context.WithTimeout(ctx, in.limits.search)
	defer cancel()
	var err error
	c.count, err = c.client.Count(ctx, in.Folder)
	return c, err
}

func (c *cloudCheck) total() int { return c.count }
func (c *cloudCheck) quit()      { c.client.Close() }

// hasContent takes any mail for content: to look into each costs a request.
func (c *cloudCheck) hasContent(context.Context) (bool, error) { return c.count > 0, nil }

func (c *cloudCheck) hasOld(context.Context, time.Time) (bool, error) { return false, nil }

// takeProbe finds none: no test mail is sent to an account whose owner signed in.
func (c *cloudCheck) takeProbe(context.Context, string) (bool, error) { return false, nil }
