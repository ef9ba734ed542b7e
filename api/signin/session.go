package signin

import (
	"context"
	"errors"
	"net/http"
	"time"

	"postroom/internal/credential"
	"postroom/internal/desk"
	"postroom/internal/desk/identity"
)

// How somebody proved to be somebody before a session began.
const (
	byPassword   = "password"
	bySSO        = "SSO"
	byAutoWizard = "auto_wizard"
)

// bySession looks for the session of a request's cookie. There may be none: desk.ErrNotFound.
func (s *Room) bySession(r *http.Request, c *desk.Catalog) (visit, error) {
	badge := s.badges(c).shown(r)
	if badge == "" {
		return visit{}, desk.ErrNotFound
	}
	found, err := s.callers.get("session", badge, func(hash []byte) (known, error) { return s.sessionOwner(r.Context(), c, hash) })
	if err != nil {
		return visit{}, err
	}
	return visit{who: &found.Caller, session: &found.session, by: "session", secret: badge}, nil
}

func (s *Room) sessionOwner(ctx context.Context, c *desk.Catalog, hash []byte) (known, error) {
	found, session, err := s.Store.CredentialsBySession(ctx, hash)
	if err != nil {
		return known{}, err
	}
	lasts := identity.SessionIdle(c.Settings, &found.Caller)
	idle := s.now().Sub(session.UpdatedAt)
	if idle >= lasts {
		return known{}, desk.ErrNotFound
	}
	const exact = 4 // a session that lasts shortly has to be known better than to the minute
	if idle >= min(touchEvery, lasts/exact) {
		err = s.Store.TouchSession(ctx, session.ID, s.now().Add(lasts))
	}
	return known{Credentials: found, session: session}, err
}

// begin signs somebody in: the browser gets a new badge, so that nobody who knew the old one comes
// in too, and what it was signed in to before ends. It returns the badge.
func (s *Room) begin(w http.ResponseWriter, r *http.Request, c *desk.Catalog, who *desk.Caller, session *identity.Session) (string, error) {
	if err := s.end(r, c); err != nil {
		return "", err
	}
	badge := s.badges(c).hand(w, session.RememberMe, s.now())
	session.UserID = who.User.ID
	session.RemoteIP, session.UserAgent = s.address(r), identity.CutUserAgent(r.UserAgent())
	expires := s.now().Add(identity.SessionIdle(c.Settings, who))
	if err := s.Store.InsertSession(r.Context(), session, credential.HashToken(badge), expires); err != nil {
		return "", err
	}
	s.Log.InfoContext(r.Context(), "session began", "user_id", who.User.ID, "session_id", session.ID, "authentication", session.Authentication)
	return badge, nil
}

// end signs out whoever is signed in by the cookie of a request.
func (s *Room) end(r *http.Request, c *desk.Catalog) error {
	badge := s.badges(c).shown(r)
	if badge == "" {
		return nil
	}
	err := s.Store.EndSession(r.Context(), credential.HashToken(badge))
	s.callers.forget()
	return err
}

// Begin opens a session for a user who did not have to prove anything, such as the first one that
// an auto wizard made.
func (s *Room) Begin(w http.ResponseWriter, r *http.Request, user desk.UserID) error {
	catalog, err := s.Catalog(r)
	if err != nil {
		return err
	}
	who, err := s.Store.CallerByID(r.Context(), user)
	if errors.Is(err, desk.ErrNotFound) {
		return nil // gone already: nobody to sign in
	}
	if err != nil {
		return err
	}
	_, err = s.begin(w, r, catalog, &who, &identity.Session{Authentication: byAutoWizard})
	return err
}

// now is what time the room believes it is.
func (s *Room) now() time.Time { return s.callers.now() }
