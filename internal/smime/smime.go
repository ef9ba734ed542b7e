// Package smime reads and writes what S/MIME (RFC 8551) puts into mails: certificates, signatures,
// encrypted content.
//
// In go bytes and keys, out come bytes and who signed them. It knows no mail, no database and no
// clock, and what a stranger wrote is bounded before it is read.
package smime

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha1" // fingerprints of certificates are compared by eye, not trusted
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// ErrNoCertificate says that a text holds no certificate that can be read.
var ErrNoCertificate = errors.New("not a valid X.509 certificate")

// maxCertificates is how many certificates are read of one text.
const maxCertificates = 100

// ReadCertificates returns all certificates of a PEM text.
func ReadCertificates(text string) ([]*x509.Certificate, error) {
	var found []*x509.Certificate
	for block, rest := pem.Decode([]byte(text)); block != nil; block, rest = pem.Decode(rest) {
		if !strings.HasSuffix(block.Type, "CERTIFICATE") || len(found) == maxCertificates {
			continue
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrNoCertificate, err)
		}
		found = append(found, certificate)
	}
	if len(found) == 0 {
		return nil, ErrNoCertificate
	}
	return found, nil
}

// WriteCertificate returns a certificate as PEM.
func WriteCertificate(c *x509.Certificate) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}))
}

// Fingerprint is the SHA-1 sum by which people compare certificates.
func Fingerprint(c *x509.Certificate) string {
	sum := sha1.Sum(c.Raw)
	return hex.EncodeToString(sum[:])
}

var (
	oidEmailAddress = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}
	oidNames        = map[string]string{
		"2.5.4.3": "CN", "2.5.4.4": "SN", "2.5.4.5": "serialNumber", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST", "2.5.4.9": "street",
		"2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.12": "title", "2.5.4.42": "GN", "2.5.4.97": "organizationIdentifier",
		"0.9.2342.19200300.100.1.25": "DC", "0.9.2342.19200300.100.1.1": "UID", "1.2.840.113549.1.9.1": "emailAddress",
	}
)

// Addresses are the mail addresses that a certificate is for, in lower case.
func Addresses(c *x509.Certificate) []string {
	var found []string
	add := func(address string) {
		address = strings.ToLower(strings.TrimSpace(address))
		if strings.Contains(address, "@") && !slices.Contains(found, address) {
			found = append(found, address)
		}
	}
	for _, address := range c.EmailAddresses {
		add(address)
	}
	for _, name := range c.Subject.Names {
		if text, ok := name.Value.(string); ok && name.Type.Equal(oidEmailAddress) {
			add(text)
		}
	}
	return found
}

// Subject and Issuer name the parts of a certificate's names in their order, as in /C=DE/CN=Ann.
func Subject(c *x509.Certificate) string { return oneLine(c.RawSubject) }

// Issuer names who vouches for a certificate, see Subject.
func Issuer(c *x509.Certificate) string { return oneLine(c.RawIssuer) }

func oneLine(raw []byte) string {
	var name pkix.RDNSequence
	if _, err := asn1.Unmarshal(raw, &name); err != nil {
		return ""
	}
	var line strings.Builder
	for _, set := range name {
		for _, part := range set {
			kind := part.Type.String()
			if short, known := oidNames[kind]; known {
				kind = short
			}
			fmt.Fprintf(&line, "/%s=%v", kind, part.Value)
		}
	}
	return line.String()
}

// Valid reports whether a certificate is valid at a time.
func Valid(c *x509.Certificate, at time.Time) bool {
	return !at.Before(c.NotBefore) && !at.After(c.NotAfter)
}

// CanSign reports whether signatures by a certificate's key mean anything.
func CanSign(c *x509.Certificate) bool {
	return mayProtectMail(c) && (c.KeyUsage == 0 || c.KeyUsage&(x509.KeyUsageDigitalSignature|x509.KeyUsageContentCommitment) != 0)
}

// CanEncrypt reports whether mail may be encrypted for a certificate.
func CanEncrypt(c *x509.Certificate) bool {
	var uses x509.KeyUsage
	switch key := c.PublicKey.(type) {
	case *rsa.PublicKey:
		uses = x509.KeyUsageKeyEncipherment | x509.KeyUsageDataEncipherment
	case *ecdsa.PublicKey:
		if _, err := key.ECDH(); err != nil {
			return false
		}
		uses = x509.KeyUsageKeyAgreement
	default:
		return false
	}
	return mayProtectMail(c) && (c.KeyUsage == 0 || c.KeyUsage&uses != 0)
}

// mayProtectMail says no where a certificate is for other things only, such as web servers.
func mayProtectMail(c *x509.Certificate) bool {
	if c.IsCA || len(c.ExtKeyUsage) == 0 && len(c.UnknownExtKeyUsage) == 0 {
		return true
	}
	return slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageEmailProtection) || slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageAny)
}

// RecipientIDs are the names by which encrypted content may say that it is for a certificate, and
// that of its public key.
func RecipientIDs(c *x509.Certificate) []string {
	ids := []string{issuerID(c.RawIssuer, c.SerialNumber.Bytes()), PublicKeyID(c.PublicKey)}
	if len(c.SubjectKeyId) > 0 {
		ids = append(ids, keyID(c.SubjectKeyId))
	}
	return ids
}

// PublicKeyID names a public key; empty: it is of a kind that S/MIME doesn't use.
func PublicKeyID(key crypto.PublicKey) string {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])
}

func issuerID(issuer, serial []byte) string {
	sum := sha256.Sum256(append(bytes.Clone(issuer), serial...))
	return hex.EncodeToString(sum[:])
}

func keyID(id []byte) string {
	sum := sha256.Sum256(append([]byte("key id "), id...))
	return hex.EncodeToString(sum[:])
}

// Belongs reports whether a private key is that of a certificate.
func Belongs(key crypto.Signer, c *x509.Certificate) bool {
	public, ok := c.PublicKey.(interface{ Equal(crypto.PublicKey) bool })
	return ok && public.Equal(key.Public())
}
