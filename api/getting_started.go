package api

import (
	"errors"
	"net/http"

	"postroom/internal/desk"
	"postroom/internal/setup"
)

// gettingStarted tells a first visitor whether somebody set this installation up.
func (s *Server) gettingStarted(w http.ResponseWriter, r *http.Request) error {
	done, err := s.Store.IsSetUp(r.Context())
	if err != nil {
		return err
	}
	if !done && s.AutoWizard != nil && s.AutoWizard.Waiting() {
		return writeJSON(w, http.StatusOK, record{{"auto_wizard", true}})
	}
	return s.showSetup(w, r, done)
}

func (s *Server) showSetup(w http.ResponseWriter, r *http.Request, done bool) error {
	catalog, err := s.catalog(r)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, record{
		{"setup_done", done},
		{"import_mode", catalog.Settings.Bool("import_mode")},
		{"import_backend", catalog.Settings.String("import_backend")},
		{"system_online_service", catalog.Settings.Bool("system_online_service")},
	})
}

// runAutoWizard sets the installation up as the operator left it. It is for anybody, once: whoever
// could put the file there decides with its token who may.
func (s *Server) runAutoWizard(w http.ResponseWriter, r *http.Request) error {
	done, err := s.Store.IsSetUp(r.Context())
	if err != nil {
		return err
	}
	if done {
		return s.showSetup(w, r, true)
	}
	if s.AutoWizard == nil {
		return writeJSON(w, http.StatusOK, record{{"auto_wizard", false}})
	}
	err = s.AutoWizard.Apply(r.Context(), r.PathValue("token"))
	s.changed()
	invalid, isInvalid := errors.AsType[*desk.InvalidError](err)
	switch {
	case err == nil:
		return writeJSON(w, http.StatusOK, record{{"auto_wizard", true}, {"auto_wizard_success", true}})
	case errors.Is(err, setup.ErrSetUpAlready):
		return s.showSetup(w, r, true)
	case errors.Is(err, setup.ErrNoAutoWizard):
		return writeJSON(w, http.StatusOK, record{{"auto_wizard", false}})
	case errors.Is(err, setup.ErrWrongToken):
		return wizardFailed(w, "The auto wizard needs its token in the address.")
	case isInvalid:
		return wizardFailed(w, invalid.Reason)
	}
	s.Log.ErrorContext(r.Context(), "auto wizard failed", "error", err)
	return wizardFailed(w, "The auto wizard failed. The log says why.")
}

func wizardFailed(w http.ResponseWriter, message string) error {
	return writeJSON(w, http.StatusOK, record{{"auto_wizard", true}, {"auto_wizard_success", false}, {"message", message}})
}
