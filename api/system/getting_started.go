package system

import (
	"context"
	"errors"
	"net/http"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/setup"
)

// gettingStarted tells a first visitor whether somebody set this installation up.
func (s *Room) gettingStarted(w http.ResponseWriter, r *http.Request) error {
	done, err := s.Store.IsSetUp(r.Context())
	if err != nil {
		return err
	}
	if !done && s.autoWizard != nil && s.autoWizard.Waiting() {
		return rest.WriteJSON(w, http.StatusOK, rest.Record{{"auto_wizard", true}})
	}
	return s.showSetup(w, r, done)
}

func (s *Room) showSetup(w http.ResponseWriter, r *http.Request, done bool) error {
	catalog, err := s.Catalog(r)
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, rest.Record{
		{"setup_done", done},
		{"import_mode", catalog.Settings.Bool("import_mode")},
		{"import_backend", catalog.Settings.String("import_backend")},
		{"system_online_service", catalog.Settings.Bool("system_online_service")},
	})
}

// runAutoWizard sets the installation up as the operator left it. It is for anybody, once: whoever
// could put the file there decides with its token who may.
func (s *Room) runAutoWizard(w http.ResponseWriter, r *http.Request) error {
	done, err := s.Store.IsSetUp(r.Context())
	if err != nil {
		return err
	}
	if done {
		return s.showSetup(w, r, true)
	}
	if s.autoWizard == nil {
		return rest.WriteJSON(w, http.StatusOK, rest.Record{{"auto_wizard", false}})
	}
	first, err := s.autoWizard.Apply(r.Context(), r.PathValue("token"))
	s.Changed()
	invalid, isInvalid := errors.AsType[*desk.InvalidError](err)
	switch {
	case err == nil:
		if err := s.signIn(w, r, first); err != nil {
			return err
		}
		return rest.WriteJSON(w, http.StatusOK, rest.Record{{"auto_wizard", true}, {"auto_wizard_success", true}})
	case errors.Is(err, setup.ErrSetUpAlready):
		return s.showSetup(w, r, true)
	case errors.Is(err, setup.ErrNoAutoWizard):
		return rest.WriteJSON(w, http.StatusOK, rest.Record{{"auto_wizard", false}})
	case errors.Is(err, setup.ErrWrongToken):
		return wizardFailed(w, "The auto wizard needs its token in the address.")
	case isInvalid:
		return wizardFailed(w, invalid.Reason)
	}
	s.Log.ErrorContext(r.Context(), "auto wizard failed", "error", err)
	return wizardFailed(w, "The auto wizard failed. The log says why.")
}

func wizardFailed(w http.ResponseWriter, message string) error {
	return rest.WriteJSON(w, http.StatusOK, rest.Record{{"auto_wizard", true}, {"auto_wizard_success", false}, {"message", message}})
}

// AutoWizard is what the operator left for the first start.
type AutoWizard interface {
	// Waiting reports whether there is something to apply.
	Waiting() bool
	// Apply sets the installation up and returns the first of its users, 0 when it has none. It
	// refuses a token that is not the one in the file.
	Apply(ctx context.Context, token string) (desk.UserID, error)
}
