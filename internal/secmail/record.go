package secmail

import (
	"crypto/x509"
	"strings"

	"postroom/internal/desk"
	"postroom/internal/pgp"
	"postroom/internal/smime"
)

// Certificate is a certificate as it is stored.
func Certificate(c *x509.Certificate) desk.SMIMECertificate {
	return desk.SMIMECertificate{
		Subject:        desk.Plain(smime.Subject(c)),
		Issuer:         desk.Plain(smime.Issuer(c)),
		Fingerprint:    smime.Fingerprint(c),
		EmailAddresses: smime.Addresses(c),
		RecipientIDs:   smime.RecipientIDs(c),
		NotBefore:      c.NotBefore.UTC(),
		NotAfter:       c.NotAfter.UTC(),
		CA:             c.IsCA,
		Certificate:    smime.WriteCertificate(c),
	}
}

// PGPKey is a key as it is stored, once it was tried whether its passphrase is right.
func PGPKey(armored, passphrase string) (desk.PGPKey, error) {
	key, err := pgp.ReadKey(armored)
	if err != nil {
		return desk.PGPKey{}, err
	}
	v := desk.PGPKey{
		Name:           desk.Plain(strings.Join(key.Names(), ", ")),
		Fingerprint:    key.Fingerprint(),
		EmailAddresses: key.Addresses(),
		RecipientIDs:   key.IDs(),
		ExpiresAt:      key.ExpiresAt(),
		Secret:         key.Secret(),
		Key:            strings.TrimSpace(armored) + "\n",
	}
	if !key.Secret() {
		return v, nil
	}
	if passphrase != "" {
		v.Passphrase = &passphrase
	}
	return v, key.Unlock(passphrase)
}

// PublicPGPKey is the half of a stored key that everybody may have.
func PublicPGPKey(v desk.PGPKey) (string, error) {
	key, err := pgp.ReadKey(v.Key)
	if err != nil {
		return "", err
	}
	return key.Public()
}
