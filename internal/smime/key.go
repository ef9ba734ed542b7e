package smime

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"github.com/youmark/pkcs8"
)

// Why a private key can't be used.
var (
	ErrNoKey       = errors.New("no private key that can be read")
	ErrWrongSecret = errors.New("the secret of the private key is wrong")
)

// PrivateKey is a private key with the text it came in.
type PrivateKey struct {
	crypto.Signer
	PEM string
}

// ReadPrivateKeys returns all private keys of a PEM text, such as RSA or EC keys in PKCS#1, SEC 1 or
// PKCS#8, encrypted with a secret or not.
func ReadPrivateKeys(text, secret string) ([]PrivateKey, error) {
	var keys []PrivateKey
	for block, rest := pem.Decode([]byte(text)); block != nil; block, rest = pem.Decode(rest) {
		if !strings.HasSuffix(block.Type, "PRIVATE KEY") || len(keys) == maxCertificates {
			continue
		}
		key, err := readKey(block, secret)
		if err != nil {
			return nil, err
		}
		switch key := key.(type) {
		case *rsa.PrivateKey:
			keys = append(keys, PrivateKey{key, string(pem.EncodeToMemory(block))})
		case *ecdsa.PrivateKey:
			keys = append(keys, PrivateKey{key, string(pem.EncodeToMemory(block))})
		default:
			return nil, fmt.Errorf("%w: %T is of no use in S/MIME", ErrNoKey, key)
		}
	}
	if len(keys) == 0 {
		return nil, ErrNoKey
	}
	return keys, nil
}

func readKey(block *pem.Block, secret string) (any, error) {
	der := block.Bytes
	if block.Headers["DEK-Info"] != "" {
		// Weak, but what openssl wrote for decades: administrators have such keys.
		//lint:ignore SA1019 keys are read here, not written
		plain, err := x509.DecryptPEMBlock(block, []byte(secret))
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrWrongSecret, err)
		}
		der = plain
	}
	var key any
	var err error
	switch block.Type {
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(der)
	case "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(der)
	case "ENCRYPTED PRIVATE KEY":
		if key, _, err = pkcs8.ParsePrivateKey(der, []byte(secret)); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrWrongSecret, err)
		}
	default:
		key, err = x509.ParsePKCS8PrivateKey(der)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoKey, err)
	}
	return key, nil
}
