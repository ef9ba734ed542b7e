package thirdparty

import (
	"net/http"
	"time"

	"golang.org/x/oauth2"

	"postroom/api/rest"
	"postroom/internal/credential"
	"postroom/internal/desk/identity"
	"postroom/internal/idp"
)

// What a browser keeps while it is at a provider, and for how long.
const (
	stateCookie = "_zammad_sign_in"
	visitLasts  = 10 * time.Minute
)

// visitsMost is how many browsers of one address are sent to a provider within a minute: each visit
// leaves a row behind, and may have us ask the provider where its doors are.
const visitsMost = 60

// begin sends a browser to a provider. Who is signed in and asks by POST links the account from there:
// a GET may come from a page of anybody, who could link an account of the own to somebody else.
func (s *Room) begin(w http.ResponseWriter, r *http.Request) error {
	v, err := s.visit(r)
	if err != nil {
		return err
	}
	if err := s.ThrottleVisits(r, "sign_in_elsewhere", visitsMost); err != nil {
		return err
	}
	attempt := idp.Attempt{
		State: credential.NewToken(), Nonce: credential.NewToken(), Verifier: oauth2.GenerateVerifier(), Callback: v.callback,
	}
	kept := identity.SignInAttempt{Provider: v.name, Nonce: attempt.Nonce, Verifier: attempt.Verifier, ExpiresAt: time.Now().Add(visitLasts)}
	if who := rest.Caller(r); who != nil && r.Method == http.MethodPost {
		kept.UserID = &who.User.ID
	}
	where, err := v.provider.Begin(r.Context(), attempt)
	if err != nil {
		return s.failed(r.Context(), v.name, err)
	}
	if err := s.Store.AddSignInAttempt(r.Context(), credential.HashToken(attempt.State), kept); err != nil {
		return err
	}
	s.keep(w, v, attempt.State, int(visitLasts/time.Second))
	http.Redirect(w, r, where, http.StatusFound)
	return nil
}

// keep lets a browser remember what it was sent with, so that nobody else's answer can be slipped to it.
// A provider that sends it back by POST gets it to show a cookie only if that is for other sites, too.
func (s *Room) keep(w http.ResponseWriter, v visit, state string, seconds int) {
	cookie := &http.Cookie{
		Name: stateCookie, Value: state, Path: "/auth", MaxAge: seconds, HttpOnly: true, SameSite: http.SameSiteLaxMode,
		Secure: v.catalog.Settings.String("http_type") == "https",
	}
	if v.name == idp.SAML && cookie.Secure {
		cookie.SameSite = http.SameSiteNoneMode
	}
	http.SetCookie(w, cookie)
}

// showMetadata tells a SAML provider who we are.
func (s *Room) showMetadata(w http.ResponseWriter, r *http.Request) error {
	catalog, err := s.Catalog(r)
	if err != nil {
		return err
	}
	stored, err := configured(catalog, idp.SAML)
	if err != nil {
		return err
	}
	text, err := idp.Metadata(stored, s.callback(catalog, idp.SAML))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/samlmetadata+xml")
	_, err = w.Write(text)
	return err
}
