package secmail

import (
	"context"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"

	"postroom/internal/desk"
	"postroom/internal/pgp"
	"postroom/internal/smime"
)

// Ability says whether a mail can be signed or encrypted, and why. Clients put the placeholders
// where Comment says %s, once it is translated.
type Ability struct {
	Possible     bool
	Comment      string
	Placeholders []string
}

// Text is the comment as people read it.
func (a Ability) Text() string {
	text := a.Comment
	for _, placeholder := range a.Placeholders {
		text = strings.Replace(text, "%s", placeholder, 1)
	}
	return text
}

func can(comment string, placeholders ...string) Ability { return Ability{true, comment, placeholders} }

func cannot(comment string, placeholders ...string) Ability {
	return Ability{false, comment, placeholders}
}

// Signing reports whether mails from an address can be signed.
func (s *Safe) Signing(ctx context.Context, way, from string) (ability Ability, err error) {
	if way == desk.SecurityPGP {
		_, ability, err = s.pgpSigner(ctx, from)
	} else {
		_, ability, err = s.smimeSigner(ctx, from)
	}
	return ability, err
}

// Encryption reports whether a mail can be encrypted for everybody who gets it.
func (s *Safe) Encryption(ctx context.Context, way string, recipients []string) (ability Ability, err error) {
	if way == desk.SecurityPGP {
		_, ability, err = s.pgpRecipients(ctx, recipients)
	} else {
		_, ability, err = s.smimeRecipients(ctx, recipients)
	}
	return ability, err
}

// smimeIdentity is who signs: a certificate, its key, and the certificates above it.
type smimeIdentity struct {
	certificate *x509.Certificate
	key         smime.PrivateKey
	chain       []*x509.Certificate
}

func (s *Safe) smimeSigner(ctx context.Context, from string) (*smimeIdentity, Ability, error) {
	if from == "" {
		return nil, cannot("There is no address to send from."), nil
	}
	addresses := lower(from)
	stored, err := s.keys.CertificatesOf(ctx, addresses)
	if err != nil {
		return nil, Ability{}, err
	}
	var all []*x509.Certificate
	var own []desk.SMIMECertificate
	for _, v := range stored {
		certificates, err := smime.ReadCertificates(v.Certificate)
		if err != nil {
			return nil, Ability{}, fmt.Errorf("S/MIME certificate %d: %w", v.ID, err)
		}
		all = append(all, certificates[0])
		if v.PrivateKey != nil && slices.Contains(v.EmailAddresses, addresses[0]) && smime.CanSign(certificates[0]) {
			own = append(own, v)
		}
	}
	if len(own) == 0 {
		return nil, cannot("The certificate for %s was not found.", from), nil
	}
	for _, v := range own { // the one that is valid longest comes first
		if s.now.Before(v.NotBefore) || s.now.After(v.NotAfter) {
			continue
		}
		certificate := all[slices.IndexFunc(stored, func(o desk.SMIMECertificate) bool { return o.ID == v.ID })]
		keys, err := smime.ReadPrivateKeys(text(v.PrivateKey), text(v.PrivateKeySecret))
		if err != nil {
			return nil, Ability{}, fmt.Errorf("S/MIME certificate %d: %w", v.ID, err)
		}
		return &smimeIdentity{certificate, keys[0], smime.Chain(certificate, all)}, can("The certificate for %s was found.", from), nil
	}
	return nil, cannot("The certificate for %s was found, but it is not valid yet or has expired.", from), nil
}

func (s *Safe) smimeRecipients(ctx context.Context, recipients []string) ([]*x509.Certificate, Ability, error) {
	addresses := lower(recipients...)
	if len(addresses) == 0 {
		return nil, cannot("There is no recipient."), nil
	}
	stored, err := s.keys.CertificatesOf(ctx, addresses)
	if err != nil {
		return nil, Ability{}, err
	}
	var found []*x509.Certificate
	for _, address := range addresses {
		var of, expired *x509.Certificate
		for _, v := range stored {
			if !slices.Contains(v.EmailAddresses, address) {
				continue
			}
			certificates, err := smime.ReadCertificates(v.Certificate)
			switch {
			case err != nil || !smime.CanEncrypt(certificates[0]):
			case !smime.Valid(certificates[0], s.now):
				expired = certificates[0]
			case of == nil:
				of = certificates[0]
			}
		}
		switch {
		case of != nil:
			found = append(found, of)
		case expired != nil:
			return nil, cannot("There were certificates found for %s, but at least one of them is not valid yet or has expired.", address), nil
		default:
			return nil, cannot("The certificate for %s was not found.", address), nil
		}
	}
	return found, can("The certificates for %s were found.", strings.Join(addresses, ", ")), nil
}

func (s *Safe) pgpSigner(ctx context.Context, from string) (*pgp.Key, Ability, error) {
	if from == "" {
		return nil, cannot("There is no address to send from."), nil
	}
	addresses := lower(from)
	stored, err := s.keys.PGPKeysOf(ctx, addresses, []string{}) // nobody signs for a whole domain
	if err != nil {
		return nil, Ability{}, err
	}
	stored = slices.DeleteFunc(stored, func(v desk.PGPKey) bool { return !v.Secret })
	if len(stored) == 0 {
		return nil, cannot("The PGP key for %s was not found.", from), nil
	}
	for _, v := range stored {
		if v.ExpiresAt != nil && s.now.After(*v.ExpiresAt) {
			continue
		}
		keys, err := readPGP([]desk.PGPKey{v}, true)
		if err != nil {
			return nil, Ability{}, err
		}
		if keys[0].CanSign(s.now) {
			return keys[0], can("The PGP key for %s was found.", from), nil
		}
	}
	return nil, cannot("The PGP key for %s was found, but it has expired.", from), nil
}

func (s *Safe) pgpRecipients(ctx context.Context, recipients []string) ([]*pgp.Key, Ability, error) {
	addresses := lower(recipients...)
	if len(addresses) == 0 {
		return nil, cannot("There is no recipient."), nil
	}
	stored, err := s.pgpKeysOf(ctx, addresses)
	if err != nil {
		return nil, Ability{}, err
	}
	keys, err := readPGP(stored, false)
	if err != nil {
		return nil, Ability{}, err
	}
	var found []*pgp.Key
	for _, address := range addresses {
		expired, before := false, len(found)
		for i, v := range stored {
			if !slices.Contains(v.EmailAddresses, address) && text(v.DomainAlias) != desk.MailDomain(address) {
				continue
			}
			if keys[i].CanEncrypt(s.now) {
				found = append(found, keys[i])
				break
			}
			expired = true
		}
		switch {
		case len(found) > before:
		case expired:
			return nil, cannot("There were PGP keys found for %s, but at least one of them has expired.", address), nil
		default:
			return nil, cannot("The PGP key for %s was not found.", address), nil
		}
	}
	return found, can("The PGP keys for %s were found.", strings.Join(addresses, ", ")), nil
}
