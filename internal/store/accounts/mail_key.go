package accounts

import (
	"context"
	"fmt"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
	"postroom/internal/store/table"
)

// SMIMECertificates are those of people we write with, and our own. What comes out of this table
// directly has its secrets sealed.
var SMIMECertificates = &table.Of[desk.SMIMECertificate, desk.SMIMECertificateID]{
	Class:  "SMIMECertificate",
	Name:   "smime_certificates",
	Search: "subject, fingerprint",
	Select: allCertificates,
	Create: `
		INSERT INTO smime_certificates (subject, issuer, fingerprint, email_addresses, recipient_ids, not_before, not_after, ca,
			certificate, private_key, private_key_secret, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)
		RETURNING id`,
	Update: `
		UPDATE smime_certificates
		SET subject = $1, issuer = $2, fingerprint = $3, email_addresses = $4, recipient_ids = $5, not_before = $6, not_after = $7,
			ca = $8, certificate = $9, private_key = $10, private_key_secret = $11, updated_by_id = $12, updated_at = now()
		WHERE id = $13`,
	Values: func(v desk.SMIMECertificate) []any {
		return []any{
			v.Subject, v.Issuer, v.Fingerprint, texts(v.EmailAddresses), texts(v.RecipientIDs), v.NotBefore, v.NotAfter, v.CA,
			v.Certificate, v.PrivateKey, v.PrivateKeySecret, v.UpdatedByID,
		}
	},
	Parts: func(v *desk.SMIMECertificate) (*desk.SMIMECertificateID, *desk.Stamp) { return &v.ID, &v.Stamp },
	Check: func(_ context.Context, tx *pg.DB, v *desk.SMIMECertificate) error {
		return eachKeySecret("S/MIME certificate", int64(v.ID), pg.Sealer(tx).Seal, v.PrivateKey, v.PrivateKeySecret)
	},
}

const allCertificates = `
	SELECT id, subject, issuer, fingerprint, email_addresses, recipient_ids, not_before, not_after, ca, certificate,
		private_key, private_key_secret, updated_by_id, created_by_id, created_at, updated_at
	FROM smime_certificates`

// PGPKeys are those of people we write with, and our own. What comes out of this table directly is
// sealed.
var PGPKeys = &table.Of[desk.PGPKey, desk.PGPKeyID]{
	Class:  "PGPKey",
	Name:   "pgp_keys",
	Search: "name, fingerprint",
	Select: allPGPKeys,
	Create: `
		INSERT INTO pgp_keys (name, fingerprint, email_addresses, recipient_ids, expires_at, secret, domain_alias, key, passphrase,
			updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
		RETURNING id`,
	Values: func(v desk.PGPKey) []any {
		return []any{
			v.Name, v.Fingerprint, texts(v.EmailAddresses), texts(v.RecipientIDs), v.ExpiresAt, v.Secret, v.DomainAlias, v.Key,
			v.Passphrase, v.UpdatedByID,
		}
	},
	Parts: func(v *desk.PGPKey) (*desk.PGPKeyID, *desk.Stamp) { return &v.ID, &v.Stamp },
	Check: func(_ context.Context, tx *pg.DB, v *desk.PGPKey) error {
		return eachKeySecret("PGP key", int64(v.ID), pg.Sealer(tx).Seal, &v.Key, v.Passphrase)
	},
}

const allPGPKeys = `
	SELECT id, name, fingerprint, email_addresses, recipient_ids, expires_at, secret, domain_alias, key, passphrase,
		updated_by_id, created_by_id, created_at, updated_at
	FROM pgp_keys`

// texts makes no list an empty one, for columns that can't be null.
func texts(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func eachKeySecret(class string, id int64, change func(string) (string, error), secrets ...*string) error {
	for _, secret := range secrets {
		if secret == nil {
			continue
		}
		changed, err := change(*secret)
		if err != nil {
			return fmt.Errorf("secrets of %s %d: %w", class, id, err)
		}
		*secret = changed
	}
	return nil
}

// mostKeys bounds how many keys are looked at for one mail.
const mostKeys = 500

// CertificatesOf returns the certificates of mail addresses, in lower case, and those of all
// authorities that may vouch for others.
func (s Keeper) CertificatesOf(ctx context.Context, addresses []string) ([]desk.SMIMECertificate, error) {
	return s.certificates(ctx, ` WHERE ca OR email_addresses && $1 ORDER BY not_after DESC, id DESC LIMIT $2`, addresses)
}

// CertificatesThatOpen returns those of our certificates that go by one of these recipient ids.
func (s Keeper) CertificatesThatOpen(ctx context.Context, recipientIDs []string) ([]desk.SMIMECertificate, error) {
	return s.certificates(ctx, ` WHERE recipient_ids && $1 AND private_key IS NOT NULL ORDER BY id LIMIT $2`, recipientIDs)
}

// CertificatesByFingerprint returns those of some certificates that are known.
func (s Keeper) CertificatesByFingerprint(ctx context.Context, fingerprints []string) ([]desk.SMIMECertificate, error) {
	return s.certificates(ctx, ` WHERE fingerprint = ANY($1) ORDER BY id LIMIT $2`, fingerprints)
}

// CertificatesNamed returns all certificates that go by one of these recipient ids.
func (s Keeper) CertificatesNamed(ctx context.Context, recipientIDs []string) ([]desk.SMIMECertificate, error) {
	return s.certificates(ctx, ` WHERE recipient_ids && $1 ORDER BY id LIMIT $2`, recipientIDs)
}

// SMIMECertificate returns one certificate with its secrets in clear, or a *desk.MissingError.
func (s Keeper) SMIMECertificate(ctx context.Context, id desk.SMIMECertificateID) (desk.SMIMECertificate, error) {
	v, err := SMIMECertificates.Get(ctx, s.DB, id)
	if err != nil {
		return v, err
	}
	return v, eachKeySecret("S/MIME certificate", int64(id), pg.Sealer(s.DB).Open, v.PrivateKey, v.PrivateKeySecret)
}

func (s Keeper) certificates(ctx context.Context, where string, names []string) ([]desk.SMIMECertificate, error) {
	found, err := pg.Many[desk.SMIMECertificate](ctx, s.DB, "S/MIME certificates", allCertificates+where, names, mostKeys)
	if err != nil {
		return nil, err
	}
	for i := range found {
		v := &found[i]
		if err := eachKeySecret("S/MIME certificate", int64(v.ID), pg.Sealer(s.DB).Open, v.PrivateKey, v.PrivateKeySecret); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// PGPKeysOf returns the keys of mail addresses and those that stand for whole domains, all in lower
// case. Those of addresses come first.
func (s Keeper) PGPKeysOf(ctx context.Context, addresses, domains []string) ([]desk.PGPKey, error) {
	return s.pgpKeys(ctx, `
		WHERE email_addresses && $1 OR domain_alias = ANY($2)
		ORDER BY email_addresses && $1 DESC, expires_at DESC NULLS FIRST, id DESC
		LIMIT $3`, addresses, domains)
}

// PGPKeysThatOpen returns those of our keys that go by one of these recipient ids. all is for mails
// that don't say whom they are for.
func (s Keeper) PGPKeysThatOpen(ctx context.Context, recipientIDs []string, all bool) ([]desk.PGPKey, error) {
	return s.pgpKeys(ctx, `
		WHERE secret AND (recipient_ids && $1 OR $2)
		ORDER BY recipient_ids && $1 DESC, id DESC
		LIMIT $3`, recipientIDs, all)
}

// PGPKey returns one key with its secrets in clear, or a *desk.MissingError.
func (s Keeper) PGPKey(ctx context.Context, id desk.PGPKeyID) (desk.PGPKey, error) {
	v, err := PGPKeys.Get(ctx, s.DB, id)
	if err != nil {
		return v, err
	}
	return v, eachKeySecret("PGP key", int64(id), pg.Sealer(s.DB).Open, &v.Key, v.Passphrase)
}

func (s Keeper) pgpKeys(ctx context.Context, where string, args ...any) ([]desk.PGPKey, error) {
	found, err := pg.Many[desk.PGPKey](ctx, s.DB, "PGP keys", allPGPKeys+where, append(args, mostKeys)...)
	if err != nil {
		return nil, err
	}
	for i := range found {
		if err := eachKeySecret("PGP key", int64(found[i].ID), pg.Sealer(s.DB).Open, &found[i].Key, found[i].Passphrase); err != nil {
			return nil, err
		}
	}
	return found, nil
}
