package poll_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"postroom/channels"
	"postroom/channels/email"
	"postroom/internal/blob"
	"postroom/internal/desk"
	"postroom/internal/devstack"
	"postroom/internal/devstack/mailserver"
	"postroom/internal/intake"
	"postroom/internal/store"
	"postroom/jobs/poll"
)

const (
	user     = "support@example.com"
	password = "open sesame"
	patience = 60 * time.Second // for what should take a second
)

var (
	quiet = slog.New(slog.DiscardHandler)
	key   = []byte("0123456789abcdef0123456789abcdef")
)

// desktop is an installation with one account.
type desktop struct {
	url     string
	store   *store.Store
	server  *mailserver.Server
	channel desk.Channel
	got     inbox
}

func newDesktop(t *testing.T, databaseURL string) *desktop {
	t.Helper()
	d := &desktop{url: databaseURL, server: mailserver.New(t)}
	d.store = d.openStore(t)
	d.got = inbox{counts: map[string]int{}, changed: make(chan struct{}, 1)}
	if err := d.server.AddUser(user, password); err != nil {
		t.Fatal(err)
	}
	d.channel = desk.Channel{Area: desk.AreaEmailAccount, Active: true, Options: d.options(password)}
	d.channel.UpdatedByID = desk.SystemUser
	if err := d.store.AddChannel(t.Context(), &d.channel); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *desktop) options(password string) map[string]any {
	return map[string]any{"inbound": map[string]any{"adapter": "imap", "options": map[string]any{
		"host": d.server.Host(), "port": d.server.IMAPPort, "ssl": "off", "user": user, "password": password,
	}}}
}

func (d *desktop) openStore(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{URL: d.url, MaxConns: 8, SecretKey: key})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// rota is a process of its own: own connections, own name in leases.
func (d *desktop) rota(t *testing.T, receive func(channels.Receive) channels.Receive) *poll.Rota {
	t.Helper()
	s := d.openStore(t)
	real := intake.New(s, blob.New(t.TempDir()), quiet).Receive
	accounts := email.NewAccounts(email.Options{Known: s, Log: quiet})
	t.Cleanup(accounts.Close)
	return poll.New(poll.Options{
		Store: s, Concurrency: 2, Log: quiet, Receive: d.got.count(receive(real)),
		Open: func(channel desk.Channel, catalog *desk.Catalog) (channels.Poller, error) {
			return accounts.Mailbox(channel, catalog, nil)
		},
	})
}

func asItIs(real channels.Receive) channels.Receive { return real }

func (d *desktop) deliver(t *testing.T, from, n int) {
	t.Helper()
	for i := from; i < from+n; i++ {
		raw := fmt.Sprintf("From: a@example.com\r\nSubject: mail %d\r\nMessage-ID: <%d@example.com>\r\n\r\nHello\r\n", i, i)
		if err := d.server.Deliver(user, []byte(raw)); err != nil {
			t.Fatal(err)
		}
	}
}

func (d *desktop) left(t *testing.T) int {
	t.Helper()
	mails, err := d.server.Messages(user)
	if err != nil {
		t.Fatal(err)
	}
	return len(mails)
}

// save stores the changed channel, as the API does.
func (d *desktop) save(t *testing.T) {
	t.Helper()
	if err := d.store.SaveChannel(t.Context(), d.channel); err != nil {
		t.Fatal(err)
	}
}

// inbox counts what was received, by its text.
type inbox struct {
	mu      sync.Mutex
	counts  map[string]int
	changed chan struct{}
}

func (in *inbox) count(receive channels.Receive) channels.Receive {
	return func(ctx context.Context, messages []channels.Inbound) error {
		if err := receive(ctx, messages); err != nil {
			return err
		}
		in.mu.Lock()
		for _, message := range messages {
			in.counts[string(message.Raw)]++
		}
		in.mu.Unlock()
		select {
		case in.changed <- struct{}{}:
		default:
		}
		return nil
	}
}

func (in *inbox) size() int {
	in.mu.Lock()
	defer in.mu.Unlock()
	return len(in.counts)
}

func (in *inbox) wait(t *testing.T, want int) {
	t.Helper()
	eventually(t, fmt.Sprintf("%d messages received", want), func() bool { return in.size() >= want })
	in.mu.Lock()
	defer in.mu.Unlock()
	if len(in.counts) != want {
		t.Fatalf("%d messages received, want %d", len(in.counts), want)
	}
	for text, n := range in.counts {
		if n != 1 {
			t.Errorf("received %d times, want once: %.60q", n, text)
		}
	}
}

// eventually waits until something is so.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	limit := time.After(patience)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !so() {
		select {
		case <-limit:
			t.Fatalf("waited %s in vain for: %s", patience, what)
		case <-tick.C:
		}
	}
}

// start runs a rota until stop is called, which waits for its end.
func start(t *testing.T, rota *poll.Rota) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- rota.Run(ctx) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				t.Errorf("Run: %v", err)
			}
		})
	}
	t.Cleanup(stop)
	return stop
}

func TestTwoProcessesReceiveEachMailOnce(t *testing.T) {
	t.Parallel()
	d := newDesktop(t, devstack.Database(t))
	d.deliver(t, 0, 500)
	first, second := d.rota(t, asItIs), d.rota(t, asItIs)
	stopFirst := start(t, first)
	stopSecond := start(t, second)
	d.got.wait(t, 500)
	eventually(t, "mailbox empty", func() bool { return d.left(t) == 0 })
	// Whichever of them is at work ends: the other one goes on.
	holder := d.holder(t)
	stopFirst()
	if now := d.holder(t); now == "" {
		t.Logf("%s was at work and gave its lease back", holder)
	}
	d.deliver(t, 500, 20)
	d.got.wait(t, 520)
	stopSecond()
	if now := d.holder(t); now != "" {
		t.Errorf("after both have ended, %s still holds the lease", now)
	}
}

func (d *desktop) holder(t *testing.T) string {
	t.Helper()
	holder, err := d.store.LeaseHolder(t.Context(), d.channel.ID)
	if err != nil {
		t.Fatal(err)
	}
	return holder
}

func TestLeaseOfADeadProcessIsTakenOver(t *testing.T) {
	t.Parallel()
	d := newDesktop(t, devstack.Database(t))
	d.deliver(t, 0, 3)
	if ok, err := d.store.TakeLease(t.Context(), d.channel.ID, "somebody who died", time.Hour); err != nil || !ok {
		t.Fatal(ok, err)
	}
	start(t, d.rota(t, asItIs))
	quietly(t, 2*time.Second)
	if got := d.got.size(); got != 0 {
		t.Fatalf("%d messages received while another process has the lease", got)
	}
	if ok, err := d.store.TakeLease(t.Context(), d.channel.ID, "somebody who died", -time.Minute); err != nil || !ok { // its time is over
		t.Fatal(ok, err)
	}
	d.got.wait(t, 3)
}

func TestMailInAnIdleMailboxIsFetchedAtOnce(t *testing.T) {
	t.Parallel()
	d := newDesktop(t, devstack.Database(t))
	start(t, d.rota(t, asItIs))
	eventually(t, "mailbox is waited for", func() bool { return d.status(t).LastFetch != nil })
	for i := range 5 {
		delivered := time.Now()
		d.deliver(t, i, 1)
		d.got.wait(t, i+1)
		t.Logf("received %s after delivery", time.Since(delivered).Round(time.Millisecond))
	}
}

func (d *desktop) status(t *testing.T) desk.Channel {
	t.Helper()
	channel, err := d.store.Channel(t.Context(), d.channel.ID)
	if err != nil {
		t.Fatal(err)
	}
	return channel
}

func text(s *string) string {
	if s == nil {
		return "null"
	}
	return *s
}

func TestMailStaysInItsMailboxWhileTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	postgres := devstack.Postgres(t)
	if _, err := store.Migrate(t.Context(), postgres.URL()); err != nil {
		t.Fatal(err)
	}
	d := newDesktop(t, postgres.URL())
	d.deliver(t, 0, 3)
	start(t, d.rota(t, asItIs))
	d.got.wait(t, 3)
	eventually(t, "mailbox empty", func() bool { return d.left(t) == 0 })
	postgres.Stop()
	d.deliver(t, 3, 120)
	quietly(t, time.Second) // the poller was told of the mail by now
	if got, left := d.got.size(), d.left(t); got != 3 || left != 120 {
		t.Fatalf("without a database %d messages were received and %d are left, want 3 and 120", got, left)
	}
	if err := postgres.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.got.wait(t, 123)
	eventually(t, "mailbox empty", func() bool { return d.left(t) == 0 })
}

// quietly gives something that must not happen the time to happen.
func quietly(t *testing.T, length time.Duration) {
	t.Helper()
	select {
	case <-time.After(length):
	case <-t.Context().Done():
	}
}

func TestDisabledChannelStopsAfterTheBatchInHand(t *testing.T) {
	t.Parallel()
	d := newDesktop(t, devstack.Database(t))
	d.deliver(t, 0, 300)
	inHand, goOn := make(chan struct{}), make(chan struct{})
	var once sync.Once
	start(t, d.rota(t, func(real channels.Receive) channels.Receive {
		return func(ctx context.Context, messages []channels.Inbound) error {
			once.Do(func() { close(inHand); <-goOn })
			return real(ctx, messages)
		}
	}))
	<-inHand
	d.channel.Active = false
	d.save(t)
	quietly(t, 6*time.Second) // more than a look at the channels, and the time a catalog may be old
	close(goOn)
	eventually(t, "lease given back", func() bool { return d.holder(t) == "" })
	got, left := d.got.size(), d.left(t)
	if got == 0 || got == 300 || got+left != 300 {
		t.Fatalf("%d messages received and %d left, want some of each and 300 in all", got, left)
	}
	d.channel.Active = true
	d.save(t)
	d.got.wait(t, 300)
	eventually(t, "mailbox empty", func() bool { return d.left(t) == 0 })
}

func TestStatusTellsWhatIsWrong(t *testing.T) {
	t.Parallel()
	d := newDesktop(t, devstack.Database(t))
	d.channel.Options = d.options("not the password")
	d.save(t)
	d.deliver(t, 0, 1)
	start(t, d.rota(t, asItIs))
	eventually(t, "status error", func() bool { return text(d.status(t).StatusIn) == "error" })
	problem := text(d.status(t).LastLogIn)
	if !strings.Contains(problem, "log in") || strings.Contains(problem, "password") {
		t.Errorf("last_log_in = %q, want it to tell of the login and not of the password", problem)
	}
	d.channel = d.status(t)
	d.channel.Options = d.options(password)
	d.save(t)
	d.got.wait(t, 1)
	eventually(t, "status ok", func() bool {
		channel := d.status(t)
		return text(channel.StatusIn) == "ok" && text(channel.LastLogIn) == "" && channel.LastFetch != nil
	})
}

func TestFetchOnce(t *testing.T) {
	t.Parallel()
	d := newDesktop(t, devstack.Database(t))
	d.deliver(t, 0, 60)
	report, err := d.rota(t, asItIs).FetchOnce(t.Context(), d.channel.ID)
	if err != nil || report.Fetched != 60 {
		t.Fatalf("FetchOnce = %+v, %v; want 60 fetched", report, err)
	}
	d.got.wait(t, 60)
	if status := d.status(t); text(status.StatusIn) != "ok" || d.holder(t) != "" {
		t.Errorf("status %s, lease held by %q; want ok and nobody", text(status.StatusIn), d.holder(t))
	}
	start(t, d.rota(t, asItIs))
	eventually(t, "another process polls", func() bool { return d.holder(t) != "" })
	if _, err = d.rota(t, asItIs).FetchOnce(t.Context(), d.channel.ID); !errors.Is(err, desk.ErrConflict) {
		t.Errorf("FetchOnce beside another process = %v, want a conflict", err)
	}
	if _, err = d.rota(t, asItIs).FetchOnce(t.Context(), 4711); !errors.Is(err, desk.ErrNotFound) {
		t.Errorf("FetchOnce of no channel = %v, want not found", err)
	}
}

// chatty is a source that always has more, in a mailbox of its own.
type chatty struct{ polled func() }

func (c *chatty) Poll(ctx context.Context, _ channels.Receive) (channels.Report, error) {
	c.polled()
	return channels.Report{Fetched: 1}, ctx.Err()
}
func (c *chatty) Wait(ctx context.Context) error { return ctx.Err() }
func (c *chatty) Close() error                   { return nil }

func TestBusyMailboxesTakeTurns(t *testing.T) {
	t.Parallel()
	s, err := store.Open(t.Context(), store.Options{URL: devstack.Database(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	for range 5 {
		channel := desk.Channel{Area: desk.AreaEmailAccount, Active: true, Stamp: desk.Stamp{UpdatedByID: desk.SystemUser}}
		if err := s.AddChannel(t.Context(), &channel); err != nil {
			t.Fatal(err)
		}
	}
	var mu sync.Mutex
	polls := map[desk.ChannelID]int{}
	start(t, poll.New(poll.Options{
		Store: s, Concurrency: 1, Log: quiet,
		Open: func(channel desk.Channel, _ *desk.Catalog) (channels.Poller, error) {
			return &chatty{polled: func() {
				mu.Lock()
				defer mu.Unlock()
				polls[channel.ID]++
			}}, nil
		},
	}))
	eventually(t, "every mailbox polled three times", func() bool {
		mu.Lock()
		defer mu.Unlock()
		done := 0
		for _, n := range polls {
			if n >= 3 {
				done++
			}
		}
		return done == 5
	})
}

// What stays on a POP3 server is known by the database alone.
func TestKeptPOP3MailIsFetchedOnce(t *testing.T) {
	t.Parallel()
	d := newDesktop(t, devstack.Database(t))
	options := d.options(password)
	inbound := options["inbound"].(map[string]any)
	inbound["adapter"] = "pop3"
	inbound["options"].(map[string]any)["port"] = d.server.POP3Port
	inbound["options"].(map[string]any)["keep_on_server"] = true
	d.channel.Options = options
	if err := d.store.SaveChannel(t.Context(), d.channel); err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{3, 0, 2} {
		if want > 0 {
			d.deliver(t, 10*i, want)
		}
		report, err := d.rota(t, asItIs).FetchOnce(t.Context(), d.channel.ID) // a process of its own
		if err != nil || report.Fetched != want || len(report.Notices) > 0 {
			t.Errorf("fetch %d: %+v, %v; want %d messages", i+1, report, err, want)
		}
	}
}
