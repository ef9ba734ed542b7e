package oauth

import (
	"net/http"
	"slices"
	"strings"

	"postroom/api/rest"
	"postroom/internal/credential"
	"postroom/internal/desk"
	"postroom/internal/desk/identity"
	"postroom/internal/store"
	"postroom/internal/store/signin"
)

// applicationRecord shows an application to administrators, its secret included: they have to type
// it into the program it belongs to.
func applicationRecord(a identity.Application) rest.Record {
	return rest.Record{
		{"id", a.ID}, {"name", a.Name}, {"uid", a.UID}, {"secret", a.Secret}, {"redirect_uri", a.RedirectURI}, {"scopes", a.Scopes},
		{"confidential", a.Confidential}, {"created_at", a.CreatedAt}, {"updated_at", a.UpdatedAt},
	}
}

// listApplications shows all of them; full=true tells how many tokens each was given.
func (s *Room) listApplications(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	all, err := s.Store.Applications(r.Context())
	if err != nil {
		return err
	}
	if !p.Flag("full") {
		shown := make([]rest.Record, len(all))
		for i, a := range all {
			shown[i] = applicationRecord(a)
		}
		return reply(w, shown)
	}
	tokens, err := s.Store.ApplicationTokens(r.Context())
	if err != nil {
		return err
	}
	ids, byID := make([]identity.ApplicationID, len(all)), rest.Record{}
	for i, a := range all {
		ids[i] = a.ID
		byID.Add(rest.IDText(a.ID), applicationRecord(a).With("clients", tokens[a.ID]))
	}
	return reply(w, rest.Record{{"record_ids", ids}, {"assets", rest.Record{{"Application", byID}}}})
}

// reply answers with secrets, as everything about applications does, also what is new.
func reply(w http.ResponseWriter, value any) error { return rest.WriteSecret(w, http.StatusOK, value) }

func applicationID(r *http.Request) (identity.ApplicationID, error) {
	return rest.PathID[identity.ApplicationID](r, "id", "Doorkeeper::Application")
}

func (s *Room) getApplication(w http.ResponseWriter, r *http.Request) error {
	id, err := applicationID(r)
	if err != nil {
		return err
	}
	found, err := s.Store.Application(r.Context(), id)
	if err != nil {
		return err
	}
	return reply(w, applicationRecord(found))
}

// createApplication registers a program. What it proves itself with is made here, never sent.
func (s *Room) createApplication(w http.ResponseWriter, r *http.Request) error {
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	a := identity.Application{UID: credential.NewToken(), Secret: credential.NewToken(), Scopes: identity.ScopeFull, Confidential: true}
	if err := readApplication(in, &a); err != nil {
		return err
	}
	if err := s.Store.InsertApplication(r.Context(), &a); err != nil {
		return err
	}
	return reply(w, applicationRecord(a))
}

// Lengths of what is stored, in characters.
const maxRedirects = 4000

func readApplication(in *rest.Input, a *identity.Application) error {
	in.Name(&a.Name)
	in.Text(&a.RedirectURI, "redirect_uri", maxRedirects)
	in.Text(&a.Scopes, "scopes", rest.MaxName)
	in.Flag(&a.Confidential, "confidential")
	if in.Err != nil {
		return in.Err
	}
	a.RedirectURI = strings.Join(strings.Fields(a.RedirectURI), "\n")
	a.Scopes = strings.Join(strings.Fields(a.Scopes), " ")
	return a.Validate()
}

func (s *Room) updateApplication(w http.ResponseWriter, r *http.Request) error {
	id, err := applicationID(r)
	if err != nil {
		return err
	}
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	var a identity.Application
	err = s.Store.InTx(r.Context(), func(tx *store.Store) error {
		if a, err = tx.LockApplication(r.Context(), id); err != nil {
			return err
		}
		if err := readApplication(in, &a); err != nil {
			return err
		}
		return tx.SaveApplication(r.Context(), &a)
	})
	if err != nil {
		return err
	}
	return reply(w, applicationRecord(a))
}

func (s *Room) deleteApplication(w http.ResponseWriter, r *http.Request) error {
	id, err := applicationID(r)
	if err != nil {
		return err
	}
	if err := s.Store.DeleteApplication(r.Context(), id); err != nil {
		return err
	}
	s.ForgetCallers()
	return rest.Deleted(w)
}

// createToken makes a token with which an application acts for whoever asks, without end. Asked for
// with an access token that is limited, it would be a way around the limits.
func (s *Room) createToken(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	id, err := rest.IDIn[identity.ApplicationID](p, "id")
	if err != nil {
		return err
	}
	if _, err := s.Store.Application(r.Context(), id); err != nil {
		return err
	}
	who := rest.Caller(r)
	if slices.ContainsFunc(who.Permissions, func(p string) bool { return !who.Can(p) }) {
		return &desk.ForbiddenError{Reason: "the access token used is limited"}
	}
	token := credential.NewToken()
	given := signin.AccessToken{ApplicationID: id, UserID: &who.User.ID, Scopes: identity.ScopeFull}
	if err := s.Store.InsertAccessToken(r.Context(), &given, signin.Secrets{Token: credential.HashToken(token)}); err != nil {
		return err
	}
	return reply(w, rest.Record{{"token", token}})
}
