package mail

import (
	"errors"
	"maps"
	"net/http"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/store/seal"
)

var externalCredentialView = rest.View[desk.ExternalCredential]{
	Model:   "ExternalCredential",
	ID:      func(v desk.ExternalCredential) int64 { return int64(v.ID) },
	Records: rest.Each(rest.ExternalCredentialRecord),
}

func (s *Room) listExternalCredentials(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	all, err := s.Store.ExternalCredentials(r.Context())
	if err != nil {
		return err
	}
	return externalCredentialView.List(w, r, p, all, func() (int, error) { return len(all), nil })
}

// externalCredential returns the one that the path names, if the caller may have to do with it.
func (s *Room) externalCredential(r *http.Request) (desk.ExternalCredential, error) {
	id, err := rest.PathID[desk.ExternalCredentialID](r, "id", "ExternalCredential")
	if err != nil {
		return desk.ExternalCredential{}, err
	}
	found, err := s.Store.ExternalCredential(r.Context(), id)
	if err != nil {
		return desk.ExternalCredential{}, err
	}
	_, err = providerNamed(r, found.Name)
	return found, err
}

func (s *Room) showExternalCredential(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	found, err := s.externalCredential(r)
	if err != nil {
		return err
	}
	return externalCredentialView.One(w, r, p, http.StatusOK, found)
}

func (s *Room) createExternalCredential(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	at, err := providerNamed(r, p.Text("name"))
	if err != nil {
		return err
	}
	v := desk.ExternalCredential{Name: at.name}
	if v.Credentials, err = credentialsIn(p, nil); err != nil {
		return err
	}
	if err := s.Store.AddExternalCredential(r.Context(), &v); err != nil {
		return err
	}
	return externalCredentialView.One(w, r, p, http.StatusCreated, v)
}

// maxCredentials bounds an application's fields, and their texts.
const maxCredentials, maxCredential = 30, 2500

// credentialsIn reads the fields of an application. A secret that is sent back masked stays.
func credentialsIn(p rest.Params, former map[string]any) (map[string]any, error) {
	sent, ok := p.Object("credentials")
	if !ok || len(sent) == 0 {
		return nil, rest.Invalid("credentials", "The required parameter 'credentials' is missing.")
	}
	if len(sent) > maxCredentials {
		return nil, rest.InvalidParam("credentials", nil)
	}
	for name, value := range sent {
		if text, ok := rest.TextOf(value); !ok || len(text) > maxCredential {
			return nil, rest.InvalidParam(name, nil)
		}
	}
	return seal.Unmask(sent, former, rest.SecretMask), nil
}

func (s *Room) updateExternalCredential(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	v, err := s.externalCredential(r)
	if err != nil {
		return err
	}
	if p.Has("credentials") {
		if v.Credentials, err = credentialsIn(p, v.Credentials); err != nil {
			return err
		}
	}
	if err := s.Store.SaveExternalCredential(r.Context(), &v); err != nil {
		return err
	}
	return externalCredentialView.One(w, r, p, http.StatusOK, v)
}

func (s *Room) deleteExternalCredential(w http.ResponseWriter, r *http.Request) error {
	v, err := s.externalCredential(r)
	if err != nil {
		return err
	}
	if err := s.Store.DeleteExternalCredential(r.Context(), v.ID); err != nil {
		return err
	}
	return rest.Deleted(w)
}

// verifyApplication tells whether an application can be used, before it is stored. Its answer is a
// 200 in any case.
func (s *Room) verifyApplication(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	at, err := providerNamed(r, r.PathValue("provider"))
	if err != nil {
		return err
	}
	catalog, err := s.Catalog(r)
	if err != nil {
		return err
	}
	attributes := maps.Clone(map[string]any(p))
	delete(attributes, "provider")
	stored, err := s.Store.ExternalCredentialOf(r.Context(), at.name)
	if err != nil && !errors.Is(err, desk.ErrNotFound) {
		return err
	}
	app := seal.Unmask(attributes, stored.Credentials, rest.SecretMask)
	for _, name := range []string{"client_id", "client_secret"} {
		if former, ok := stored.Credentials[name]; ok && rest.Params(app).Blank(name) {
			app[name] = former
		}
	}
	if !at.connects() {
		return rest.WriteJSON(w, http.StatusOK, rest.Record{{"error", "Accounts at " + at.title + " can't be connected."}})
	}
	_, err = s.Providers.AuthorizeURL(at.name, app, rest.CallbackURL(catalog, at.name), "", "")
	if invalid, ok := errors.AsType[*desk.InvalidError](err); ok {
		return rest.WriteJSON(w, http.StatusOK, rest.Record{{"error", invalid.Reason}})
	}
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, rest.Record{{"attributes", attributes}})
}
