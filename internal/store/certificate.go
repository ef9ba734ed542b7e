package store

import "postroom/internal/desk"

// SSLCertificates are those that connections to other systems may be secured with. They are put in
// and taken out, never changed.
var SSLCertificates = &Table[desk.SSLCertificate, desk.SSLCertificateID]{
	Class:  "SSLCertificate",
	name:   "ssl_certificates",
	search: "subject, fingerprint",
	all: `
		SELECT id, fingerprint, certificate, subject, not_before, not_after, ca,
			updated_by_id, created_by_id, created_at, updated_at
		FROM ssl_certificates`,
	insert: `
		INSERT INTO ssl_certificates (fingerprint, certificate, subject, not_before, not_after, ca, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
		RETURNING id`,
	values: func(v desk.SSLCertificate) []any {
		return []any{v.Fingerprint, v.Certificate, v.Subject, v.NotBefore, v.NotAfter, v.CA, v.UpdatedByID}
	},
	parts: func(v *desk.SSLCertificate) (*desk.SSLCertificateID, *desk.Stamp) { return &v.ID, &v.Stamp },
}
