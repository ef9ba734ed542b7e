package smime

import (
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/crypto/cryptobyte"
	tags "golang.org/x/crypto/cryptobyte/asn1"
)

// The module that makes signatures could check them as well, but knows neither RSA-PSS nor signers that
// are named by the id of their key.

// Signed is a signature that was read and not yet believed.
type Signed struct {
	Content []byte // what was signed

	kind         asn1.ObjectIdentifier // of the content
	certificates []*x509.Certificate   // that came along
	signers      []signer
}

// ErrUnknownSigner says that nothing we trust vouches for who signed.
var ErrUnknownSigner = errors.New("unknown signer")

var (
	oidSigned       = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
	errNoSignature  = errors.New("the signature can't be read")
	errDateOfSigner = errors.New("the certificate was not valid when the mail was signed")
)

// ReadSigned reads a signature. content is what stands beside it; nil: it is inside.
func ReadSigned(signature, content []byte) (*Signed, error) {
	der, err := definite(signature)
	if err != nil {
		return nil, fmt.Errorf("read signature: %w", err)
	}
	input := cryptobyte.String(der)
	var info, wrapped, body cryptobyte.String
	var kind asn1.ObjectIdentifier
	s := &Signed{}
	if !input.ReadASN1(&info, tags.SEQUENCE) || !info.ReadASN1ObjectIdentifier(&kind) || !kind.Equal(oidSigned) ||
		!info.ReadASN1(&wrapped, context(0).Constructed()) || !wrapped.ReadASN1(&body, tags.SEQUENCE) || !s.read(body) {
		return nil, errNoSignature
	}
	if content != nil {
		s.Content = content
	}
	return s, nil
}

// maxSigners bounds how many of those who signed are read.
const maxSigners = 10

func (s *Signed) read(body cryptobyte.String) bool {
	var version int
	var digests, content, signers cryptobyte.String
	if !body.ReadASN1Integer(&version) || !body.ReadASN1(&digests, tags.SET) || !body.ReadASN1(&content, tags.SEQUENCE) ||
		!s.readContent(content) || !s.readCertificates(&body) || !body.SkipOptionalASN1(context(1).Constructed()) ||
		!body.ReadASN1(&signers, tags.SET) {
		return false
	}
	for !signers.Empty() && len(s.signers) < maxSigners {
		var info cryptobyte.String
		if !signers.ReadASN1(&info, tags.SEQUENCE) {
			return false
		}
		one, ok := readSigner(info)
		if !ok {
			return false
		}
		s.signers = append(s.signers, one)
	}
	return true
}

func (s *Signed) readContent(content cryptobyte.String) bool {
	var inside cryptobyte.String
	var there bool
	return content.ReadASN1ObjectIdentifier(&s.kind) && content.ReadOptionalASN1(&inside, &there, context(0).Constructed()) &&
		(!there || readOctets(&inside, &s.Content))
}

// readOctets reads a text that may be in pieces.
func readOctets(from *cryptobyte.String, into *[]byte) bool {
	var text cryptobyte.String
	if from.PeekASN1Tag(tags.OCTET_STRING.Constructed()) {
		return from.ReadASN1(&text, tags.OCTET_STRING.Constructed()) && readPieces(text, into)
	}
	ok := from.ReadASN1(&text, tags.OCTET_STRING)
	*into = text
	return ok
}

// readCertificates takes what it can read: a chain may have certificates in it that nobody needs.
func (s *Signed) readCertificates(body *cryptobyte.String) bool {
	var set cryptobyte.String
	var there bool
	if !body.ReadOptionalASN1(&set, &there, context(0).Constructed()) {
		return false
	}
	for !set.Empty() && len(s.certificates) < maxCertificates {
		var raw cryptobyte.String
		var tag tags.Tag
		if !set.ReadAnyASN1Element(&raw, &tag) {
			return false
		}
		if certificate, err := x509.ParseCertificate(raw); err == nil {
			s.certificates = append(s.certificates, certificate)
		}
	}
	return true
}

// Verify returns who signed, if the signature is that of the content and one of the trusted
// certificates is the signer's own or vouches for it at a time. The certificate is returned together
// with ErrUnknownSigner, too.
func (s *Signed) Verify(trusted []*x509.Certificate, at time.Time) (*x509.Certificate, error) {
	if len(s.signers) != 1 {
		return nil, fmt.Errorf("%w: %d signers", ErrUnknownSigner, len(s.signers))
	}
	by := s.signers[0]
	known := slices.Concat(s.certificates, trusted) // some signatures come without certificates
	i := slices.IndexFunc(known, func(c *x509.Certificate) bool { return slices.Contains(RecipientIDs(c), by.id) })
	if i < 0 {
		return nil, fmt.Errorf("%w: no certificate", ErrUnknownSigner)
	}
	certificate := known[i]
	if err := by.verify(s.kind, s.Content, certificate); err != nil {
		return nil, err
	}
	if !CanSign(certificate) {
		return nil, errors.New("the certificate is not for signing mails")
	}
	if slices.ContainsFunc(trusted, certificate.Equal) {
		return certificate, nil
	}
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	for _, authority := range trusted {
		if authority.IsCA {
			roots.AddCert(authority)
		}
	}
	for _, sent := range s.certificates {
		between.AddCert(sent)
	}
	_, err := certificate.Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: between, CurrentTime: at,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection},
	})
	if err != nil {
		return certificate, fmt.Errorf("%w: %w", ErrUnknownSigner, err)
	}
	return certificate, nil
}
