package smime

import (
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/smallstep/pkcs7"
)

// Signed is a signature that was read and not yet believed.
type Signed struct {
	Content []byte // what was signed
	p7      *pkcs7.PKCS7
}

// ErrUnknownSigner says that nothing we trust vouches for who signed.
var ErrUnknownSigner = errors.New("unknown signer")

// ReadSigned reads a signature. content is what stands beside it; nil: it is inside.
func ReadSigned(signature, content []byte) (*Signed, error) {
	der, err := definite(signature)
	if err != nil {
		return nil, fmt.Errorf("read signature: %w", err)
	}
	p7, err := pkcs7.Parse(der)
	if err != nil {
		return nil, fmt.Errorf("read signature: %w", err)
	}
	if content != nil {
		p7.Content = content
	}
	return &Signed{Content: p7.Content, p7: p7}, nil
}

// Verify returns who signed, if the signature is that of the content and one of the trusted
// certificates is the signer's own or vouches for it at a time. The certificate is returned together
// with ErrUnknownSigner, too.
func (s *Signed) Verify(trusted []*x509.Certificate, at time.Time) (*x509.Certificate, error) {
	sent := s.p7.Certificates
	s.p7.Certificates = slices.Concat(sent, trusted) // some signatures come without certificates
	signer := s.p7.GetOnlySigner()
	if signer == nil {
		return nil, fmt.Errorf("%w: no certificate for exactly one signer", ErrUnknownSigner)
	}
	if digest := s.p7.Signers[0].DigestAlgorithm.Algorithm; digest.Equal(pkcs7.OIDDigestAlgorithmSHA1) {
		return nil, errors.New("the signature uses SHA-1, which is insecure")
	}
	if err := s.p7.Verify(); err != nil {
		return nil, err
	}
	if !CanSign(signer) {
		return nil, errors.New("the certificate is not for signing mails")
	}
	if slices.ContainsFunc(trusted, signer.Equal) {
		return signer, nil
	}
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	for _, certificate := range trusted {
		if certificate.IsCA {
			roots.AddCert(certificate)
		}
	}
	for _, certificate := range sent[:min(len(sent), maxCertificates)] {
		between.AddCert(certificate)
	}
	_, err := signer.Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: between, CurrentTime: at,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection},
	})
	if err != nil {
		return signer, fmt.Errorf("%w: %w", ErrUnknownSigner, err)
	}
	return signer, nil
}

// Sign returns a signature that stands beside its content, with the certificates that lead from the
// signer's to one that receivers know.
func Sign(content []byte, certificate *x509.Certificate, key crypto.Signer, chain []*x509.Certificate) ([]byte, error) {
	signed, err := pkcs7.NewSignedData(content)
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	signed.SetDigestAlgorithm(pkcs7.OIDDigestAlgorithmSHA256)
	if err := signed.AddSigner(certificate, key, pkcs7.SignerInfoConfig{}); err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	for _, above := range chain {
		signed.AddCertificate(above)
	}
	signed.Detach()
	der, err := signed.Finish()
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	return der, nil
}

// Chain returns the certificates that vouch for one, nearest first, as far as they are known.
func Chain(certificate *x509.Certificate, known []*x509.Certificate) []*x509.Certificate {
	const longest = 8
	var chain []*x509.Certificate
	for len(chain) < longest {
		i := slices.IndexFunc(known, func(above *x509.Certificate) bool {
			return !above.Equal(certificate) && certificate.CheckSignatureFrom(above) == nil
		})
		if i < 0 || slices.ContainsFunc(chain, known[i].Equal) {
			break
		}
		certificate = known[i]
		chain = append(chain, certificate)
	}
	return chain
}
