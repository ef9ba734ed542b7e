package directory

import (
	"context"
	"errors"
	"net/http"
	"time"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/ldap"
	"postroom/internal/store/seal"
)

// lookWithin is how long a look into a directory may take while somebody waits for it.
const lookWithin = time.Minute

// typedLDAP is a directory as an administrator describes it. The mask stands for the password that is
// stored for the source of the same id.
func (s *Room) typedLDAP(ctx context.Context, typed map[string]any) (map[string]any, error) {
	id, sent := rest.NumberOf(typed["id"])
	if !sent || typed["bind_pw"] != rest.SecretMask {
		return typed, nil
	}
	stored, err := s.Store.LDAPSource(ctx, desk.LDAPSourceID(id))
	if errors.Is(err, desk.ErrNotFound) {
		return typed, nil
	}
	if err != nil {
		return nil, err
	}
	return withPassword(typed, stored.Preferences)
}

// withPassword puts the password of a source in place of its mask. It goes to no other server than the one
// that it was typed in for.
func withPassword(typed, stored map[string]any) (map[string]any, error) {
	if typed["bind_pw"] != rest.SecretMask {
		return typed, nil
	}
	to, err := ldap.Read(typed)
	if err != nil {
		return nil, err
	}
	if from, err := ldap.Read(stored); err != nil || !to.SameServer(from) {
		return nil, rest.Invalid("bind_pw", "The password has to be typed in again when the server changes.")
	}
	return seal.Unmask(typed, stored, rest.SecretMask), nil
}

// discoverLDAP shows what a directory tells anybody: where its trees begin.
func (s *Room) discoverLDAP(w http.ResponseWriter, r *http.Request) error {
	return s.lookInto(w, r, func(_ context.Context, directory *ldap.Directory, _ ldap.Settings) (rest.Record, error) {
		root, err := directory.Root()
		return rest.Record{{"attributes", root}}, err
	}, "bind_user", "bind_pw")
}

// bindLDAP signs in to a directory and shows what could be taken from there.
func (s *Room) bindLDAP(w http.ResponseWriter, r *http.Request) error {
	return s.lookInto(w, r, func(ctx context.Context, directory *ldap.Directory, typed ldap.Settings) (rest.Record, error) {
		found, err := directory.Propose(ctx, typed.UserFilter, typed.GroupFilter)
		groups := map[string]string{}
		for _, group := range found.Groups {
			groups[group] = group
		}
		return rest.Record{
			{"user_filter", found.UserFilter}, {"user_attributes", found.UserAttributes}, {"user_uid", found.UserUID},
			{"group_filter", found.GroupFilter}, {"groups", groups}, {"group_uid", found.GroupUID},
		}, err
	})
}

// lookInto opens the directory that was typed in, leaving parts out.
func (s *Room) lookInto(w http.ResponseWriter, r *http.Request,
	look func(context.Context, *ldap.Directory, ldap.Settings) (rest.Record, error), without ...string) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	for _, key := range without {
		delete(p, key)
	}
	typed, err := s.typedLDAP(r.Context(), p)
	if err != nil {
		return outcome(w, r, nil, err)
	}
	settings, err := ldap.Read(typed)
	if err != nil {
		return outcome(w, r, nil, err)
	}
	if p.Blank("user_filter") {
		settings.UserFilter = "" // look for one
	}
	ctx, cancel := context.WithTimeout(r.Context(), lookWithin)
	defer cancel()
	directory, err := s.service.LDAP(ctx, settings)
	if err != nil {
		return outcome(w, r, nil, err)
	}
	defer directory.Close()
	found, err := look(ctx, directory, settings)
	return outcome(w, r, found, err)
}
