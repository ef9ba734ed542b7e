package library

import (
	"postroom/internal/desk"
	"postroom/internal/store/table"
)

// SSLCertificates are those that connections to other systems may be secured with. They are put in
// and taken out, never changed.
var SSLCertificates = &table.Of[desk.SSLCertificate, desk.SSLCertificateID]{
	Class:  "SSLCertificate",
	Name:   "ssl_certificates",
	Search: "subject, fingerprint",
	Select: `
		SELECT id, fingerprint, certificate, subject, not_before, not_after, ca,
			updated_by_id, created_by_id, created_at, updated_at
		FROM ssl_certificates`,
	Create: `
		INSERT INTO ssl_certificates (fingerprint, certificate, subject, not_before, not_after, ca, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
		RETURNING id`,
	Values: func(v desk.SSLCertificate) []any {
		return []any{v.Fingerprint, v.Certificate, v.Subject, v.NotBefore, v.NotAfter, v.CA, v.UpdatedByID}
	},
	Parts: func(v *desk.SSLCertificate) (*desk.SSLCertificateID, *desk.Stamp) { return &v.ID, &v.Stamp },
}
