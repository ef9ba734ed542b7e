package grant_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"postroom/channels/email/account"
	"postroom/channels/email/cloudtest"
	"postroom/channels/email/grant"
	"postroom/channels/email/provider"
	"postroom/internal/desk"
	"postroom/internal/devstack"
	"postroom/internal/store"
)

var (
	quiet = slog.New(slog.DiscardHandler)
	key   = []byte("0123456789abcdef0123456789abcdef")
)

// house is an installation with one channel at a provider.
type house struct {
	url      string
	store    *store.Store
	provider *cloudtest.Provider
	channel  desk.Channel
}

func newHouse(t *testing.T, auth map[string]any) *house {
	t.Helper()
	h := &house{url: devstack.Database(t), provider: cloudtest.Start(t)}
	h.store = h.open(t)
	stored := map[string]any{"provider": "google", "type": "XOAUTH2", "client_id": cloudtest.ClientID, "client_secret": cloudtest.ClientSecret}
	for name, value := range auth {
		stored[name] = value
	}
	h.channel = desk.Channel{Area: desk.AreaGoogle, Active: true, Options: map[string]any{"auth": stored}, Stamp: desk.Stamp{UpdatedByID: desk.SystemUser}}
	if err := h.store.AddChannel(t.Context(), &h.channel); err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *house) open(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{URL: h.url, MaxConns: 8, SecretKey: key})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// tokens are those of the channel in a process of its own.
func (h *house) tokens(t *testing.T) account.Tokens {
	t.Helper()
	return grant.NewKeeper(h.open(t), h.provider.Places(), quiet).Of(h.channel)
}

// give stores tokens of which the one for access ends at a time.
func (h *house) give(t *testing.T, ends time.Time) {
	t.Helper()
	access, refresh := h.provider.Grant("support@example.com")
	err := h.store.SaveChannelGrant(t.Context(), h.channel.ID, desk.AccountGrant{AccessToken: access, RefreshToken: refresh, ExpiresAt: &ends})
	if err != nil {
		t.Fatal(err)
	}
}

func (h *house) renewals(t *testing.T, want int) {
	t.Helper()
	if given, asked := h.provider.Renewals(); given != want || asked != want {
		t.Errorf("%d tokens given for %d requests, want %d each", given, asked, want)
	}
}

func TestTokenIsRenewedOnceByAllProcesses(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	h.provider.Rotate() // whoever asked twice would be refused
	h.give(t, time.Now().Add(time.Minute))
	var asking sync.WaitGroup
	var mu sync.Mutex
	got := map[string]int{}
	for range 4 {
		tokens := h.tokens(t)
		for range 5 {
			asking.Go(func() {
				token, err := tokens.Token(t.Context())
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Error(err)
				}
				got[token]++
			})
		}
	}
	asking.Wait()
	if len(got) != 1 {
		t.Errorf("%d different tokens, want one", len(got))
	}
	h.renewals(t, 1)
	for token := range got {
		if h.provider.Owner(token) == "" {
			t.Error("the token is nobody's")
		}
	}
}

func TestTokenThatLastsIsLeftAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	h.give(t, time.Now().Add(time.Hour))
	first, err := h.tokens(t).Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	h.renewals(t, 0)
	// A server may refuse it all the same; one that was just made is not the reason.
	if err := h.tokens(t).Refused(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	if again, err := h.tokens(t).Token(t.Context()); err != nil || again != first {
		t.Errorf("a young token was replaced (%v)", err)
	}
	h.exec(t, `UPDATE channel_grants SET updated_at = now() - interval '2 minutes'`)
	if err := h.tokens(t).Refused(t.Context(), "another"); err != nil {
		t.Fatal(err)
	}
	h.renewals(t, 0)
	if err := h.tokens(t).Refused(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	if again, err := h.tokens(t).Token(t.Context()); err != nil || again == first {
		t.Errorf("a refused token was not replaced (%v)", err)
	}
	h.renewals(t, 1)
}

func (h *house) exec(t *testing.T, sql string) {
	t.Helper()
	h.query(t, sql)
}

// query runs a statement behind everybody's back, and reads a row where one is wanted.
func (h *house) query(t *testing.T, sql string, into ...any) {
	t.Helper()
	db, err := pgx.Connect(t.Context(), h.url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(t.Context())
	if len(into) == 0 {
		_, err = db.Exec(t.Context(), sql)
	} else {
		err = db.QueryRow(t.Context(), sql).Scan(into...)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestRefusalIsKeptAndNotAskedForAgainTooSoon(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		harm  func(p *cloudtest.Provider)
		says  string
		after time.Duration // at least
	}{
		{"consent gone", func(p *cloudtest.Provider) { p.Revoke() }, "Google refuses access: invalid_grant (Token has been expired or revoked.). Connect the account again.", 29 * time.Minute},
		{"application gone", func(p *cloudtest.Provider) { p.Refuse(401, "invalid_client", "no\r\nsuch") }, "invalid_client (no  such)", 29 * time.Minute},
		{"away", func(p *cloudtest.Provider) { p.Break(503, "<html>come again</html>") }, "answered with status 503", 10 * time.Second},
		{"no JSON", func(p *cloudtest.Provider) { p.Break(200, "<html>") }, "can't be asked", 10 * time.Second},
		{"too many", func(p *cloudtest.Provider) { p.Refuse(429, "temporarily_unavailable", "slow down") }, "temporarily_unavailable", 10 * time.Second},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, nil)
			h.give(t, time.Now().Add(-time.Minute))
			tc.harm(h.provider)
			for range 3 {
				_, err := h.tokens(t).Token(t.Context())
				if err == nil || !strings.Contains(err.Error(), tc.says) {
					t.Fatalf("Token: %v, want an error that says %q", err, tc.says)
				}
				if strings.Contains(err.Error(), cloudtest.ClientSecret) || strings.Contains(err.Error(), "refresh-") {
					t.Errorf("the error tells a secret: %v", err)
				}
			}
			if _, asked := h.provider.Renewals(); asked != 1 {
				t.Errorf("asked %d times, want once", asked)
			}
			kept, err := h.store.ChannelGrant(t.Context(), h.channel.ID)
			if err != nil || kept.Failures != 1 || kept.RetryAt == nil || time.Until(*kept.RetryAt) < tc.after {
				t.Errorf("kept %d failures until %v (%v), want one and no try for %s", kept.Failures, kept.RetryAt, err, tc.after)
			}
			// Later it is asked again, and the next pause is longer.
			h.exec(t, `UPDATE channel_grants SET retry_at = now() - interval '1 minute'`)
			if _, err := h.tokens(t).Token(t.Context()); err == nil {
				t.Error("no error at the second try")
			}
			next, _ := h.store.ChannelGrant(t.Context(), h.channel.ID)
			if next.Failures != 2 || next.RetryAt == nil || !next.RetryAt.After(*kept.RetryAt) {
				t.Errorf("kept %d failures until %v, want two and a later time", next.Failures, next.RetryAt)
			}
			// Who connects the account anew is not made to wait.
			h.provider.Refuse(0, "", "")
			h.give(t, time.Now().Add(-time.Minute))
			if _, err := h.tokens(t).Token(t.Context()); err != nil {
				t.Errorf("after a new consent: %v", err)
			}
		})
	}
}

func TestOldTokenServesWhileTheProviderIsAway(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	h.give(t, time.Now().Add(time.Minute))
	h.provider.Break(500, "oops")
	for range 2 {
		if token, err := h.tokens(t).Token(t.Context()); err != nil || h.provider.Owner(token) == "" {
			t.Errorf("Token = %v, want the one that lasts for another minute", err)
		}
	}
}

func TestTokensOfAnotherSystemAreAdopted(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	_, refresh := h.provider.Grant("support@example.com")
	h.channel.Options["auth"].(map[string]any)["refresh_token"] = refresh
	if err := h.store.SaveChannel(t.Context(), h.channel); err != nil {
		t.Fatal(err)
	}
	if token, err := h.tokens(t).Token(t.Context()); err != nil || h.provider.Owner(token) != "support@example.com" {
		t.Errorf("Token: %v", err)
	}
	var stored string
	h.query(t, `SELECT access_token || refresh_token || (SELECT options::text FROM channels) FROM channel_grants`, &stored)
	if strings.Contains(stored, "access-") || strings.Contains(stored, refresh) || strings.Contains(stored, cloudtest.ClientSecret) {
		t.Errorf("stored in clear: %s", stored)
	}
}

func TestNotConnected(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	if _, err := h.tokens(t).Token(t.Context()); err == nil || !strings.Contains(err.Error(), "connect the account again") {
		t.Errorf("without tokens: %v", err)
	}
	h = newHouse(t, map[string]any{"provider": "aol"})
	h.give(t, time.Now())
	if _, err := h.tokens(t).Token(t.Context()); err == nil || !strings.Contains(err.Error(), "Unknown provider 'aol'") {
		t.Errorf("unknown provider: %v", err)
	}
	if tokens := grant.NewKeeper(h.store, provider.Public(), quiet).Of(desk.Channel{}); tokens != nil {
		t.Error("a channel with a password has tokens")
	}
}

// A provider that doesn't answer holds nobody up for long, and its silence is no refusal.
func TestWaitingEndsWithItsContext(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	h.give(t, time.Now().Add(-time.Minute))
	release := h.provider.Hold()
	defer release()
	tokens := h.tokens(t)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := tokens.Token(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Token = %v, want the end of its context", err)
	}
	if kept, err := h.store.ChannelGrant(t.Context(), h.channel.ID); err != nil || kept.Failures != 0 {
		t.Errorf("kept %s, want no failure", fmt.Sprint(kept.Failures, err))
	}
}
