package smime

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/subtle"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"time"

	"golang.org/x/crypto/cryptobyte"
	tags "golang.org/x/crypto/cryptobyte/asn1"
)

// signer is what one who signed says (RFC 5652 5.3).
type signer struct {
	id         string // of the certificate, see RecipientIDs
	digest     asn1.ObjectIdentifier
	attributes cryptobyte.String // signed in the place of the content, whose digest is among them
	attributed bool
	algorithm  asn1.ObjectIdentifier
	parameters cryptobyte.String
	signature  []byte
}

func readSigner(info cryptobyte.String) (s signer, ok bool) {
	var version int
	var digest, algorithm, signature cryptobyte.String
	if !info.ReadASN1Integer(&version) || !readID(&info, &s.id) {
		return s, false
	}
	ok = info.ReadASN1(&digest, tags.SEQUENCE) && digest.ReadASN1ObjectIdentifier(&s.digest) &&
		info.ReadOptionalASN1(&s.attributes, &s.attributed, context(0).Constructed()) &&
		info.ReadASN1(&algorithm, tags.SEQUENCE) && algorithm.ReadASN1ObjectIdentifier(&s.algorithm) &&
		info.ReadASN1(&signature, tags.OCTET_STRING)
	s.parameters, s.signature = algorithm, signature
	return s, ok
}

// hashes are those that prove something, by the ids of digests and of signatures that name one.
var hashes = map[string]crypto.Hash{
	"2.16.840.1.101.3.4.2.1": crypto.SHA256, "1.2.840.113549.1.1.11": crypto.SHA256, "1.2.840.10045.4.3.2": crypto.SHA256,
	"2.16.840.1.101.3.4.2.2": crypto.SHA384, "1.2.840.113549.1.1.12": crypto.SHA384, "1.2.840.10045.4.3.3": crypto.SHA384,
	"2.16.840.1.101.3.4.2.3": crypto.SHA512, "1.2.840.113549.1.1.13": crypto.SHA512, "1.2.840.10045.4.3.4": crypto.SHA512,
}

// broken are hashes that anybody can find another text for.
var broken = map[string]string{
	"1.3.14.3.2.26": "SHA-1", "1.2.840.113549.1.1.5": "SHA-1", "1.2.840.10045.4.1": "SHA-1",
	"1.2.840.113549.2.5": "MD5", "1.2.840.113549.1.1.4": "MD5",
}

func hashOf(id asn1.ObjectIdentifier) (crypto.Hash, error) {
	if hash, known := hashes[id.String()]; known {
		return hash, nil
	}
	if name := broken[id.String()]; name != "" {
		return 0, fmt.Errorf("the signature uses %s, which is insecure", name)
	}
	return 0, fmt.Errorf("signatures with %s are not supported", id)
}

func sum(hash crypto.Hash, text []byte) []byte {
	h := hash.New()
	_, _ = h.Write(text) // never fails
	return h.Sum(nil)
}

// verify reports why the signature is not that of the content by a certificate's key; nil: it is.
func (s signer) verify(kind asn1.ObjectIdentifier, content []byte, by *x509.Certificate) error {
	hash, err := hashOf(s.digest)
	if err != nil {
		return err
	}
	signed := content
	if s.attributed {
		if err := s.checkAttributes(kind, sum(hash, content), by); err != nil {
			return err
		}
		b := cryptobyte.NewBuilder(nil)
		b.AddASN1(tags.SET, func(b *cryptobyte.Builder) { b.AddBytes(s.attributes) })
		if signed, err = b.Bytes(); err != nil {
			return err
		}
	}
	return s.checkSignature(by.PublicKey, hash, signed)
}

var (
	oidContentType   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}
	oidMessageDigest = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}
	oidSigningTime   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 5}
)

// checkAttributes compares what is signed with what was signed.
func (s signer) checkAttributes(kind asn1.ObjectIdentifier, digest []byte, by *x509.Certificate) error {
	found := map[string]cryptobyte.String{}
	for rest := s.attributes; !rest.Empty(); {
		var attribute, values cryptobyte.String
		var id asn1.ObjectIdentifier
		if !rest.ReadASN1(&attribute, tags.SEQUENCE) || !attribute.ReadASN1ObjectIdentifier(&id) || !attribute.ReadASN1(&values, tags.SET) {
			return errNoSignature
		}
		if _, twice := found[id.String()]; twice {
			return errNoSignature
		}
		found[id.String()] = values
	}
	var named asn1.ObjectIdentifier
	var written cryptobyte.String
	values := found[oidContentType.String()]
	if !values.ReadASN1ObjectIdentifier(&named) || !named.Equal(kind) {
		return errors.New("the signature is about another kind of content")
	}
	values = found[oidMessageDigest.String()]
	if !values.ReadASN1(&written, tags.OCTET_STRING) || subtle.ConstantTimeCompare(written, digest) != 1 {
		return errors.New("mismatch of the content and its digest")
	}
	values = found[oidSigningTime.String()]
	if at, said := readTime(values); said && !Valid(by, at) {
		return errDateOfSigner
	}
	return nil
}

// readTime reads a time in either of its forms.
func readTime(from cryptobyte.String) (at time.Time, ok bool) {
	if from.PeekASN1Tag(tags.UTCTime) {
		ok = from.ReadASN1UTCTime(&at)
	} else {
		ok = from.ReadASN1GeneralizedTime(&at)
	}
	return at, ok
}

var (
	oidPSS   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10}
	oidMGF1  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 8}
	errWrong = errors.New("the signature is not by this key")
)

func (s signer) checkSignature(public any, digest crypto.Hash, signed []byte) error {
	hash, err := s.hash(digest)
	if err != nil {
		return err
	}
	ok := false
	switch key := public.(type) {
	case *rsa.PublicKey:
		if s.algorithm.Equal(oidPSS) {
			ok = rsa.VerifyPSS(key, hash, sum(hash, signed), s.signature, nil) == nil // a salt of any length
		} else {
			ok = rsa.VerifyPKCS1v15(key, hash, sum(hash, signed), s.signature) == nil
		}
	case *ecdsa.PublicKey:
		ok = ecdsa.VerifyASN1(key, sum(hash, signed), s.signature)
	case ed25519.PublicKey:
		ok = ed25519.Verify(key, signed, s.signature)
	}
	if !ok {
		return errWrong
	}
	return nil
}

// hash is that of the signature: one that names none has that of the digest.
func (s signer) hash(digest crypto.Hash) (crypto.Hash, error) {
	id := s.algorithm.String()
	if s.algorithm.Equal(oidPSS) {
		return pssHash(s.parameters)
	}
	if hashes[id] != 0 || broken[id] != "" {
		return hashOf(s.algorithm)
	}
	return digest, nil
}

// pssHash reads the hash of RSASSA-PSS-params (RFC 8017). It counts for the mask, too: nobody takes
// another one there.
func pssHash(parameters cryptobyte.String) (crypto.Hash, error) {
	var params, hash, mask, algorithm, inside cryptobyte.String
	var id, mgf, inner asn1.ObjectIdentifier
	var hashed, masked bool
	if !parameters.ReadASN1(&params, tags.SEQUENCE) || !params.ReadOptionalASN1(&hash, &hashed, context(0).Constructed()) ||
		!params.ReadOptionalASN1(&mask, &masked, context(1).Constructed()) {
		return 0, errNoSignature
	}
	if !hashed || !masked {
		return hashOf(oaepHashes[crypto.SHA1]) // what counts where nothing is said
	}
	if !hash.ReadASN1(&algorithm, tags.SEQUENCE) || !algorithm.ReadASN1ObjectIdentifier(&id) ||
		!mask.ReadASN1(&algorithm, tags.SEQUENCE) || !algorithm.ReadASN1ObjectIdentifier(&mgf) ||
		!algorithm.ReadASN1(&inside, tags.SEQUENCE) || !inside.ReadASN1ObjectIdentifier(&inner) {
		return 0, errNoSignature
	}
	if !mgf.Equal(oidMGF1) || !inner.Equal(id) {
		return 0, fmt.Errorf("signatures with a mask by %s are not supported", inner)
	}
	return hashOf(id)
}
