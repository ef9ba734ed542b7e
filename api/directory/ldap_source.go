package directory

import (
	"context"
	"net/http"
	"strings"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/ldap"
	"postroom/internal/store"
	"postroom/internal/store/imports"
	"postroom/internal/store/seal"
)

const maxSourceName = 100 // characters

func (s *Room) ldapSources() *rest.Resource[desk.LDAPSource, desk.LDAPSourceID] {
	return &rest.Resource[desk.LDAPSource, desk.LDAPSourceID]{
		House:    s.House,
		Table:    imports.LDAPSources,
		View:     s.ldapSourceView,
		Sortable: []string{"name", "prio", "active"},
		Fresh:    func() desk.LDAPSource { return desk.LDAPSource{Active: true, Preferences: map[string]any{}} },
		Read:     readLDAPSource,
	}
}

// ldapSourceView shows everything but the password.
func (s *Room) ldapSourceView(*desk.Caller) rest.View[desk.LDAPSource] {
	shown := rest.ViewOf(s.House, imports.LDAPSources)
	shown.Records = rest.Each(func(v desk.LDAPSource) rest.Record {
		return rest.Record{
			{"id", v.ID}, {"name", v.Name}, {"preferences", seal.Mask(v.Preferences, rest.SecretMask)}, {"active", v.Active}, {"prio", v.Prio},
		}.Stamped(v.Stamp)
	})
	return shown
}

func readLDAPSource(ctx context.Context, tx *store.Store, in *rest.Input, v *desk.LDAPSource) error {
	former := v.Preferences
	in.Text(&v.Name, "name", maxSourceName)
	v.Name = strings.TrimSpace(v.Name)
	in.Object(&v.Preferences, "preferences")
	in.Flag(&v.Active, "active")
	if in.Err == nil && v.Name == "" {
		return rest.Invalid("name", "Name can't be blank")
	}
	var err error
	if v.Preferences, err = withPassword(v.Preferences, former); err != nil {
		return err
	}
	if _, err := ldap.Read(v.Preferences); err != nil {
		in.Keep(err)
	}
	var prio *int
	in.Int(&prio, "prio")
	switch {
	case in.Err != nil:
		return in.Err
	case prio != nil:
		v.Prio = *prio
	case v.ID == 0:
		last, err := imports.LDAPSources.NextPrio(ctx, tx.DB)
		v.Prio = last
		return err
	}
	return nil
}

// orderLDAPSources says which of two directories that have somebody is believed.
func (s *Room) orderLDAPSources(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	prios, err := rest.PriosIn[desk.LDAPSourceID](p)
	if err != nil {
		return err
	}
	err = s.Store.InTx(r.Context(), func(tx *store.Store) error {
		return imports.LDAPSources.SetPrios(r.Context(), tx.DB, prios, rest.Caller(r).User.ID)
	})
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, rest.OrderAnswer)
}
