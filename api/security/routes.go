package security

import (
	"postroom/api/rest"
	"postroom/internal/desk"
)

// Routes are the addresses of the keys of mail.
func (s *Room) Routes(t *rest.Table) {
	agent := rest.Needs("ticket.agent")
	draft := rest.Record{{"ticket", rest.Record{}}, {"article", rest.Record{}}}
	half := rest.Record{{"success", false}, {"comment", ""}, {"commentPlaceholders", []string{}}}
	able := rest.Record{{"type", ""}, {"encryption", half}, {"sign", half}}
	done := rest.Record{{"result", ""}}
	which := rest.Record{{"id", int64(0)}}

	smime := rest.Needs("admin.integration.smime")
	certificate := certificateRecord(desk.SMIMECertificate{})
	t.Handle("POST /api/v1/integration/smime", agent, s.check(desk.SecuritySMIME)).Takes(draft).Gives(able)
	t.Handle("GET /api/v1/integration/smime/certificate", smime, s.listCertificates).Asks(rest.ListQuery...).Gives([]any{certificate})
	t.Handle("POST /api/v1/integration/smime/certificate", smime, s.addCertificates).
		Takes(rest.Record{{"data", ""}, {"file", ""}}).Gives(rest.Record{{"result", ""}, {"response", []any{certificate}}})
	t.Handle("DELETE /api/v1/integration/smime/certificate", smime, s.deleteCertificate).Takes(which).Gives(done)
	t.Handle("POST /api/v1/integration/smime/private_key", smime, s.addPrivateKeys).
		Takes(rest.Record{{"data", ""}, {"file", ""}, {"secret", ""}}).Gives(done)
	t.Handle("DELETE /api/v1/integration/smime/private_key", smime, s.deletePrivateKey).Takes(which).Gives(done)
	t.Handle("GET /api/v1/integration/smime/certificate_download/{id}", smime, s.downloadCertificate).GivesFile("text/plain")
	t.Handle("GET /api/v1/integration/smime/private_key_download/{id}", smime, s.downloadPrivateKey).GivesFile("text/plain")

	pgp := rest.Needs("admin.integration.pgp")
	key := keyRecord(desk.PGPKey{})
	t.Handle("POST /api/v1/integration/pgp", agent, s.check(desk.SecurityPGP)).Takes(draft).Gives(able)
	t.Handle("GET /api/v1/integration/pgp/status", pgp, s.showStatus).Gives(rest.Record{{"error", (*string)(nil)}})
	t.Handle("GET /api/v1/integration/pgp/key", pgp, s.listKeys).Asks(rest.ListQuery...).Gives([]any{key})
	t.Handle("GET /api/v1/integration/pgp/key/{id}", pgp, s.showKey).Gives(key)
	t.Handle("POST /api/v1/integration/pgp/key", pgp, s.addKey).
		Takes(rest.Record{{"key", ""}, {"file", ""}, {"passphrase", ""}, {"domain_alias", ""}}).Gives(rest.Record{{"result", ""}, {"response", key}})
	t.Handle("DELETE /api/v1/integration/pgp/key/{id}", pgp, s.deleteKey).Gives(done)
	t.Handle("GET /api/v1/integration/pgp/key_download/{id}", pgp, s.downloadKey).Asks("secret").GivesFile("text/plain")

	block := rest.Record{{"type", ""}, {"sign", rest.Record{}}, {"encryption", rest.Record{}}}
	t.Handle("POST /api/v1/ticket_articles/{id}/retry_security_process", rest.Login, s.retry).Gives(rest.AnyOf{rest.Record{}, block})
}
