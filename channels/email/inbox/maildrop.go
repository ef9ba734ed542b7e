package inbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"postroom/channels"
	"postroom/channels/email/pop3"
	"postroom/internal/desk"
)

// Maildrop is a mailbox on a POP3 server. It serves one caller at a time.
//
// A session lasts one poll: the server shows what was there when it began, and deletes what it was
// told to only when it ends in good manners.
type Maildrop struct {
	box[string]
	source   string                       // part of the messages' names
	kept     map[string]bool              // messages on the server that we have; where mail is kept
	doubtful map[string][sha256.Size]byte // messages that we have and that may have been deleted, with their hashes
}

var _ channels.Poller = (*Maildrop)(nil)

// NewMaildrop returns the mailbox of a channel; each Poll connects anew.
func NewMaildrop(inbound Inbound, channelID desk.ChannelID, log *slog.Logger) *Maildrop {
	// Some servers count their messages from 1: a channel that is moved to another mailbox must not
	// take its mail for that of the former one.
	sum := sha256.Sum256([]byte(inbound.User + "\x00" + inbound.Host))
	return &Maildrop{
		box: newBox[string](inbound, channelID, log), source: hex.EncodeToString(sum[:4]),
		kept: map[string]bool{}, doubtful: map[string][sha256.Size]byte{},
	}
}

// Poll hands over what is new, oldest first, and then deletes it, unless it is to be kept.
func (m *Maildrop) Poll(ctx context.Context, receive channels.Receive) (channels.Report, error) {
	m.more = false
	session, err := openMaildrop(ctx, m.inbound)
	if err != nil {
		return channels.Report{}, err
	}
	v := &visit{Maildrop: m, session: session, stop: ctx, doomed: map[string][sha256.Size]byte{}}
	defer v.leaveOff()
	found, err := m.list(ctx, session.messages)
	if err != nil {
		return channels.Report{}, err
	}
	v.round = round[string]{box: &m.box, receive: receive, all: found.all, name: m.name, received: m.has}
	work, done := graceful(ctx, m.inbound.limits.grace)
	defer done()
	err = v.work(work, found.mails)
	m.more = found.more && v.moved > 0 // where nothing moves there is no hurry
	v.report.Notices = notices(slices.Concat(v.report.Notices, found.tooLarge(m.inbound.most()), m.left.notices()))
	return v.report, errors.Join(err, ctx.Err())
}

// Wait can't tell: POP3 announces nothing.
func (m *Maildrop) Wait(context.Context) error {
	if m.more {
		return nil
	}
	return channels.ErrCannotWait
}

// Close has nothing to do: no session outlives its poll.
func (m *Maildrop) Close() error { return nil }

// name is what a message is called outside this mailbox.
func (m *Maildrop) name(uid string) string { return m.source + ":" + uid }

// has reports whether we have this message. Servers may give the name of a deleted message to
// another one, so its bytes are compared.
func (m *Maildrop) has(uid string, raw []byte) bool {
	sum, ok := m.doubtful[uid]
	return ok && sum == sha256.Sum256(raw)
}

// list finds enough mail for one poll. Of messages with the same name, which are copies or a
// server's mistake, it takes one.
func (m *Maildrop) list(ctx context.Context, all []pop3.Message) (found listing[string], err error) {
	there := make(map[string]bool, len(all))
	var uids []string
	for _, message := range all {
		if !there[message.UID] {
			uids = append(uids, message.UID)
		}
		there[message.UID] = true
	}
	m.left.retain(uids)
	maps.DeleteFunc(m.kept, func(uid string, _ bool) bool { return !there[uid] })
	maps.DeleteFunc(m.doubtful, func(uid string, _ [sha256.Size]byte) bool { return !there[uid] })
	if err := m.recall(ctx, uids); err != nil {
		return found, err
	}
	found.all = len(uids) - len(m.kept)
	found.more = !m.inbound.Keep && len(uids) < len(all)
	now, place := time.Now(), 0
	for _, message := range all {
		if !there[message.UID] || m.kept[message.UID] {
			continue
		}
		there[message.UID] = false
		if place++; m.left.waits(message.UID, now) {
			continue
		}
		if len(found.mails) == m.inbound.limits.messages {
			found.more = true
			break
		}
		found.add(listed[string]{id: message.UID, size: message.Size, place: place}, m.inbound.most())
	}
	return found, nil
}

// recall finds out which messages we have, where mail stays on its server and nothing marks it there.
func (m *Maildrop) recall(ctx context.Context, uids []string) error {
	if !m.inbound.Keep || m.inbound.Known == nil {
		return nil
	}
	var names []string
	for _, uid := range uids {
		if !m.kept[uid] {
			names = append(names, m.name(uid))
		}
	}
	if len(names) == 0 {
		return nil
	}
	known, err := m.inbound.Known.KnownNames(ctx, m.channelID, names)
	if err != nil {
		return fmt.Errorf("known messages: %w", err)
	}
	for _, uid := range uids {
		if known[m.name(uid)] {
			m.kept[uid] = true
		}
	}
	return nil
}
