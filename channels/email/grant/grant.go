// Package grant keeps the access tokens of accounts at providers fresh.
//
// A token is renewed before it ends, by one process alone: the others wait for the lock of its row
// and find it renewed. A refusal is kept beside it, for everybody, and not asked for again too soon.
package grant

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"postroom/channels/email/account"
	"postroom/channels/email/provider"
	"postroom/internal/desk"
	"postroom/internal/store"
)

const (
	early       = 5 * time.Minute // before its end a token is renewed
	patience    = 30 * time.Second
	atOnce      = 2 // renewals of a process: each holds a connection to the database
	firstRetry  = 30 * time.Second
	lastRetry   = time.Hour
	personRetry = 30 * time.Minute // where only a person can help
	youngest    = time.Minute      // a token that is refused in this time is not the reason
)

// Keeper hands out the access tokens of channels.
type Keeper struct {
	store  *store.Store
	places provider.Places
	log    *slog.Logger
	slots  chan struct{}
}

// NewKeeper returns a Keeper that asks the providers at these places.
func NewKeeper(s *store.Store, places provider.Places, log *slog.Logger) *Keeper {
	return &Keeper{store: s, places: places, log: log, slots: make(chan struct{}, atOnce)}
}

// Of returns the tokens of a channel; nil: it has a password.
func (k *Keeper) Of(channel desk.Channel) account.Tokens {
	auth, _ := channel.Options["auth"].(map[string]any)
	if auth == nil {
		return nil
	}
	return &tokens{keeper: k, channel: channel.ID, auth: auth}
}

type tokens struct {
	keeper  *Keeper
	channel desk.ChannelID
	auth    map[string]any
}

// Token returns one that lasts for some minutes.
func (t *tokens) Token(ctx context.Context) (string, error) {
	grant, err := t.keeper.store.ChannelGrant(ctx, t.channel)
	switch {
	case errors.Is(err, desk.ErrNotFound):
		if err := t.adopt(ctx); err != nil {
			return "", err
		}
	case err != nil:
		return "", err
	case usable(grant, time.Now()):
		return grant.AccessToken, nil
	}
	select {
	case t.keeper.slots <- struct{}{}:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	defer func() { <-t.keeper.slots }()
	return t.renew(ctx)
}

// adopt takes over the tokens of a channel that came from another system, which keeps them among
// the channel's options.
func (t *tokens) adopt(ctx context.Context) error {
	refresh, _ := t.auth["refresh_token"].(string)
	if refresh == "" {
		return errNotConnected
	}
	return t.keeper.store.AddChannelGrant(ctx, t.channel, desk.AccountGrant{RefreshToken: refresh})
}

var errNotConnected = errors.New("nobody let us into the account at its provider: connect the account again")

func usable(grant desk.AccountGrant, now time.Time) bool {
	return grant.AccessToken != "" && grant.ExpiresAt != nil && now.Add(early).Before(*grant.ExpiresAt)
}

// renew asks the provider, unless another process did while we waited for the lock. The result is
// kept also when it is a refusal.
func (t *tokens) renew(ctx context.Context) (token string, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var refused error
	err = t.keeper.store.InTx(ctx, func(tx *store.Store) error {
		grant, err := tx.LockChannelGrant(ctx, t.channel)
		if errors.Is(err, desk.ErrNotFound) {
			refused = errNotConnected
			return nil
		}
		if err != nil {
			return err
		}
		now := time.Now()
		if usable(grant, now) {
			token = grant.AccessToken
			return nil
		}
		if grant.RetryAt != nil && now.Before(*grant.RetryAt) {
			if token, refused = stillGood(grant, now), errors.New(grant.Problem); token != "" {
				refused = nil
			}
			return nil
		}
		renewed, err := t.ask(ctx, grant.RefreshToken)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			renewed = failed(grant, err, now)
			if token = stillGood(grant, now); token == "" {
				refused = err
			}
			t.keeper.log.WarnContext(ctx, "access token can't be renewed", "channel_id", t.channel, "failures", renewed.Failures, "error", err)
		} else {
			token = renewed.AccessToken
		}
		return tx.SaveChannelGrant(ctx, t.channel, renewed)
	})
	if err != nil {
		return "", fmt.Errorf("access token of channel %d: %w", t.channel, err)
	}
	return token, refused
}

// stillGood is the old token while it lasts: a provider that is away for a moment does no harm.
func stillGood(grant desk.AccountGrant, now time.Time) string {
	if grant.AccessToken != "" && grant.ExpiresAt != nil && now.Before(*grant.ExpiresAt) {
		return grant.AccessToken
	}
	return ""
}

func (t *tokens) ask(ctx context.Context, refreshToken string) (desk.AccountGrant, error) {
	name, _ := t.auth["provider"].(string)
	from, ok := provider.Named(strings.ToLower(name))
	if !ok {
		return desk.AccountGrant{}, &desk.InvalidError{Field: "provider", Reason: "Unknown provider '" + name + "'"}
	}
	app, err := provider.AppOf(t.auth)
	if err != nil {
		return desk.AccountGrant{}, err
	}
	return t.keeper.places.Renew(ctx, from, app, refreshToken)
}

// failed notes a refusal, and when to ask again.
func failed(grant desk.AccountGrant, why error, now time.Time) desk.AccountGrant {
	grant.Failures++
	pause := min(firstRetry<<min(grant.Failures-1, 10), lastRetry)
	if refusal, ok := errors.AsType[*provider.Error](why); ok && refusal.Permanent() || desk.Permanent(why) {
		pause = max(pause, personRetry)
	}
	at := now.Add(pause)
	grant.RetryAt, grant.Problem = &at, why.Error()
	return grant
}

// Refused makes the next token a new one, if this is the one that is kept and has been for a while.
func (t *tokens) Refused(ctx context.Context, token string) error {
	return t.keeper.store.EndAccessToken(ctx, t.channel, token, youngest)
}
