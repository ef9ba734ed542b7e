package main

import (
	"context"
	"fmt"
	"net/url"
	"time"
)

// benchLatency measures (b): a mail delivered into an idle mailbox until its ticket is found over REST.
func benchLatency(ctx context.Context, b *bench) error {
	dovecot, err := b.startMail(ctx)
	if err != nil {
		return err
	}
	if err := b.connectMailbox(ctx, dovecot); err != nil {
		return err
	}
	mails, err := newAppender(dovecot)
	if err != nil {
		return err
	}
	defer mails.close()
	var times []time.Duration
	for i := range b.size.probes + 1 {
		took, err := b.probe(ctx, i, mails)
		if err != nil {
			return err
		}
		if i > 0 { // the first one waits for the mailbox to be connected at all
			times = append(times, took)
		}
	}
	notes := fmt.Sprintf("%d mails, one after the other; REST asked every 20 ms", len(times))
	b.report.add("(b) IMAP APPEND to ticket visible, p50", ms(percentile(times, 50)), "", notes)
	b.report.add("(b) IMAP APPEND to ticket visible, p95", ms(percentile(times, 95)), "1000 ms", notes)
	return nil
}

// probe delivers one mail and times how long it takes to become a ticket.
func (b *bench) probe(ctx context.Context, i int, mails *appender) (time.Duration, error) {
	marker := fmt.Sprintf("probe-%d-%d", time.Now().UnixNano(), i)
	raw := fmt.Appendf(nil, "From: Prober <prober@example.net>\r\nTo: %s\r\nSubject: %s\r\nMessage-ID: <%s@example.net>\r\n\r\nHow long?\r\n", mailbox, marker, marker)
	started := time.Now()
	if err := mails.append(raw); err != nil {
		return 0, err
	}
	err := b.waitFor(ctx, often, time.Minute, func() error {
		var found []struct{ Title string }
		err := b.get(ctx, "/api/v1/tickets/search?expand=true&query="+url.QueryEscape(marker), &found)
		if err == nil && len(found) == 0 {
			err = fmt.Errorf("no ticket %s", marker)
		}
		return err
	})
	return time.Since(started), err
}
