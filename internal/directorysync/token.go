package directorysync

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"postroom/internal/desk"
	"postroom/internal/store"
)

// ExchangeProvider is what clients call the application by which people let us into Exchange.
const ExchangeProvider = "exchange"

const (
	renewEarly    = 5 * time.Minute // before its end a token is renewed
	renewPatience = 30 * time.Second
)

// exchangeToken returns an access token for Exchange that lasts for some minutes. It is renewed by one
// process alone: the others wait for the lock of its setting and find it renewed.
func (s *Service) exchangeToken(ctx context.Context) (token string, err error) {
	ctx, cancel := context.WithTimeout(ctx, renewPatience)
	defer cancel()
	var refused error
	err = s.store.InTx(ctx, func(tx *store.Store) error {
		value, err := tx.LockSettingValue(ctx, ExchangeOAuth)
		if err != nil {
			return err
		}
		var kept map[string]any
		if err := json.Unmarshal(value, &kept); err != nil {
			return &desk.InvalidError{Field: ExchangeOAuth, Reason: "the setting is no object"}
		}
		grant := desk.GrantKept(kept)
		now := time.Now()
		if grant.RefreshToken == "" || usable(grant, now.Add(renewEarly)) {
			token = grant.AccessToken // without a way to renew it, for as long as Exchange takes it
			return nil
		}
		renewed, err := s.renew(ctx, tx, kept, grant.RefreshToken)
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if refused = err; usable(grant, now) { // a provider that is away for a moment does no harm
				token, refused = grant.AccessToken, nil
			}
			return nil
		}
		token = renewed.AccessToken
		return tx.PutSettingValue(ctx, ExchangeOAuth, renewed.Kept(kept))
	})
	switch {
	case err != nil:
		return "", fmt.Errorf("access token of Exchange: %w", err)
	case refused == nil && token == "":
		return "", &desk.InvalidError{Field: ExchangeOAuth, Reason: "there is no access token for Exchange"}
	}
	return token, refused
}

func usable(grant desk.AccountGrant, at time.Time) bool {
	return grant.AccessToken != "" && grant.ExpiresAt != nil && at.Before(*grant.ExpiresAt)
}

// renew asks with the application that is registered now. Its secret may be another one than when
// somebody let us in.
func (s *Service) renew(ctx context.Context, tx *store.Store, kept map[string]any, refreshToken string) (desk.AccountGrant, error) {
	app, err := tx.ExternalCredentialOf(ctx, ExchangeProvider)
	if errors.Is(err, desk.ErrNotFound) {
		app.Credentials, err = kept, nil
	}
	if err != nil {
		return desk.AccountGrant{}, err
	}
	return s.tokens.Renew(ctx, ExchangeProvider, app.Credentials, refreshToken)
}
