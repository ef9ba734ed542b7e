package idp

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

// Logout is whom a provider signs out.
type Logout struct {
	UID     string // everywhere; empty: see Session
	Session string // this session alone; empty: all of them
}

const (
	logoutEvent = "http://schemas.openid.net/event/backchannel-logout"
	// longestLogout is how old the word of a provider may be. It comes at once, or by one of a few attempts.
	longestLogout = 10 * time.Minute
)

// ReadLogout reads the word of the administrator's own provider that somebody was signed out there
// (OpenID Connect Back-Channel Logout 1.0, section 2.6). What is not the provider's word is an ErrRefused.
func ReadLogout(ctx context.Context, stored map[string]any, client *http.Client, token string, now time.Time) (Logout, error) {
	opened, err := Open(OpenID, stored, Places{}, client)
	if err != nil {
		return Logout{}, err
	}
	p := opened.(*openID)
	ctx, found, err := p.discover(ctx)
	if err != nil {
		return Logout{}, err
	}
	word, err := found.Verifier(&oidc.Config{ClientID: p.config.ClientID, SkipExpiryCheck: true}).Verify(ctx, token)
	if err != nil {
		return Logout{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	var claims struct {
		Session string         `json:"sid"`
		Events  map[string]any `json:"events"`
		Nonce   *string        `json:"nonce"`
		Expires *float64       `json:"exp"`
	}
	if err := word.Claims(&claims); err != nil {
		return Logout{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	_, logsOut := claims.Events[logoutEvent].(map[string]any)
	switch {
	case !logsOut, claims.Nonce != nil: // a nonce is what a proof of identity has, which this is not to be mixed up with
		return Logout{}, fmt.Errorf("%w: this is no word about a logout", ErrRefused)
	case now.Sub(word.IssuedAt) > longestLogout, word.IssuedAt.Sub(now) > longestLogout,
		claims.Expires != nil && now.After(time.Unix(int64(*claims.Expires), 0).Add(time.Minute)):
		return Logout{}, fmt.Errorf("%w: its word is too old", ErrRefused)
	}
	out := Logout{Session: claims.Session}
	if p.uid == "sub" {
		out.UID = word.Subject
	}
	if out == (Logout{}) {
		return Logout{}, fmt.Errorf("%w: it does not say who", ErrRefused)
	}
	return out, nil
}
