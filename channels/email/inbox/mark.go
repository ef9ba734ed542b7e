package inbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

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

var errOthersMarked = errors.New("others are marked, too, and the server can't tell them apart")

// expunge removes marked messages. Where the server can remove only all that are marked, those that
// somebody else marked are that person's to remove, or to bring back.
func (s *session) expunge(uids imap.UIDSet) error {
	if s.uidPlus {
		return s.client.UIDExpunge(uids).Close()
	}
	marked, err := s.client.UIDSearch(&imap.SearchCriteria{Flag: []imap.Flag{imap.FlagDeleted}}, nil).Wait()
	if err != nil {
		return err
	}
	for _, uid := range marked.AllUIDs() {
		if !uids.Contains(uid) {
			return errOthersMarked
		}
	}
	return s.client.Expunge().Close()
}
