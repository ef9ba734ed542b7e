package email

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"

	"postroom/channels"
	"postroom/internal/desk"
)

const (
	batchCount   = 50
	batchBytes   = 4 << 20
	expungeEvery = 500 // messages
	maxReconnect = 20  // in one poll
)

// Mailbox is a folder on an IMAP server. It serves one caller at a time.
type Mailbox struct {
	inbound   Inbound
	channelID desk.ChannelID
	log       *slog.Logger
	session   *session  // nil: not connected
	left      leftovers // mail that can't be fetched
	doomed    doomed    // mail marked as deleted, to be expunged
	more      bool      // the last poll stopped at its limit
}

var _ channels.Poller = (*Mailbox)(nil)

// NewMailbox returns the mailbox of a channel; it connects at the first Poll.
func NewMailbox(inbound Inbound, channelID desk.ChannelID, log *slog.Logger) *Mailbox {
	if inbound.limits == (limits{}) {
		inbound.limits = usualLimits
	}
	return &Mailbox{inbound: inbound, channelID: channelID, log: log, left: leftovers{}}
}

// Poll hands over what is new, oldest first, and then marks it as seen or deletes it.
func (m *Mailbox) Poll(ctx context.Context, receive channels.Receive) (channels.Report, error) {
	if err := m.connect(ctx); err != nil {
		return channels.Report{}, err
	}
	found, err := m.list(ctx)
	if err != nil {
		m.hangUp()
		return channels.Report{}, err
	}
	work, done := graceful(ctx, m.inbound.limits.grace)
	defer done()
	run := &run{Mailbox: m, receive: receive, stop: ctx, all: found.all}
	if err = run.work(work, found.mails); err != nil {
		m.hangUp()
	}
	m.more = found.more && run.moved > 0 // where nothing moves there is no hurry
	run.report.Notices = notices(slices.Concat(run.report.Notices, m.tooLarge(found), m.left.notices()))
	return run.report, errors.Join(err, ctx.Err())
}

// graceful returns a context that outlives ctx by grace: the batch in hand is finished.
func graceful(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.NewTimer(grace)
		defer timer.Stop()
		select {
		case <-timer.C:
			cancel()
		case <-longer.Done():
		}
	})
	return longer, func() { stop(); cancel() }
}

// connect makes sure there is a live session.
func (m *Mailbox) connect(ctx context.Context) error {
	if m.session != nil && !m.session.alive(ctx) {
		m.hangUp()
	}
	if m.session == nil {
		session, err := openSession(ctx, m.inbound)
		if err != nil {
			return err
		}
		m.session = session
		m.doomed.forget(session.validity)
		if err := m.inherit(ctx); err != nil {
			m.hangUp()
			return err
		}
	}
	m.session.hasArrived() // what was announced until now will be found
	m.left.forget(m.session.validity)
	return nil
}

// inherit finds the mail that a process before us received and marked, and then could not remove.
func (m *Mailbox) inherit(ctx context.Context) error {
	if m.inbound.Keep || !m.session.keywords || m.doomed.count > 0 {
		return nil
	}
	return m.session.within(ctx, m.inbound.limits.search, func() error {
		criteria := &imap.SearchCriteria{Flag: []imap.Flag{imap.FlagDeleted, takenFlag}}
		found, err := m.session.client.UIDSearch(criteria, nil).Wait()
		if err != nil && lost(err) {
			return err
		}
		if err != nil {
			return nil // without the extra they just stay
		}
		uids := found.AllUIDs()
		uids = uids[:min(len(uids), expungeEvery)]
		m.doomed.add(m.session.validity, imap.UIDSetNum(uids...), len(uids))
		return nil
	})
}

// reopen makes a new session after the old one broke.
func (m *Mailbox) reopen(ctx context.Context) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	validity := m.session.validity
	m.hangUp()
	session, err := openSession(ctx, m.inbound)
	if err != nil {
		return err
	}
	m.session = session
	if session.validity != validity {
		return errors.New("the folder was replaced while it was fetched")
	}
	return nil
}

// hangUp drops a session in whatever state it is.
func (m *Mailbox) hangUp() {
	if m.session != nil {
		m.session.cut()
		m.session = nil
	}
}

// Close ends the connection. The next Poll makes a new one.
func (m *Mailbox) Close() error {
	if m.session != nil {
		m.session.quit()
		m.session = nil
	}
	return nil
}

// listed is a message that waits to be fetched.
type listed struct {
	uid   imap.UID
	size  int64 // bytes; -1: the server didn't say
	place int   // among all that wait, for people; counts from 1
}

// listing is what a poll found in its mailbox.
type listing struct {
	mails []listed // to be fetched
	large []listed // to be left alone
	all   int      // how many wait
	more  bool     // there are more than one poll takes
}

// list looks for mail until there is enough of it for one poll.
func (m *Mailbox) list(ctx context.Context) (found listing, err error) {
	uids, err := m.search(ctx)
	if err != nil {
		return listing{}, fmt.Errorf("search: %w", err)
	}
	m.left.retain(uids)
	found.all = len(uids)
	now := time.Now()
	var part []listed
	for i, uid := range uids {
		if !m.left.waits(uid, now) {
			part = append(part, listed{uid: uid, size: -1, place: i + 1})
		}
		if len(part) < detailsCount && i < len(uids)-1 {
			continue
		}
		if part, err = m.details(ctx, part); err != nil {
			// One message that can't even be described must not hide the others: without sizes
			// each is fetched alone.
			m.log.InfoContext(ctx, "asking for sizes broke off, messages are fetched one by one", "channel_id", m.channelID, "error", err)
			if err := m.reopen(ctx); err != nil {
				return listing{}, err
			}
		}
		for _, item := range part {
			if limit := m.inbound.MaxSize; limit > 0 && item.size > limit {
				found.large = append(found.large, item)
			} else {
				found.mails = append(found.mails, item)
			}
		}
		part = nil
		if most := m.inbound.limits.messages; len(found.mails) >= most {
			found.more = len(found.mails) > most || i < len(uids)-1
			found.mails = found.mails[:most]
			break
		}
	}
	return found, nil
}

func (m *Mailbox) tooLarge(found listing) (notices []string) {
	for _, item := range found.large {
		notices = append(notices, item.tooLarge(found.all, item.size, m.inbound.MaxSize))
	}
	return notices
}

// tooLarge says of a message that it is.
func (item listed) tooLarge(all int, size, limit int64) string {
	const mb = 1 << 20
	return fmt.Sprintf("  - ignore message %d/%d - because message is too large (is:%.2f MB/max:%.2f MB)",
		item.place, all, float64(size)/mb, float64(limit)/mb)
}

// maxNotices is how many messages are named; a mailbox may hold thousands of them.
const maxNotices = 20

func notices(all []string) []string {
	if len(all) <= maxNotices {
		return all
	}
	return append(all[:maxNotices:maxNotices], fmt.Sprintf("  - and %d more", len(all)-maxNotices))
}

// search returns the UIDs of new mail, oldest first.
func (m *Mailbox) search(ctx context.Context) (uids []imap.UID, err error) {
	criteria := &imap.SearchCriteria{NotFlag: []imap.Flag{imap.FlagDeleted}}
	if m.inbound.Keep {
		criteria.NotFlag = append(criteria.NotFlag, imap.FlagSeen)
	}
	err = m.session.within(ctx, m.inbound.limits.search, func() error {
		found, err := m.session.client.UIDSearch(criteria, nil).Wait()
		if err != nil {
			return err
		}
		uids = found.AllUIDs()
		return nil
	})
	return uids, err
}
