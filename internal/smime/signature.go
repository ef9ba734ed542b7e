package smime

import (
	"crypto"
	"crypto/x509"
	"fmt"
	"slices"

	"github.com/smallstep/pkcs7"
)

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
