package secmail

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"time"

	"postroom/internal/desk"
	"postroom/internal/pgp"
	"postroom/internal/smime"
)

// Protect returns a mail's content in its protected form. Both begin with the header fields that are
// about content, and have CRLF line ends.
type Protect func(entity []byte) ([]byte, error)

// Prepare finds the keys for what shall be done with a mail. Its errors are *desk.ConfigError when
// one is missing.
func (s *Safe) Prepare(ctx context.Context, wanted desk.Security, from string, recipients []string) (Protect, error) {
	if !s.Uses(wanted.Type) {
		return nil, &desk.ConfigError{Reason: fmt.Sprintf("The integration of '%s' is not active.", wanted.Type)}
	}
	if wanted.Type == desk.SecurityPGP {
		return s.preparePGP(ctx, wanted, from, recipients)
	}
	return s.prepareSMIME(ctx, wanted, from, recipients)
}

func refuse(a Ability, err error) error {
	if err == nil && !a.Possible {
		err = &desk.ConfigError{Reason: a.Text()}
	}
	return err
}

func (s *Safe) prepareSMIME(ctx context.Context, wanted desk.Security, from string, recipients []string) (Protect, error) {
	seal := smimeSeal{}
	if wanted.Sign.Success {
		signer, ability, err := s.smimeSigner(ctx, from)
		if err := refuse(ability, err); err != nil {
			return nil, err
		}
		seal.sign = func(entity []byte) ([]byte, error) {
			return smime.Sign(entity, signer.certificate, signer.key.Signer, signer.chain)
		}
	}
	if wanted.Encryption.Success {
		to, ability, err := s.smimeRecipients(ctx, recipients)
		if err := refuse(ability, err); err != nil {
			return nil, err
		}
		seal.encrypt = func(entity []byte) ([]byte, error) { return smime.Encrypt(entity, to) }
	}
	return seal.protect, nil
}

// smimeSeal signs, encrypts, or signs and then encrypts.
type smimeSeal struct{ sign, encrypt func([]byte) ([]byte, error) }

func (s smimeSeal) protect(entity []byte) ([]byte, error) {
	if s.sign != nil {
		signature, err := s.sign(entity)
		if err != nil {
			return nil, err
		}
		var part bytes.Buffer
		part.WriteString("Content-Type: application/pkcs7-signature; name=\"smime.p7s\"\r\nContent-Transfer-Encoding: base64\r\n" +
			"Content-Disposition: attachment; filename=\"smime.p7s\"\r\n\r\n")
		writeBase64(&part, signature)
		entity = multipart("signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256", entity, part.Bytes())
	}
	if s.encrypt == nil {
		return entity, nil
	}
	envelope, err := s.encrypt(entity)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	out.WriteString("Content-Type: application/pkcs7-mime; smime-type=enveloped-data;\r\n name=\"smime.p7m\"\r\n" +
		"Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=\"smime.p7m\"\r\n\r\n")
	writeBase64(&out, envelope)
	return out.Bytes(), nil
}

func (s *Safe) preparePGP(ctx context.Context, wanted desk.Security, from string, recipients []string) (Protect, error) {
	var signer *pgp.Key
	var to []*pgp.Key
	if wanted.Sign.Success {
		key, ability, err := s.pgpSigner(ctx, from)
		if err := refuse(ability, err); err != nil {
			return nil, err
		}
		signer = key
	}
	if wanted.Encryption.Success {
		keys, ability, err := s.pgpRecipients(ctx, recipients)
		if err := refuse(ability, err); err != nil {
			return nil, err
		}
		to = keys
	}
	now := s.now
	return func(entity []byte) ([]byte, error) {
		if to == nil {
			return signPGP(entity, signer, now)
		}
		message, err := pgp.Encrypt(entity, to, signer, now)
		if err != nil {
			return nil, err
		}
		version := []byte("Content-Type: application/pgp-encrypted\r\nContent-Description: PGP/MIME version identification\r\n\r\nVersion: 1\r\n")
		part := append([]byte("Content-Type: application/octet-stream; name=\"encrypted.asc\"\r\n"+
			"Content-Description: OpenPGP encrypted message\r\nContent-Disposition: inline; filename=\"encrypted.asc\"\r\n\r\n"), crlf(message)...)
		return multipart("encrypted; protocol=\"application/pgp-encrypted\"", version, part), nil
	}, nil
}

func signPGP(entity []byte, signer *pgp.Key, now time.Time) ([]byte, error) {
	signature, micalg, err := pgp.Sign(entity, signer, now)
	if err != nil {
		return nil, err
	}
	part := append([]byte("Content-Type: application/pgp-signature; name=\"signature.asc\"\r\n"+
		"Content-Description: OpenPGP digital signature\r\nContent-Disposition: attachment; filename=\"signature.asc\"\r\n\r\n"), crlf(signature)...)
	return multipart("signed; protocol=\"application/pgp-signature\"; micalg="+micalg, entity, part), nil
}

// multipart puts parts into one. Its boundary is made of them, so that it is in none.
func multipart(kind string, parts ...[]byte) []byte {
	sum, size := sha256.New(), 512
	for _, part := range parts {
		_, _ = sum.Write(part) // never fails
		size += len(part)
	}
	boundary := "=_sealed_" + hex.EncodeToString(sum.Sum(nil)[:12])
	out := bytes.NewBuffer(make([]byte, 0, size))
	fmt.Fprintf(out, "Content-Type: multipart/%s;\r\n boundary=\"%s\"\r\n\r\n", kind, boundary)
	for _, part := range parts {
		fmt.Fprintf(out, "--%s\r\n", boundary)
		out.Write(part)
		out.WriteString("\r\n")
	}
	fmt.Fprintf(out, "--%s--\r\n", boundary)
	return out.Bytes()
}

func crlf(text []byte) []byte { return bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n")) }

func writeBase64(out *bytes.Buffer, data []byte) {
	const line = 57 // bytes
	for start := 0; start < len(data); start += line {
		out.WriteString(base64.StdEncoding.EncodeToString(data[start:min(start+line, len(data))]))
		out.WriteString("\r\n")
	}
}

// Default returns what a group's mail gets that nobody chose anything for, as far as the keys for it
// are there. It says no when that is nothing.
func (s *Safe) Default(ctx context.Context, group desk.GroupID, from string, recipients []string) (desk.Security, bool, error) {
	for _, way := range []struct{ name, config string }{{desk.SecuritySMIME, "smime_config"}, {desk.SecurityPGP, "pgp_config"}} {
		sign, encrypt := s.settings.SecurityDefaults(way.config, group)
		if !s.Uses(way.name) || !sign && !encrypt {
			continue
		}
		chosen := desk.Security{Type: way.name}
		if sign {
			ability, err := s.Signing(ctx, way.name, from)
			if err != nil {
				return chosen, false, err
			}
			chosen.Sign.Success = ability.Possible
		}
		if encrypt {
			ability, err := s.Encryption(ctx, way.name, recipients)
			if err != nil {
				return chosen, false, err
			}
			chosen.Encryption.Success = ability.Possible
		}
		if chosen.Sign.Success || chosen.Encryption.Success {
			return chosen, true, nil
		}
	}
	return desk.Security{}, false, nil
}
