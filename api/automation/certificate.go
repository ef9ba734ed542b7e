package automation

import (
	"crypto/sha1" // fingerprints of certificates are compared by eye, not trusted
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"io"
	"net/http"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/store/library"
)

// certificates can be listed and deleted like other records; they are never changed.
func (s *Room) certificates() *rest.Resource[desk.SSLCertificate, desk.SSLCertificateID] {
	return &rest.Resource[desk.SSLCertificate, desk.SSLCertificateID]{
		House:    s.House,
		Table:    library.SSLCertificates,
		View:     s.certificateView,
		Sortable: []string{"fingerprint", "subject", "not_before", "not_after", "ca"},
	}
}

func (s *Room) certificateView(*desk.Caller) rest.View[desk.SSLCertificate] {
	shown := rest.ViewOf(s.House, library.SSLCertificates)
	shown.Records = rest.Each(func(v desk.SSLCertificate) rest.Record {
		return rest.Record{
			{"id", v.ID}, {"fingerprint", v.Fingerprint}, {"certificate", v.Certificate}, {"subject", v.Subject},
			{"not_before", v.NotBefore}, {"not_after", v.NotAfter}, {"ca", v.CA},
		}.Stamped(v.Stamp)
	})
	return shown
}

func (s *Room) addCertificate(w http.ResponseWriter, r *http.Request) error {
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	text, err := sentCertificate(r, in)
	if err != nil {
		return err
	}
	v, err := readCertificate(text)
	if err != nil {
		return err
	}
	if err := library.SSLCertificates.Insert(r.Context(), s.Store.DB, &v, in.Who.User.ID); err != nil {
		return err
	}
	return s.certificates().Saved(w, r, in.Params, http.StatusCreated, v.ID)
}

// sentCertificate is a text in certificate, or the content of file.
func sentCertificate(r *http.Request, in *rest.Input) (string, error) {
	if r.MultipartForm == nil || len(r.MultipartForm.File["file"]) == 0 {
		return in.Params.Text("certificate"), nil
	}
	file, err := r.MultipartForm.File["file"][0].Open()
	if err != nil {
		return "", err
	}
	defer file.Close()
	content, err := io.ReadAll(file) // no larger than any body
	return string(content), err
}

var errNoCertificate = rest.Invalid("certificate", "This is not a valid X509 certificate. Please check the certificate format.")

// readCertificate reads the first certificate in a text.
func readCertificate(text string) (desk.SSLCertificate, error) {
	block, more := pem.Decode([]byte(text))
	for block != nil && block.Type != "CERTIFICATE" {
		block, more = pem.Decode(more)
	}
	if block == nil {
		return desk.SSLCertificate{}, errNoCertificate
	}
	parsed, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return desk.SSLCertificate{}, errNoCertificate
	}
	sum := sha1.Sum(parsed.Raw)
	return desk.SSLCertificate{
		Fingerprint: hex.EncodeToString(sum[:]),
		Certificate: string(pem.EncodeToMemory(&pem.Block{Type: block.Type, Bytes: block.Bytes})),
		Subject:     desk.Plain(parsed.Subject.String()),
		NotBefore:   parsed.NotBefore,
		NotAfter:    parsed.NotAfter,
		CA:          parsed.IsCA,
	}, nil
}

func (s *Room) downloadCertificate(w http.ResponseWriter, r *http.Request) error {
	id, err := rest.PathID[desk.SSLCertificateID](r, "id", library.SSLCertificates.Class)
	if err != nil {
		return err
	}
	v, err := library.SSLCertificates.Get(r.Context(), s.Store.DB, id)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/x-pem-file")
	w.Header().Set("Content-Disposition", `attachment; filename="`+v.Fingerprint+`.crt"`)
	_, _ = io.WriteString(w, v.Certificate) // fails when the client is gone, and then nobody can be told
	return nil
}
