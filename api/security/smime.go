package security

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/secmail"
	"postroom/internal/smime"
	"postroom/internal/store"
	"postroom/internal/store/accounts"
	"postroom/internal/store/table"
)

// certificateRecord shows a certificate, and of its private key only whether it is there.
func certificateRecord(v desk.SMIMECertificate) rest.Record {
	addresses := v.EmailAddresses
	if addresses == nil {
		addresses = []string{}
	}
	return rest.Record{
		{"id", v.ID}, {"subject", v.Subject}, {"issuer", v.Issuer}, {"fingerprint", v.Fingerprint},
		{"email_addresses", addresses}, {"subject_alternative_name", strings.Join(addresses, ", ")},
		{"not_before_at", v.NotBefore}, {"not_after_at", v.NotAfter}, {"ca", v.CA},
		{"pem", v.Certificate}, {"private_key", v.PrivateKey != nil},
	}.Stamped(v.Stamp)
}

func (s *Room) listCertificates(w http.ResponseWriter, r *http.Request) error {
	_, page, err := rest.ListParams(r, rest.IndexPages)
	if err != nil {
		return err
	}
	list, err := accounts.SMIMECertificates.List(r.Context(), s.Store.DB, table.Filter[desk.SMIMECertificateID]{}, []rest.Order{{Column: "id", Descending: true}}, page)
	if err != nil {
		return err
	}
	return rest.Reply(w, r, certificateRecords(list))
}

func certificateRecords(list []desk.SMIMECertificate) []rest.Record {
	records := make([]rest.Record, len(list))
	for i, v := range list {
		records[i] = certificateRecord(v)
	}
	return records
}

// addCertificates stores all certificates of a text. Those that are known already stay as they are.
func (s *Room) addCertificates(w http.ResponseWriter, r *http.Request) error {
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	text, err := upload(r, in, "data")
	if err != nil {
		return err
	}
	var stored []desk.SMIMECertificate
	err = s.Store.InTx(r.Context(), func(tx *store.Store) error {
		stored, err = keepCertificates(r.Context(), tx, text, in.Who.User.ID)
		return err
	})
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, rest.Record{{"result", "ok"}, {"response", certificateRecords(stored)}})
}

var errNoCertificate = rest.Invalid("data", "This is not a valid X509 certificate. Please check the certificate format.")

func keepCertificates(ctx context.Context, tx *store.Store, text string, by desk.UserID) ([]desk.SMIMECertificate, error) {
	certificates, err := smime.ReadCertificates(text)
	if err != nil {
		return nil, errNoCertificate
	}
	fingerprints := make([]string, len(certificates))
	for i, c := range certificates {
		fingerprints[i] = smime.Fingerprint(c)
	}
	stored, err := tx.CertificatesByFingerprint(ctx, fingerprints)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, v := range stored {
		known[v.Fingerprint] = true
	}
	for _, c := range certificates {
		v := secmail.Certificate(c)
		if known[v.Fingerprint] {
			continue
		}
		known[v.Fingerprint] = true
		if err := accounts.SMIMECertificates.Insert(ctx, tx.DB, &v, by); err != nil {
			return nil, err
		}
	}
	return tx.CertificatesByFingerprint(ctx, fingerprints)
}

// addPrivateKeys stores private keys with the certificates they belong to, which may come in the
// same text.
func (s *Room) addPrivateKeys(w http.ResponseWriter, r *http.Request) error {
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	text, err := upload(r, in, "data")
	if err != nil {
		return err
	}
	secret := in.Params.Text("secret")
	keys, err := smime.ReadPrivateKeys(text, secret)
	if err != nil {
		return keyError(err)
	}
	err = s.Store.InTx(r.Context(), func(tx *store.Store) error {
		if _, err := keepCertificates(r.Context(), tx, text, in.Who.User.ID); err != nil && !errors.Is(err, errNoCertificate) {
			return err
		}
		for _, key := range keys {
			if err := keepPrivateKey(r.Context(), tx, key, secret, in.Who.User.ID); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, rest.Record{{"result", "ok"}})
}

func keyError(err error) error {
	if errors.Is(err, smime.ErrWrongSecret) {
		return rest.Invalid("secret", "The private key could not be read. Is the secret correct?")
	}
	return rest.Invalid("data", "This is not a valid private key. Please check the format.")
}

func keepPrivateKey(ctx context.Context, tx *store.Store, key smime.PrivateKey, secret string, by desk.UserID) error {
	of, err := tx.CertificatesNamed(ctx, []string{smime.PublicKeyID(key.Public())})
	if err != nil {
		return err
	}
	if len(of) == 0 {
		return rest.Invalid("data", "The certificate for this private key could not be found.")
	}
	for _, v := range of { // more than one when a certificate was renewed
		text := key.PEM
		v.PrivateKey, v.PrivateKeySecret = &text, nil
		if secret != "" {
			unlock := secret
			v.PrivateKeySecret = &unlock
		}
		if err := accounts.SMIMECertificates.Save(ctx, tx.DB, &v, by); err != nil {
			return err
		}
	}
	return nil
}

func (s *Room) deleteCertificate(w http.ResponseWriter, r *http.Request) error {
	return s.withCertificate(w, r, func(ctx context.Context, tx *store.Store, v desk.SMIMECertificate, _ desk.UserID) error {
		return accounts.SMIMECertificates.Delete(ctx, tx.DB, v.ID)
	})
}

func (s *Room) deletePrivateKey(w http.ResponseWriter, r *http.Request) error {
	return s.withCertificate(w, r, func(ctx context.Context, tx *store.Store, v desk.SMIMECertificate, by desk.UserID) error {
		v.PrivateKey, v.PrivateKeySecret = nil, nil
		return accounts.SMIMECertificates.Save(ctx, tx.DB, &v, by)
	})
}

// withCertificate changes the certificate that a parameter names.
func (s *Room) withCertificate(w http.ResponseWriter, r *http.Request, change func(context.Context, *store.Store, desk.SMIMECertificate, desk.UserID) error) error {
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	id, err := rest.IDIn[desk.SMIMECertificateID](in.Params, "id")
	if err != nil {
		return err
	}
	err = s.Store.InTx(r.Context(), func(tx *store.Store) error {
		v, err := accounts.SMIMECertificates.Lock(r.Context(), tx.DB, id)
		if err != nil {
			return err
		}
		return change(r.Context(), tx, v, in.Who.User.ID)
	})
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, rest.Record{{"result", "ok"}})
}

func (s *Room) downloadCertificate(w http.ResponseWriter, r *http.Request) error {
	v, err := s.certificate(r)
	if err != nil {
		return err
	}
	download(w, v.Fingerprint+".crt", v.Certificate)
	return nil
}

// downloadPrivateKey sends a key as it was put in: encrypted, if it has a secret.
func (s *Room) downloadPrivateKey(w http.ResponseWriter, r *http.Request) error {
	v, err := s.certificate(r)
	if err != nil {
		return err
	}
	if v.PrivateKey == nil {
		return &desk.MissingError{Class: "SMIMECertificate", ID: int64(v.ID)}
	}
	download(w, v.Fingerprint+".key", *v.PrivateKey)
	return nil
}

func (s *Room) certificate(r *http.Request) (desk.SMIMECertificate, error) {
	id, err := rest.PathID[desk.SMIMECertificateID](r, "id", accounts.SMIMECertificates.Class)
	if err != nil {
		return desk.SMIMECertificate{}, err
	}
	return s.Store.SMIMECertificate(r.Context(), id)
}
