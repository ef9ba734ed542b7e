package api

import (
	"context"
	"net/http"
	"strings"

	"postroom/internal/desk"
	"postroom/internal/richtext"
	"postroom/internal/store"
)

func emailAddressRecord(v desk.EmailAddress) record {
	r := record{
		{"id", v.ID}, {"channel_id", v.ChannelID}, {"name", v.Name}, {"email", v.Email}, {"active", v.Active},
		{"note", v.Note}, {"preferences", v.Preferences},
	}
	r.stamped(v.Stamp)
	return r
}

func (s *Server) emailAddressView() view[desk.EmailAddress] {
	return view[desk.EmailAddress]{
		model:   "EmailAddress",
		id:      func(v desk.EmailAddress) int64 { return int64(v.ID) },
		records: each(emailAddressRecord),
		expand: func(ctx context.Context, items []desk.EmailAddress, records []record) error {
			return s.addStamps(ctx, stampsOf(items, func(v desk.EmailAddress) desk.Stamp { return v.Stamp }), records)
		},
	}
}

var sortableEmailAddresses = []string{
	"id", "channel_id", "name", "email", "active", "note", "created_at", "updated_at", "created_by_id", "updated_by_id",
}

func (s *Server) listEmailAddresses(w http.ResponseWriter, r *http.Request) error {
	p, page, err := listParams(r, indexPages)
	if err != nil {
		return err
	}
	orders, err := ordering(p, sortableEmailAddresses, false)
	if err != nil {
		return err
	}
	addresses, err := s.Store.ListEmailAddresses(r.Context(), orders, page)
	if err != nil {
		return err
	}
	catalog, err := s.catalog(r)
	if err != nil {
		return err
	}
	return s.emailAddressView().list(w, r, p, addresses, func() (int, error) { return len(catalog.Addresses), nil })
}

func (s *Server) getEmailAddress(w http.ResponseWriter, r *http.Request) error {
	p, err := readParams(r)
	if err != nil {
		return err
	}
	id, err := pathID[desk.EmailAddressID](r, "id", "EmailAddress")
	if err != nil {
		return err
	}
	address, err := s.Store.EmailAddress(r.Context(), id)
	if err != nil {
		return err
	}
	return s.emailAddressView().one(w, r, p, http.StatusOK, address)
}

func (s *Server) createEmailAddress(w http.ResponseWriter, r *http.Request) error {
	p, err := readParams(r)
	if err != nil {
		return err
	}
	v := desk.EmailAddress{Preferences: map[string]any{}}
	v.UpdatedByID = caller(r).User.ID
	if err := readEmailAddress(p, &v); err != nil {
		return err
	}
	err = s.Store.InTx(r.Context(), func(tx *store.Store) error { return tx.InsertEmailAddress(r.Context(), &v) })
	if err != nil {
		return err
	}
	return s.showSavedEmailAddress(w, r, p, http.StatusCreated, v.ID)
}

func (s *Server) updateEmailAddress(w http.ResponseWriter, r *http.Request) error {
	p, err := readParams(r)
	if err != nil {
		return err
	}
	id, err := pathID[desk.EmailAddressID](r, "id", "EmailAddress")
	if err != nil {
		return err
	}
	err = s.Store.InTx(r.Context(), func(tx *store.Store) error {
		v, err := tx.EmailAddress(r.Context(), id)
		if err != nil {
			return err
		}
		if err := readEmailAddress(p, &v); err != nil {
			return err
		}
		v.UpdatedByID = caller(r).User.ID
		return tx.SaveEmailAddress(r.Context(), v)
	})
	if err != nil {
		return err
	}
	return s.showSavedEmailAddress(w, r, p, http.StatusOK, id)
}

func (s *Server) showSavedEmailAddress(w http.ResponseWriter, r *http.Request, p params, status int, id desk.EmailAddressID) error {
	s.changed()
	v, err := s.Store.EmailAddress(r.Context(), id)
	if err != nil {
		return err
	}
	return s.emailAddressView().one(w, r, p, status, v)
}

func (s *Server) deleteEmailAddress(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID[desk.EmailAddressID](r, "id", "EmailAddress")
	if err != nil {
		return err
	}
	if err := s.Store.DeleteEmailAddress(r.Context(), id); err != nil {
		return err
	}
	s.changed()
	return deleted(w)
}

// readEmailAddress takes what a client sent. Older ones call the display name realname.
func readEmailAddress(p params, v *desk.EmailAddress) error {
	for _, key := range []string{"realname", "name"} {
		if err := p.setText(&v.Name, key, 250); err != nil {
			return err
		}
	}
	if err := p.setText(&v.Email, "email", 255); err != nil {
		return err
	}
	if err := p.setText(&v.Note, "note", maxNote); err != nil {
		return err
	}
	if p.has("note") {
		v.Note, _ = richtext.Sanitize(v.Note, richtext.Options{})
	}
	if err := p.setObject(&v.Preferences, "preferences"); err != nil {
		return err
	}
	if p.has("channel_id") {
		channel, err := idIn[desk.ChannelID](p, "channel_id")
		if err != nil {
			return err
		}
		v.ChannelID = idOrNil(channel)
	}
	v.Name, v.Email = strings.TrimSpace(v.Name), strings.ToLower(strings.TrimSpace(v.Email))
	switch {
	case v.Name == "":
		return invalid("name", "Name can't be blank")
	case v.Email == "":
		return invalid("email", "Email can't be blank")
	case !desk.ValidAddress(v.Email):
		return invalid("email", "Invalid email '%s'", v.Email)
	}
	return nil
}
