package email

import (
	"context"

	"postroom/channels/email/provider"
	"postroom/internal/desk"
)

// Linked connects accounts whose owners sign in at a provider.
type Linked struct {
	*Accounts
	Places provider.Places
}

// AuthorizeURL is where a person lets us in: with what application, where the person is sent back to
// with a code and with state, and what proves then that we are who asked. What is missing of the
// application is a *desk.InvalidError.
func (l *Linked) AuthorizeURL(name string, application map[string]any, callback, state, verifier string) (string, error) {
	at, app, err := known(name, application)
	if err != nil {
		return "", err
	}
	return l.Places.AuthorizeURL(at, app, callback, state, verifier), nil
}

// Exchange makes an account of the code that a person came back with. shared names a mailbox to be
// used instead of the person's own. A refusal is a *desk.InvalidError.
func (l *Linked) Exchange(ctx context.Context, name string, application map[string]any, callback, code, verifier, shared string) (desk.LinkedAccount, error) {
	at, app, err := known(name, application)
	if err != nil {
		return desk.LinkedAccount{}, err
	}
	account, err := l.Places.Exchange(ctx, at, app, callback, code, verifier, shared)
	if refused, ok := provider.Refusal(err); ok {
		err = &desk.InvalidError{Field: "code", Reason: refused.Error()}
	}
	return account, err
}

// Renew gives another access token for the refresh token of an account. A refusal is a *provider.Error.
func (l *Linked) Renew(ctx context.Context, name string, application map[string]any, refreshToken string) (desk.AccountGrant, error) {
	at, app, err := known(name, application)
	if err != nil {
		return desk.AccountGrant{}, err
	}
	return l.Places.Renew(ctx, at, app, refreshToken)
}

func known(name string, application map[string]any) (provider.Provider, provider.App, error) {
	at, ok := provider.Named(name)
	if !ok {
		return at, provider.App{}, &desk.InvalidError{Field: "provider", Reason: "Unknown provider '" + name + "'"}
	}
	app, err := provider.AppOf(application)
	return at, app, err
}
