package signin

import (
	"errors"
	"net/http"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/desk/identity"
)

// signIn opens a session for who knows a name and its password.
func (s *Room) signIn(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	catalog, err := s.Catalog(r)
	if err != nil {
		return err
	}
	who, err := s.whoKnows(r, catalog, p)
	if err != nil {
		return err
	}
	second, err := s.secondFactorOf(r.Context(), catalog, who.User.ID)
	if err != nil {
		return err
	}
	if second.needed && p.Blank("two_factor_payload") {
		return rest.WriteJSON(w, http.StatusUnprocessableEntity, second.wanted())
	}
	session := &identity.Session{Authentication: byPassword, RememberMe: p.Flag("remember_me")}
	if session.Fingerprint, err = neededFingerprint(r, p, who); err != nil {
		return err
	}
	if second.needed {
		if err := s.prove(r, second, who.User.ID, p.Text("two_factor_method"), p.Text("two_factor_payload")); err != nil {
			return err
		}
	}
	return s.signedIn(w, r, catalog, who, session)
}

// whoKnows finds out who has the username and password that were sent, and may come in now.
func (s *Room) whoKnows(r *http.Request, c *desk.Catalog, p rest.Params) (*desk.Caller, error) {
	found, _, err := s.checkPassword(r.Context(), c, p.Text("username"), p.Text("password"))
	if errors.Is(err, errWrong) {
		err = s.logins.refuse(r.Context(), textLoginFailed)
	}
	if err != nil {
		return nil, err
	}
	who := &found.Caller
	if !who.User.Active {
		return nil, rest.Unauthorized(textLoginFailed)
	}
	return who, maintained(c, who)
}

// SignInPage signs in whoever filled in a page of ours that knows nothing of fingerprints: fields
// username and password, and the second factor's code if there is one.
func (s *Room) SignInPage(w http.ResponseWriter, r *http.Request, p rest.Params) error {
	catalog, err := s.Catalog(r)
	if err != nil {
		return err
	}
	who, err := s.whoKnows(r, catalog, p)
	if err != nil {
		return err
	}
	second, err := s.secondFactorOf(r.Context(), catalog, who.User.ID)
	if err != nil {
		return err
	}
	if second.needed {
		if err := s.prove(r, second, who.User.ID, methodOf(p.Text("code")), p.Text("code")); err != nil {
			return err
		}
	}
	if err := s.Store.RecordLogin(r.Context(), who.User.ID); err != nil {
		return err
	}
	_, err = s.begin(w, r, catalog, who, &identity.Session{Authentication: byPassword})
	return err
}

// neededFingerprint is fingerprintOf for who can look the own devices up and so has to name this one.
func neededFingerprint(r *http.Request, p rest.Params, who *desk.Caller) (string, error) {
	fingerprint, err := fingerprintOf(r, p)
	if err == nil && fingerprint == "" && who.UserCan("user_preferences.device") {
		err = rest.Invalid("fingerprint", "Need fingerprint param!")
	}
	return fingerprint, err
}

// signedIn opens the session of somebody who proved all that was asked for, and shows it.
func (s *Room) signedIn(w http.ResponseWriter, r *http.Request, c *desk.Catalog, who *desk.Caller, session *identity.Session) error {
	if err := s.Store.RecordLogin(r.Context(), who.User.ID); err != nil {
		return err
	}
	if session.Fingerprint != "" && who.UserCan("user_preferences.device") {
		device := identity.NewDevice(who.User.ID, r.UserAgent(), session.Fingerprint, s.address(r))
		id, err := s.Store.RecordDevice(r.Context(), device)
		if err != nil {
			return err
		}
		session.DeviceID = &id
	}
	badge, err := s.begin(w, r, c, who, session)
	if err != nil {
		return err
	}
	block, err := s.block(r.Context(), c, visit{who: who, session: session, secret: badge})
	if err != nil {
		return err
	}
	return rest.WriteSecret(w, http.StatusCreated, block)
}

// showSession tells a page who is signed in, also that nobody is.
func (s *Room) showSession(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	catalog, err := s.Catalog(r)
	if err != nil {
		return err
	}
	v, err := s.identify(r, catalog)
	s.welcome(w, r, catalog, v)
	if refused, ok := errors.AsType[*rest.AnswerError](err); ok && (err == errNobody || refused.Status == http.StatusUnauthorized) {
		return s.showNobody(w, r, catalog, refused)
	}
	if err != nil {
		return err
	}
	if err := s.nameDevice(r, p, v); err != nil {
		return err
	}
	block, err := s.block(r.Context(), catalog, v)
	if err != nil {
		return err
	}
	return rest.WriteSecret(w, http.StatusOK, block)
}

func (s *Room) showNobody(w http.ResponseWriter, r *http.Request, c *desk.Catalog, why *rest.AnswerError) error {
	config, err := s.config(r.Context(), visit{})
	if err != nil {
		return err
	}
	text := why.Text
	if why == errNobody {
		text = "no valid session"
	}
	return rest.WriteJSON(w, http.StatusOK, rest.Record{{"error", text}, {"config", config}})
}

// nameDevice lets a session that began without a device, or with another, be known by the one that
// its page names now.
func (s *Room) nameDevice(r *http.Request, p rest.Params, v visit) error {
	fingerprint, err := fingerprintOf(r, p)
	if err != nil || fingerprint == "" || v.session == nil || v.session.SwitchedFromID != nil || v.session.Fingerprint == fingerprint ||
		!v.who.UserCan("user_preferences.device") {
		return err
	}
	device, err := s.Store.RecordDevice(r.Context(), identity.NewDevice(v.who.User.ID, r.UserAgent(), fingerprint, s.address(r)))
	if err != nil {
		return err
	}
	s.callers.forget()
	return s.Store.SetSessionDevice(r.Context(), v.session.ID, device, fingerprint)
}

// signOut ends the session of a browser, and gives it the badge of a visitor who is nobody.
func (s *Room) signOut(w http.ResponseWriter, r *http.Request) error {
	catalog, err := s.Catalog(r)
	if err != nil {
		return err
	}
	if err := s.end(r, catalog); err != nil {
		return err
	}
	if r.Header.Get("Authorization") == "" {
		s.badges(catalog).hand(w, false, s.now())
	}
	return rest.Deleted(w)
}

// available tells which version answers.
func (s *Room) available(w http.ResponseWriter, r *http.Request) error {
	return rest.Reply(w, r, rest.Record{{"app_version", s.version}})
}
