package oauth

import (
	"crypto/subtle"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/desk/identity"
)

// client finds out which application makes a request, by Basic authentication or by parameters. One
// that can keep a secret has to prove that it knows it.
func (s *Room) client(r *http.Request, p rest.Params) (identity.Application, error) {
	uid, secret := p.Text("client_id"), p.Text("client_secret")
	if name, password, ok := r.BasicAuth(); ok {
		uid, secret = unescaped(name), unescaped(password)
	}
	if uid == "" {
		return identity.Application{}, errClient
	}
	a, err := s.Store.ApplicationByUID(r.Context(), strings.ToValidUTF8(strings.ReplaceAll(uid, "\x00", ""), ""))
	if errors.Is(err, desk.ErrNotFound) {
		return identity.Application{}, errClient
	}
	if err != nil {
		return identity.Application{}, err
	}
	if secret == "" && !a.Confidential {
		return a, nil
	}
	if subtle.ConstantTimeCompare([]byte(secret), []byte(a.Secret)) != 1 {
		return identity.Application{}, errClient
	}
	return a, nil
}

// unescaped reads what RFC 6749 wants form-encoded inside of Basic authentication; many programs
// don't, and what we make looks the same either way.
func unescaped(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}

// scopeOf is the scope that was asked for; there is but one.
func scopeOf(p rest.Params) (string, error) {
	for scope := range strings.FieldsSeq(p.Text("scope")) {
		if scope != identity.ScopeFull {
			return "", errScope
		}
	}
	return identity.ScopeFull, nil
}
