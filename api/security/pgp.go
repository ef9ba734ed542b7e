package security

import (
	"errors"
	"net/http"
	"strings"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/pgp"
	"postroom/internal/secmail"
	"postroom/internal/store/accounts"
	"postroom/internal/store/table"
)

// keyRecord shows a key without the key: that is for its download.
func keyRecord(v desk.PGPKey) rest.Record {
	addresses := v.EmailAddresses
	if addresses == nil {
		addresses = []string{}
	}
	return rest.Record{
		{"id", v.ID}, {"name", v.Name}, {"fingerprint", v.Fingerprint}, {"email_addresses", addresses},
		{"expires_at", v.ExpiresAt}, {"secret", v.Secret}, {"domain_alias", v.DomainAlias},
	}.Stamped(v.Stamp)
}

// showStatus says whether PGP can be used. Nothing has to be installed for it.
func (s *Room) showStatus(w http.ResponseWriter, r *http.Request) error {
	return rest.Reply(w, r, rest.Record{{"error", nil}})
}

func (s *Room) listKeys(w http.ResponseWriter, r *http.Request) error {
	_, page, err := rest.ListParams(r, rest.IndexPages)
	if err != nil {
		return err
	}
	list, err := accounts.PGPKeys.List(r.Context(), s.Store.DB, table.Filter[desk.PGPKeyID]{}, []rest.Order{{Column: "id", Descending: true}}, page)
	if err != nil {
		return err
	}
	records := make([]rest.Record, len(list))
	for i, v := range list {
		records[i] = keyRecord(v)
	}
	return rest.Reply(w, r, records)
}

func keyID(r *http.Request) (desk.PGPKeyID, error) {
	return rest.PathID[desk.PGPKeyID](r, "id", accounts.PGPKeys.Class)
}

func (s *Room) showKey(w http.ResponseWriter, r *http.Request) error {
	id, err := keyID(r)
	if err != nil {
		return err
	}
	v, err := accounts.PGPKeys.Get(r.Context(), s.Store.DB, id)
	if err != nil {
		return err
	}
	return rest.Reply(w, r, keyRecord(v))
}

func (s *Room) addKey(w http.ResponseWriter, r *http.Request) error {
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	text, err := upload(r, in, "key")
	if err != nil {
		return err
	}
	v, err := secmail.PGPKey(text, in.Params.Text("passphrase"))
	if err != nil {
		return pgpError(err)
	}
	if len(v.EmailAddresses) == 0 {
		return rest.Invalid("key", "There was no email address found in the PGP key.")
	}
	if domain := strings.ToLower(strings.TrimPrefix(strings.TrimSpace(in.Params.Text("domain_alias")), "@")); domain != "" {
		if !desk.ValidAddress("anybody@" + domain) {
			return rest.Invalid("domain_alias", "The domain alias is not valid.")
		}
		v.DomainAlias = &domain
	}
	err = accounts.PGPKeys.Insert(r.Context(), s.Store.DB, &v, in.Who.User.ID)
	if errors.Is(err, desk.ErrConflict) {
		return rest.Invalid("key", "There is already a PGP key with the same fingerprint.")
	}
	if err != nil {
		return err
	}
	if v, err = accounts.PGPKeys.Get(r.Context(), s.Store.DB, v.ID); err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, rest.Record{{"result", "ok"}, {"response", keyRecord(v)}})
}

func pgpError(err error) error {
	if errors.Is(err, pgp.ErrWrongSecret) {
		return rest.Invalid("passphrase", "The passphrase of the PGP key is wrong.")
	}
	return rest.Invalid("key", "This is not a valid PGP key. Please check the format.")
}

func (s *Room) deleteKey(w http.ResponseWriter, r *http.Request) error {
	id, err := keyID(r)
	if err != nil {
		return err
	}
	if err := accounts.PGPKeys.Delete(r.Context(), s.Store.DB, id); err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, rest.Record{{"result", "ok"}})
}

// downloadKey sends the public half, or the whole key as it was put in.
func (s *Room) downloadKey(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	id, err := keyID(r)
	if err != nil {
		return err
	}
	v, err := s.Store.PGPKey(r.Context(), id)
	if err != nil {
		return err
	}
	if p.Flag("secret") {
		if !v.Secret {
			return rest.Invalid("secret", "This is not a private PGP key.")
		}
		download(w, v.Fingerprint+"-private.asc", v.Key)
		return nil
	}
	public, err := secmail.PublicPGPKey(v)
	if err != nil {
		return err
	}
	download(w, v.Fingerprint+"-public.asc", public)
	return nil
}
