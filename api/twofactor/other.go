package twofactor

import (
	"net/http"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/internal/store/signin"
)

// other is the user of the path.
func (s *Room) other(r *http.Request) (desk.UserID, error) {
	id, err := rest.PathID[desk.UserID](r, "id", "User")
	if err != nil {
		return 0, err
	}
	_, err = s.Store.User(r.Context(), id)
	return id, err
}

func (s *Room) listOfOther(w http.ResponseWriter, r *http.Request) error {
	user, err := s.other(r)
	if err != nil {
		return err
	}
	now, err := s.stateOf(r, user)
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, now.methods)
}

func (s *Room) removeOfOther(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	user, err := s.other(r)
	if err != nil {
		return err
	}
	return s.remove(w, r, user, p.Text("method"))
}

func (s *Room) removeAllOfOther(w http.ResponseWriter, r *http.Request) error {
	user, err := s.other(r)
	if err != nil {
		return err
	}
	return s.remove(w, r, user, signin.AuthenticatorApp)
}

// remove takes a method away, which may be switched off since. Recovery codes go with the last one,
// as they stand in for nothing then.
func (s *Room) remove(w http.ResponseWriter, r *http.Request, user desk.UserID, method string) error {
	methods := []string{method, signin.RecoveryCodes}
	if method != signin.AuthenticatorApp {
		return rest.Invalid("method", "The required parameter 'method' is missing.")
	}
	err := s.Store.InTx(r.Context(), func(tx *store.Store) error {
		if _, err := tx.DeleteSecondFactors(r.Context(), user, methods...); err != nil {
			return err
		}
		return tx.SetPreference(r.Context(), user, preference, map[string]any{})
	})
	if err != nil {
		return err
	}
	s.ForgetCallers()
	return rest.WriteJSON(w, http.StatusOK, rest.Record{})
}
