package signin

import (
	"errors"
	"net/http"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/desk/identity"
)

// BeginBy opens a session for somebody for whom an identity provider vouches: who has to prove what is
// the provider's business. session is what the provider calls it; empty: it won't speak of it.
func (s *Room) BeginBy(w http.ResponseWriter, r *http.Request, user desk.UserID, provider, session string) error {
	catalog, err := s.Catalog(r)
	if err != nil {
		return err
	}
	who, err := s.Store.CallerByID(r.Context(), user)
	if errors.Is(err, desk.ErrNotFound) || err == nil && !who.User.Active {
		return rest.Unauthorized(textLoginFailed)
	}
	if err != nil {
		return err
	}
	if err := maintained(catalog, &who); err != nil {
		return err
	}
	if err := s.Store.RecordLogin(r.Context(), user); err != nil {
		return err
	}
	began := &identity.Session{Authentication: provider}
	if _, err := s.begin(w, r, catalog, &who, began); err != nil || session == "" {
		return err
	}
	return s.Store.NameSession(r.Context(), began.ID, session)
}
