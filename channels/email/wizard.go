package email

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"

	"postroom/channels"
)

// Wizard checks accounts before they become channels. Inbound and outbound sides come as they are
// stored: adapter and options. What is wrong with an account is a *channels.SetupError; what
// can't be read at all, such as an unknown adapter, is a *desk.InvalidError.
type Wizard struct {
	FQDN     string        // our own name, for EHLO and for the marks of our mail
	Resolver *net.Resolver // nil: the system's
	Interval time.Duration // between two looks for the mail of a round trip; 0: 5 s
	Looks    int           // for that mail; 0: 9

	guess func(domain string, mx []string) (inbound, outbound []guess) // nil: guesses
}

const (
	usualInterval = 5 * time.Second
	usualLooks    = 9
	newestLooked  = 100 // messages in which the mail of a round trip is looked for
)

// CheckInbound logs in to a mailbox and counts the mail in it. A mailbox with nothing but the
// mail of wizards counts as empty.
func (w *Wizard) CheckInbound(ctx context.Context, inbound map[string]any) (messages int, err error) {
	in, err := ParseInbound(inbound)
	if err != nil {
		return 0, err
	}
	in.limits = checkLimits
	session, err := openSession(ctx, in)
	if err != nil {
		return 0, setupError(channels.InboundSide, in.Host, err)
	}
	defer session.quit()
	content, err := session.hasContent(ctx)
	if err != nil {
		return 0, setupError(channels.InboundSide, in.Host, err)
	}
	if !content {
		return 0, nil
	}
	return int(session.count), nil
}

// hasContent looks for a mail that no wizard sent.
func (s *session) hasContent(ctx context.Context) (bool, error) {
	const step = 100 // messages a command
	for first := uint32(1); first <= s.count; first += step {
		var set imap.SeqSet
		set.AddRange(first, min(first+step-1, s.count))
		found := false
		err := s.headers(ctx, set, func(_ imap.UID, header []byte) {
			head := scanHeader(header)
			found = found || !head.verify && !head.ignore
		})
		if found || err != nil {
			return found, err
		}
	}
	return false, nil
}

// headers shows the header blocks of messages.
func (s *session) headers(ctx context.Context, set imap.NumSet, show func(uid imap.UID, header []byte)) error {
	section := &imap.FetchItemBodySection{Specifier: imap.PartSpecifierHeader, Peek: true}
	return s.within(ctx, s.limits.details, func() error {
		command := s.client.Fetch(set, &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{section}})
		return s.messages(command, 0, func(uid imap.UID, one fetched) { show(uid, one.raw) })
	})
}

// discard takes the mail of outbound checks and throws it away (reference/email.md 1.7).
const discard = "verify-external-smtp-sending@discard.zammad.org"

// CheckOutbound sends a mail from an address to somewhere far away, where it is thrown away: only
// so it shows that a server takes mail for others than its own people. Without an address it only
// logs in.
func (w *Wizard) CheckOutbound(ctx context.Context, outbound map[string]any, from string) error {
	sender, err := NewSender(outbound)
	if err != nil {
		return err
	}
	host := ""
	switch sender := sender.(type) {
	case *smtpSender:
		sender.server.open, sender.server.read = checkLimits.login, checkLimits.fetch
		host = sender.server.host
		if from == "" {
			err = sender.check(ctx, w.FQDN)
		}
	case *sendmailSender:
		err = sender.check()
	}
	if err == nil && from != "" {
		err = w.sendProbe(ctx, sender, from, discard, "")
	}
	if err != nil && !harmless(err) {
		return setupError(channels.OutboundSide, host, err)
	}
	return nil
}

// harmless are refusals that tell nothing against an account: the server works, it only doesn't
// like a probe.
func harmless(err error) bool {
	text := strings.ToLower(err.Error())
	return strings.Contains(text, "recipient address rejected") || strings.Contains(text, "sender address rejected: domain not found")
}

// Verify sends a mail from an address to itself, waits until it is in the mailbox and deletes it.
// marker is part of its subject; empty: one is made up.
func (w *Wizard) Verify(ctx context.Context, inbound, outbound map[string]any, address, marker string) error {
	in, err := ParseInbound(inbound)
	if err != nil {
		return err
	}
	in.limits = checkLimits
	sender, err := NewSender(outbound)
	if err != nil {
		return err
	}
	if marker == "" {
		random := make([]byte, 10)
		_, _ = rand.Read(random) // crypto/rand never fails
		marker = "#" + hex.EncodeToString(random)
	}
	if err := w.sendProbe(ctx, sender, address, address, marker); err != nil {
		host, _ := outbound["options"].(map[string]any)
		return setupError(channels.OutboundSide, options(host).text("host"), err)
	}
	if err := w.await(ctx, in, marker); err != nil {
		return setupError(channels.InboundSide, in.Host, err)
	}
	return nil
}

// deliverer is a sender that takes a message as it is.
type deliverer interface {
	deliver(ctx context.Context, letter letter, fqdn string) error
}

// sendProbe sends a mail that every installation recognizes as a test. Without a marker nobody looks for it.
func (w *Wizard) sendProbe(ctx context.Context, sender channels.Sender, from, to, marker string) error {
	now := time.Now().UTC()
	random := make([]byte, 16)
	_, _ = rand.Read(random)
	fqdn := w.FQDN
	if fqdn == "" {
		fqdn = "localhost"
	}
	marks := []string{
		"X-Zammad-Ignore", "true",
		"X-Zammad-Verify", "true",
		"X-Zammad-Verify-Time", now.Format(time.RFC3339),
		"X-Zammad-Fqdn", fqdn,
		"X-Loop", "yes",
		"Precedence", "bulk",
		"Auto-Submitted", "auto-generated",
		"X-Auto-Response-Suppress", "All",
	}
	if marker != "" {
		marks = append(marks, "X-Zammad-Test-Message", marker)
	}
	letter, err := compose(channels.Outbound{
		MessageID: "<" + hex.EncodeToString(random) + "@" + fqdn + ">",
		From:      from,
		To:        to,
		Subject:   strings.TrimSpace("Postroom test message " + marker),
		Body:      "This is a test message of Postroom. It shows that mail from this address arrives.\n",
	}, now, marks...)
	if err != nil {
		return err
	}
	return sender.(deliverer).deliver(ctx, letter, w.FQDN)
}

var errNotArrived = errors.New("verify not ok: the test message did not arrive")

// await looks for the mail of a round trip, again and again for a while.
func (w *Wizard) await(ctx context.Context, in Inbound, marker string) error {
	interval, looks := w.Interval, w.Looks
	if interval <= 0 {
		interval = usualInterval
	}
	if looks <= 0 {
		looks = usualLooks
	}
	pause := time.NewTicker(interval)
	defer pause.Stop()
	for range looks {
		select {
		case <-pause.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		found, err := findProbe(ctx, in, marker)
		if found || err != nil {
			return err
		}
	}
	return errNotArrived
}

// findProbe looks for the marker among the newest mail and deletes the mail that has it.
func findProbe(ctx context.Context, in Inbound, marker string) (bool, error) {
	session, err := openSession(ctx, in)
	if err != nil {
		return false, err
	}
	defer session.quit()
	if session.count == 0 {
		return false, nil
	}
	var newest imap.SeqSet
	newest.AddRange(session.count-min(session.count, newestLooked)+1, session.count)
	var hits imap.UIDSet
	err = session.headers(ctx, newest, func(uid imap.UID, header []byte) {
		for name, value := range headerFields(header) {
			if (name == "X-Zammad-Test-Message" || strings.EqualFold(name, "Subject")) && strings.Contains(value, marker) {
				hits.AddNum(uid)
			}
		}
	})
	if err != nil || len(hits) == 0 {
		return false, err
	}
	err = session.within(ctx, in.limits.store, func() error { return session.remove(hits) })
	if err != nil {
		return true, fmt.Errorf("delete the test message: %w", err)
	}
	return true, nil
}

// remove deletes messages for good.
func (s *session) remove(uids imap.UIDSet) error {
	deleted := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagDeleted}}
	if err := s.client.Store(uids, deleted, nil).Close(); err != nil {
		return err
	}
	err := s.expunge(uids)
	if errors.Is(err, errOthersMarked) {
		return nil // whoever removes those removes ours along
	}
	return err
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
