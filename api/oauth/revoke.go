package oauth

import (
	"errors"
	"net/http"
	"strings"

	"postroom/api/rest"
	"postroom/internal/credential"
	"postroom/internal/desk"
	"postroom/internal/desk/identity"
	"postroom/internal/store/signin"
)

// revokeToken ends a token, and with what renews one everything that came of the same consent (RFC
// 7009). A token that is none is as good as ended.
func (s *Room) revokeToken(w http.ResponseWriter, r *http.Request) error {
	rest.AllowOtherOrigins(w.Header())
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	token, err := s.shown(r, p)
	if errors.Is(err, desk.ErrNotFound) {
		return rest.WriteSecret(w, http.StatusOK, rest.Record{})
	}
	if err != nil {
		return err
	}
	a, err := s.client(r, p)
	if errors.Is(err, errClient) || err == nil && a.ID != token.ApplicationID {
		return refuse(w, errNotToRevoke)
	}
	if err != nil {
		return err
	}
	if token.GrantID != nil {
		err = s.Store.RevokeGrant(r.Context(), *token.GrantID)
	} else {
		err = s.Store.RevokeAccessToken(r.Context(), token.ID)
	}
	if err != nil {
		return err
	}
	s.ForgetCallers()
	return rest.WriteSecret(w, http.StatusOK, rest.Record{})
}

// shown is the token that a program asks about, by itself or by what renews it.
func (s *Room) shown(r *http.Request, p rest.Params) (signin.AccessToken, error) {
	hash := credential.HashToken(p.Text("token"))
	token, err := s.Store.AccessToken(r.Context(), hash)
	if !errors.Is(err, desk.ErrNotFound) {
		return token, err
	}
	token, err = s.Store.Refreshable(r.Context(), hash)
	token.ExpiresAt = nil // what renews it doesn't expire
	return token, err
}

// introspect tells an application whether a token of its own works (RFC 7662). It proves itself with
// its secret, or with another of its tokens.
func (s *Room) introspect(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	asking, err := s.asking(r, p)
	if refused, ok := errors.AsType[*refusal](err); ok {
		return refuse(w, refused)
	}
	if err != nil {
		return err
	}
	token, err := s.shown(r, p)
	if errors.Is(err, desk.ErrNotFound) || err == nil && (token.ApplicationID != asking.ID || s.over(token) != nil) {
		return rest.WriteSecret(w, http.StatusOK, rest.Record{{"active", false}})
	}
	if err != nil {
		return err
	}
	answer := rest.Record{{"active", true}, {"scope", token.Scopes}, {"client_id", asking.UID}, {"token_type", "Bearer"}}
	if token.ExpiresAt != nil {
		answer.Add("exp", int(token.ExpiresAt.Unix()))
	}
	return rest.WriteSecret(w, http.StatusOK, answer.With("iat", int(token.CreatedAt.Unix())))
}

func (s *Room) asking(r *http.Request, p rest.Params) (identity.Application, error) {
	bearer, ok := bearerOf(r)
	if !ok {
		return s.client(r, p)
	}
	token, err := s.byBearer(r, bearer)
	if err != nil {
		return identity.Application{}, err
	}
	return s.Store.Application(r.Context(), token.ApplicationID)
}

func bearerOf(r *http.Request) (token string, ok bool) {
	scheme, token, _ := strings.Cut(strings.TrimSpace(r.Header.Get("Authorization")), " ")
	return strings.TrimSpace(token), strings.EqualFold(scheme, "Bearer")
}

// byBearer finds the token that a request came with, if it works.
func (s *Room) byBearer(r *http.Request, bearer string) (signin.AccessToken, error) {
	token, err := s.Store.AccessToken(r.Context(), credential.HashToken(bearer))
	if errors.Is(err, desk.ErrNotFound) {
		return signin.AccessToken{}, errTokenInvalid
	}
	if err != nil {
		return signin.AccessToken{}, err
	}
	if refused := s.over(token); refused != nil {
		return signin.AccessToken{}, refused
	}
	return token, nil
}

// over says why a token does not work any more; nil: it does.
func (s *Room) over(token signin.AccessToken) *refusal {
	switch {
	case token.RevokedAt != nil:
		return errTokenRevoked
	case token.ExpiresAt != nil && !s.now().Before(*token.ExpiresAt):
		return errTokenExpired
	}
	return nil
}

// showToken tells a program about the token it asks with.
func (s *Room) showToken(w http.ResponseWriter, r *http.Request) error {
	rest.AllowOtherOrigins(w.Header())
	bearer, ok := bearerOf(r)
	if !ok {
		return refuse(w, errRequest)
	}
	token, err := s.byBearer(r, bearer)
	if refused, ok := errors.AsType[*refusal](err); ok {
		return refuse(w, refused)
	}
	if err != nil {
		return err
	}
	a, err := s.Store.Application(r.Context(), token.ApplicationID)
	if err != nil {
		return err
	}
	var left *int
	if token.ExpiresAt != nil {
		seconds := int(token.ExpiresAt.Sub(s.now()).Seconds())
		left = &seconds
	}
	return rest.WriteSecret(w, http.StatusOK, rest.Record{
		{"resource_owner_id", token.UserID}, {"scope", strings.Fields(token.Scopes)}, {"expires_in", left},
		{"application", rest.Record{{"uid", a.UID}}}, {"created_at", int(token.CreatedAt.Unix())},
	})
}
