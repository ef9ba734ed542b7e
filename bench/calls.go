package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	eventsPerSecond = 500
	callSpan        = time.Minute
	callers         = 5000
)

// benchCalls measures how long a telephone system waits for its answer: calls come in, are answered and
// end, while agents look at nothing.
func benchCalls(ctx context.Context, b *bench) error {
	if err := b.startStores(ctx); err != nil {
		return err
	}
	if err := b.startProduct(ctx); err != nil {
		return err
	}
	for name, value := range map[string]string{
		"cti_integration": "true", "cti_token": `"bench"`,
		"cti_config": `{"inbound":{"block_caller_ids":[]},"outbound":{"routing_table":[]}}`,
	} {
		if _, err := b.postroom(ctx, "settings", "set", name, value); err != nil {
			return err
		}
	}
	address := b.base + "/api/v1/cti/bench"
	if err := b.waitFor(ctx, seldom, 10*time.Second, func() error { return callEvent(ctx, address, -3) }); err != nil {
		return err
	}
	events := int(callSpan/time.Second) * eventsPerSecond / 3 * 3
	times, span, err := atRate(ctx, eventsPerSecond, events, func(i int) error { return callEvent(ctx, address, i) })
	if err != nil {
		return err
	}
	lost, err := b.callsMissing(ctx, events/3)
	if err != nil {
		return err
	}
	b.report.add("(o) events of calls at 500/s, p99", ms(percentile(times, 99)), "25 ms", fmt.Sprintf("p50 %s, p95 %s, longest %s; %d events of %d calls in %.0f s, %d not in the log as they were",
		ms(percentile(times, 50)), ms(percentile(times, 95)), ms(percentile(times, 100)), events, events/3, span.Seconds(), lost))
	return nil
}

// callEvent is the telephone system telling of an event. A hundred calls go on at once, so that the events of
// one call are far apart, as they are in life.
func callEvent(ctx context.Context, address string, n int) error {
	const going = 100
	block, at := n/(3*going), n%(3*going)
	kind, call := []string{"newCall", "answer", "hangup"}[max(at, 0)/going], block*going+max(at, 0)%going
	body := fmt.Appendf(nil, `{"event":%q,"callId":"call-%d","direction":"in","from":"49151%07d","to":"4930600","user":"Emma","cause":"normalClearing"}`, kind, call, (call+callers)%callers)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("call: %s", answer.Status)
	}
	return nil
}

// callsMissing is how many calls are not in the log as they were: taken and over.
func (b *bench) callsMissing(ctx context.Context, calls int) (int, error) {
	db, err := pgx.Connect(ctx, b.stack.DatabaseURL())
	if err != nil {
		return 0, err
	}
	defer db.Close(ctx)
	var whole int
	err = db.QueryRow(ctx, `SELECT count(*) FROM cti_logs WHERE state = 'hangup' AND start_at IS NOT NULL AND end_at IS NOT NULL`).Scan(&whole)
	return calls - whole, err
}
