package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// benchMessengers measures how long messengers wait for their answers while many people write, and whether the
// tickets keep up: Telegram, which shows a secret, and Twilio, which signs. What happens behind the address is
// the same for all others.
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
	if err := b.webhook(ctx, "Telegram", "telegram personal-message", func(i int) (*http.Request, error) {
		return update(ctx, b.base+address.RequestURI(), told.Get("secret_token"), i)
	}); err != nil {
		return err
	}
	var channel struct {
		Options struct {
			Address string `json:"callback_url"`
		} `json:"options"`
	}
	twilio := fmt.Appendf(nil, `{"area":"Sms::Account","group_id":1,"options":{"adapter":"sms/twilio","account_id":"AC1","token":%q,"sender":"+15550001111"}}`, twilioToken)
	if err := b.call(ctx, http.MethodPost, "/api/v1/channels_sms", twilio, "Token token="+b.token, &channel); err != nil {
		return err
	}
	return b.webhook(ctx, "Twilio", "sms", func(i int) (*http.Request, error) { return b.textMessage(ctx, channel.Options.Address, i) })
}

// webhook measures one messenger. Its messages become articles of a type.
func (b *bench) webhook(ctx context.Context, name, kind string, message func(i int) (*http.Request, error)) error {
	times, span, err := atRate(ctx, perSecond, int(writeSpan/time.Second)*perSecond, func(i int) error {
		request, err := message(i)
		if err != nil {
			return err
		}
		answer, err := client.Do(request)
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			return fmt.Errorf("webhook of %s: %s", name, answer.Status)
		}
		return nil
	})
	if err != nil {
		return err
	}
	started := time.Now()
	if err := b.allArticles(ctx, kind, len(times)); err != nil {
		return err
	}
	b.report.add("(m) "+name+" webhook at 200/s, p99", ms(percentile(times, 99)), "25 ms", fmt.Sprintf("p50 %s, p95 %s; %d messages of %d people in %.0f s, none lost; the last was an article %.1f s after its answer",
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

// update is Telegram telling that somebody wrote.
func update(ctx context.Context, address, secret string, n int) (*http.Request, error) {
	who := 1000 + n%writers
	body := fmt.Appendf(nil, `{"update_id":%d,"message":{"message_id":%d,"date":1700000000,"text":"Message number %d, which says what is wrong today.",
		"chat":{"id":%d,"type":"private"},"from":{"id":%d,"first_name":"Writer","last_name":"No %d"}}}`, n+1, n+1, n, who, who, who)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err == nil {
		request.Header.Set("X-Telegram-Bot-Api-Secret-Token", secret)
	}
	return request, err
}

// twilioToken is what Twilio signs with.
const twilioToken = "bench"

// textMessage is Twilio bringing what somebody wrote. It signs the address that was entered there, whoever
// stands in between.
func (b *bench) textMessage(ctx context.Context, address string, n int) (*http.Request, error) {
	at, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	form := url.Values{
		"SmsMessageSid": {fmt.Sprint("SM", n)}, "NumMedia": {"0"}, "SmsStatus": {"received"}, "AccountSid": {"AC1"}, "To": {"+15550001111"},
		"From": {fmt.Sprint("+4917100", 1000+n%writers)}, "Body": {fmt.Sprintf("Message number %d, which says what is wrong today.", n)},
	}
	mac := hmac.New(sha1.New, []byte(twilioToken))
	fmt.Fprint(mac, address)
	for _, name := range slices.Sorted(maps.Keys(form)) {
		fmt.Fprint(mac, name, form.Get(name))
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, b.base+at.RequestURI(), strings.NewReader(form.Encode()))
	if err == nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set("X-Twilio-Signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	return request, err
}

// allArticles waits until every message is an article of a type.
func (b *bench) allArticles(ctx context.Context, kind string, want int) error {
	db, err := pgx.Connect(ctx, b.stack.DatabaseURL())
	if err != nil {
		return err
	}
	defer db.Close(ctx)
	return b.waitFor(ctx, seldom, 3*time.Minute, func() error {
		var articles int
		err := db.QueryRow(ctx, `
			SELECT count(*)
			FROM ticket_articles
			WHERE type_id = (SELECT id FROM ticket_article_types WHERE name = $1)`, kind).Scan(&articles)
		if err == nil && articles != want {
			err = fmt.Errorf("%d of %d articles", articles, want)
		}
		return err
	})
}
