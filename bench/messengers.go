package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// benchMessengers measures how long a messenger waits for its answer while many people write, and
// whether the tickets keep up. Telegram stands for all: what happens behind the address is the same.
func benchMessengers(ctx context.Context, b *bench) error {
	if err := b.startStores(ctx); err != nil {
		return err
	}
	hook := make(chan url.Values, 1)
	telegram := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err == nil && r.PostForm.Get("url") != "" {
			hook <- r.PostForm
		}
		fmt.Fprint(w, `{"ok":true,"result":{"id":1,"is_bot":true,"first_name":"Bench","username":"bench_bot"}}`)
	}))
	b.ends = append(b.ends, telegram.Close)
	b.more = []string{"TELEGRAM_API_URL=" + telegram.URL, "OUTGOING_ALLOW=127.0.0.0/8"}
	if err := b.startProduct(ctx); err != nil {
		return err
	}
	if _, err := b.postroom(ctx, "settings", "set", "http_type", "https"); err != nil {
		return err
	}
	if err := b.waitFor(ctx, seldom, 10*time.Second, func() error { // until the API knows of the setting
		return b.call(ctx, http.MethodPost, "/api/v1/channels_telegram", []byte(`{"api_token":"1:bench","group_id":1}`), "Token token="+b.token, nil)
	}); err != nil {
		return err
	}
	told := <-hook
	address, err := url.Parse(told.Get("url"))
	if err != nil {
		return err
	}
	times, span, err := atRate(ctx, perSecond, int(writeSpan/time.Second)*perSecond, func(i int) error {
		return write(ctx, b.base+address.RequestURI(), told.Get("secret_token"), i)
	})
	if err != nil {
		return err
	}
	started := time.Now()
	if err := b.allArticles(ctx, len(times)); err != nil {
		return err
	}
	b.report.add("(m) Telegram webhook at 200/s, p99", ms(percentile(times, 99)), "25 ms", fmt.Sprintf("p50 %s, p95 %s; %d messages of %d people in %.0f s, none lost; the last was an article %.1f s after its answer",
		ms(percentile(times, 50)), ms(percentile(times, 95)), len(times), writers, span.Seconds(), time.Since(started).Seconds()))
	return nil
}

const (
	writers    = 500 // people who write
	perSecond  = 200
	writeSpan  = 20 * time.Second
	mostAtOnce = 64 // requests that wait for their answer at once
)

// atRate sends n requests at a steady rate, however long the answers take, and returns how long each took
// from the moment on at which it was to be sent.
func atRate(ctx context.Context, rate, n int, send func(i int) error) ([]time.Duration, time.Duration, error) {
	times, failed := make([]time.Duration, n), make([]error, n)
	var running sync.WaitGroup
	slots := make(chan struct{}, mostAtOnce)
	began := time.Now()
	for i := range n {
		due := began.Add(time.Duration(i) * time.Second / time.Duration(rate))
		select {
		case <-time.After(time.Until(due)):
		case <-ctx.Done():
			return nil, 0, ctx.Err()
		}
		slots <- struct{}{}
		running.Go(func() {
			failed[i] = send(i)
			times[i] = time.Since(due)
			<-slots
		})
	}
	running.Wait()
	for _, err := range failed {
		if err != nil {
			return nil, 0, err
		}
	}
	return times, time.Since(began), nil
}

// write is Telegram telling that somebody wrote.
func write(ctx context.Context, address, secret string, n int) error {
	who := 1000 + n%writers
	update := fmt.Appendf(nil, `{"update_id":%d,"message":{"message_id":%d,"date":1700000000,"text":"Message number %d, which says what is wrong today.",
		"chat":{"id":%d,"type":"private"},"from":{"id":%d,"first_name":"Writer","last_name":"No %d"}}}`, n+1, n+1, n, who, who, who)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(update))
	if err != nil {
		return err
	}
	request.Header.Set("X-Telegram-Bot-Api-Secret-Token", secret)
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("webhook: %s", answer.Status)
	}
	return nil
}

// allArticles waits until every message is an article.
func (b *bench) allArticles(ctx context.Context, want int) error {
	db, err := pgx.Connect(ctx, b.stack.DatabaseURL())
	if err != nil {
		return err
	}
	defer db.Close(ctx)
	return b.waitFor(ctx, seldom, 3*time.Minute, func() error {
		var articles int
		err := db.QueryRow(ctx, `SELECT count(*) FROM ticket_articles WHERE message_id LIKE '%@telegram'`).Scan(&articles)
		if err == nil && articles != want {
			err = fmt.Errorf("%d of %d articles", articles, want)
		}
		return err
	})
}
