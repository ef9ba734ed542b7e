package inbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"postroom/channels"
	"postroom/internal/desk"
)

const (
	expungeEvery = 500 // messages
	maxReconnect = 20  // in one poll
)

// Mailbox is a folder on an IMAP server. It serves one caller at a time.
type Mailbox struct {
	box[imap.UID]
	session *session // nil: not connected
	doomed  doomed   // mail marked as deleted, to be expunged
}

var _ channels.Poller = (*Mailbox)(nil)

// NewMailbox returns the mailbox of a channel; it connects at the first Poll.
func NewMailbox(inbound Inbound, channelID desk.ChannelID, log *slog.Logger) *Mailbox {
	return &Mailbox{box: newBox[imap.UID](inbound, channelID, log)}
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
	validity := m.session.validity
	run := &run{Mailbox: m, stop: ctx, round: round[imap.UID]{
		box: &m.box, receive: receive, all: found.all, validity: validity,
		name: func(uid imap.UID) string { return fmt.Sprintf("%d:%d", validity, uid) },
	}}
	if err = run.work(work, found.mails); err != nil {
		m.hangUp()
	}
	m.more = found.more && run.moved > 0 // where nothing moves there is no hurry
	run.report.Notices = notices(slices.Concat(run.report.Notices, found.tooLarge(m.inbound.most()), m.left.notices()))
	return run.report, errors.Join(err, ctx.Err())
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

// list looks for mail until there is enough of it for one poll.
func (m *Mailbox) list(ctx context.Context) (found listing[imap.UID], err error) {
	uids, err := m.search(ctx)
	if err != nil {
		return listing[imap.UID]{}, fmt.Errorf("search: %w", err)
	}
	m.left.retain(uids)
	found.all = len(uids)
	now := time.Now()
	var part []listed[imap.UID]
	for i, uid := range uids {
		if !m.left.waits(uid, now) {
			part = append(part, listed[imap.UID]{id: uid, size: -1, place: i + 1})
		}
		if len(part) < detailsCount && i < len(uids)-1 {
			continue
		}
		if part, err = m.details(ctx, part); err != nil {
			// One message that can't even be described must not hide the others: without sizes
			// each is fetched alone.
			m.log.InfoContext(ctx, "asking for sizes broke off, messages are fetched one by one", "channel_id", m.channelID, "error", err)
			if err := m.reopen(ctx); err != nil {
				return listing[imap.UID]{}, err
			}
		}
		for _, item := range part {
			found.add(item, m.inbound.most())
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

// search returns the UIDs of new mail, oldest first.
func (m *Mailbox) search(ctx context.Context) (uids []imap.UID, err error) {
	criteria := &imap.SearchCriteria{NotFlag: []imap.Flag{imap.FlagDeleted}}
	if m.inbound.Keep {
		criteria.NotFlag = append(criteria.NotFlag, imap.FlagSeen)
	}
	if m.inbound.Archive && m.session.sorts {
		if uids, err = m.sorted(ctx, criteria); err == nil || lost(err) {
			return uids, err
		}
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

// sorted is search by the dates that senders wrote: in an archive answers may lie before what they
// answer. New mail comes in its order anyway, and sorting is work for the server.
func (m *Mailbox) sorted(ctx context.Context, criteria *imap.SearchCriteria) (uids []imap.UID, err error) {
	byDate := &imapclient.SortOptions{SearchCriteria: criteria, SortCriteria: []imapclient.SortCriterion{{Key: imapclient.SortKeyDate}}}
	err = m.session.within(ctx, m.inbound.limits.search, func() error {
		found, err := m.session.client.UIDSort(byDate).Wait()
		for _, uid := range found {
			uids = append(uids, imap.UID(uid))
		}
		return err
	})
	return uids, err
}
