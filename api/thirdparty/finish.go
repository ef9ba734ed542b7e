package thirdparty

import (
	"cmp"
	"crypto/subtle"
	"errors"
	"net/http"
	"net/url"
	"time"

	"postroom/api/rest"
	"postroom/internal/credential"
	"postroom/internal/desk"
	"postroom/internal/desk/identity"
	"postroom/internal/idp"
)

// finish signs in, or links to whoever is signed in, the account that a browser comes back with.
func (s *Room) finish(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	v, err := s.visit(r)
	if err != nil {
		return err
	}
	attempt, kept, err := s.attempt(r, p, v)
	if err != nil {
		return err
	}
	s.keep(w, v, "", -1)
	if refusal := cmp.Or(p.Text("error_description"), p.Text("error")); refusal != "" {
		return rest.Forbidden("Message from " + v.name + ": " + desk.Cut(desk.Plain(refusal), longestRefusal))
	}
	who, err := v.provider.Finish(r.Context(), attempt, brought(p))
	if err != nil {
		return s.failed(r.Context(), v.name, err)
	}
	user, err := s.userOf(r.Context(), v, who, kept.UserID)
	if err != nil {
		return err
	}
	if kept.UserID != nil {
		http.Redirect(w, r, "/#profile/linked", http.StatusFound)
		return nil
	}
	if err := s.door.BeginBy(w, r, user, v.name, who.Session); err != nil {
		return err
	}
	http.Redirect(w, r, "/#", http.StatusFound)
	return nil
}

// longestRefusal is how much of what a provider says is shown, in characters.
const longestRefusal = 200

// attempt finds what the browser was sent with. It must be this browser that was sent, and this once.
func (s *Room) attempt(r *http.Request, p rest.Params, v visit) (idp.Attempt, identity.SignInAttempt, error) {
	forged := rest.Forbidden("Message from " + v.name + ": csrf_detected")
	state := cmp.Or(p.Text("state"), p.Text("RelayState"))
	cookie, err := r.Cookie(stateCookie)
	if err != nil || state == "" || subtle.ConstantTimeCompare([]byte(cookie.Value), []byte(state)) != 1 {
		return idp.Attempt{}, identity.SignInAttempt{}, forged
	}
	kept, err := s.Store.TakeSignInAttempt(r.Context(), credential.HashToken(state), v.name)
	if errors.Is(err, desk.ErrNotFound) {
		err = forged
	}
	return idp.Attempt{State: state, Nonce: kept.Nonce, Verifier: kept.Verifier, Callback: v.callback}, kept, err
}

// brought is what a browser brought along, as a provider sent it.
func brought(p rest.Params) url.Values {
	values := url.Values{}
	for name := range p {
		if text := p.Text(name); text != "" {
			values.Set(name, text)
		}
	}
	return values
}

// showFailure says why a provider sent somebody away.
func (s *Room) showFailure(_ http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	return rest.Forbidden("Message from " + desk.Cut(p.Text("strategy"), longestRefusal) + ": " + desk.Cut(p.Text("message"), longestRefusal))
}

// signOut ends the sessions of somebody whom an administrator's own provider signed out.
func (s *Room) signOut(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	catalog, err := s.Catalog(r)
	if err != nil {
		return err
	}
	stored, err := configured(catalog, idp.OpenID)
	if err != nil {
		return err
	}
	out, err := idp.ReadLogout(r.Context(), stored, s.client, p.Text("logout_token"), time.Now())
	w.Header().Set("Cache-Control", "no-store")
	if err != nil {
		s.Log.WarnContext(r.Context(), "word of a logout refused", "provider", idp.OpenID, "error", err)
		return rest.BadRequest("invalid_request")
	}
	if err := s.Store.EndSessionsBy(r.Context(), idp.OpenID, out.UID, out.Session); err != nil {
		return err
	}
	s.ForgetCallers()
	return rest.Deleted(w)
}
