package email

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"net"
	"strings"
	"time"

	"postroom/channels"
	"postroom/channels/email/account"
	"postroom/channels/email/inbox"
	"postroom/channels/email/letter"
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

	// People wait in front of a form.
	checkOpen = 8 * time.Second
	checkRead = 30 * time.Second
)

// CheckInbound logs in to a mailbox and looks at the mail in it.
func (w *Wizard) CheckInbound(ctx context.Context, inbound map[string]any) (found channels.Mailbox, err error) {
	in, err := inbox.ParseInbound(inbound)
	if err != nil {
		return found, err
	}
	if found, err = inbox.Look(ctx, in); err != nil {
		return found, setupError(channels.InboundSide, in.Host, err)
	}
	return found, nil
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
		sender.server.open, sender.server.read = checkOpen, checkRead
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
	in, err := inbox.ParseInbound(inbound)
	if err != nil {
		return err
	}
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
		return setupError(channels.OutboundSide, account.Options(host).Text("host"), err)
	}
	if err := w.await(ctx, in, marker); err != nil {
		return setupError(channels.InboundSide, in.Host, err)
	}
	return nil
}

// deliverer is a sender that takes a message as it is.
type deliverer interface {
	deliver(ctx context.Context, mail letter.Letter, fqdn string) error
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
	mail, err := letter.Compose(channels.Outbound{
		MessageID: "<" + hex.EncodeToString(random) + "@" + fqdn + ">",
		From:      from,
		To:        to,
		Subject:   strings.TrimSpace("Postroom test message " + marker),
		Body:      "This is a test message of Postroom. It shows that mail from this address arrives.\n",
	}, now, marks...)
	if err != nil {
		return err
	}
	return sender.(deliverer).deliver(ctx, mail, w.FQDN)
}

var errNotArrived = errors.New("verify not ok: the test message did not arrive")

// await looks for the mail of a round trip, again and again for a while.
func (w *Wizard) await(ctx context.Context, in inbox.Inbound, marker string) error {
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
		found, err := inbox.TakeProbe(ctx, in, marker)
		if found || err != nil {
			return err
		}
	}
	return errNotArrived
}
