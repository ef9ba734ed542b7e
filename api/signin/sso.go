package signin

import (
	"errors"
	"net/http"
	"strings"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/desk/identity"
)

// userHeaders are where a proxy that signs people in, such as one with Kerberos, says who it was.
var userHeaders = []string{"Remote-User", "X-Forwarded-User"}

// signInBySSO opens a session for whom a proxy names. Only the operator's own proxies are believed.
func (s *Room) signInBySSO(w http.ResponseWriter, r *http.Request) error {
	catalog, err := s.Catalog(r)
	if err != nil {
		return err
	}
	if !catalog.Settings.Bool("auth_sso") {
		return rest.Forbidden("SSO authentication disabled!")
	}
	login := s.userOfProxy(r)
	if login == "" {
		return rest.Unauthorized("Neither an SSO environment variable 'REMOTE_USER' nor a 'X-Forwarded-User' header could be found.")
	}
	unknown := rest.Unauthorized("User '" + login + "' could not be found.")
	if !storable(login) {
		return unknown
	}
	found, err := s.Store.CredentialsByName(r.Context(), strings.ToLower(login))
	if errors.Is(err, desk.ErrNotFound) || err == nil && found.Caller.User.Login != strings.ToLower(login) {
		return unknown
	}
	if err != nil {
		return err
	}
	who := &found.Caller
	if !who.User.Active {
		return rest.Unauthorized(textLoginFailed)
	}
	if err := maintained(catalog, who); err != nil {
		return err
	}
	if err := s.Store.RecordLogin(r.Context(), who.User.ID); err != nil {
		return err
	}
	if _, err := s.begin(w, r, catalog, who, &identity.Session{Authentication: bySSO}); err != nil {
		return err
	}
	http.Redirect(w, r, "/#", http.StatusFound)
	return nil
}

func (s *Room) userOfProxy(r *http.Request) string {
	if !s.FromProxy(r) {
		return ""
	}
	for _, name := range userHeaders {
		if login := strings.TrimSpace(r.Header.Get(name)); login != "" {
			return login
		}
	}
	return ""
}
