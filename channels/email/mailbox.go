package email

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/emersion/go-imap/v2"

	"postroom/channels"
	"postroom/internal/desk"
)

const (
	maxPerPoll   = 5000 // messages; then other mailboxes get a turn
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
	mails, all, err := m.list(ctx)
	if err != nil {
		m.hangUp()
		return channels.Report{}, err
	}
	work, done := graceful(ctx, m.inbound.limits.grace)
	defer done()
	run := &run{Mailbox: m, receive: receive, stop: ctx, all: all}
	if err = run.work(work, mails); err != nil {
		m.hangUp()
	}
	run.report.Notices = append(run.report.Notices, m.left.notices()...)
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
	}
	m.session.hasArrived() // what was announced until now will be found
	m.left.forget(m.session.validity)
	m.doomed.forget(m.session.validity)
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

// list returns the mail to be fetched in this poll, and how much there is in all.
func (m *Mailbox) list(ctx context.Context) (mails []listed, all int, err error) {
	uids, err := m.search(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("search: %w", err)
	}
	m.left.retain(uids)
	now := time.Now()
	for i, uid := range uids {
		if m.left.waits(uid, now) {
			continue
		}
		mails = append(mails, listed{uid: uid, size: -1, place: i + 1})
	}
	m.more = len(mails) > maxPerPoll
	if m.more {
		mails = mails[:maxPerPoll]
	}
	mails, err = m.details(ctx, mails)
	if err != nil {
		return nil, 0, fmt.Errorf("sizes: %w", err)
	}
	return mails, len(uids), nil
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
