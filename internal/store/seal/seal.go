// Package seal encrypts secrets before they are stored.
//
// It knows under which names options of channels and of other systems hold secrets, so that a room
// need not say which of them are. It knows no database.
package seal

import (
	"bytes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"
)

// sealedPrefix marks a sealed text inside JSON. What follows is base64 of nonce and ciphertext.
const sealedPrefix = "sealed:v1:"

// secretKeys are the names under which options of channels and of external data sources hold secrets.
var secretKeys = map[string]bool{
	"password": true, "secret": true, "client_secret": true, "token": true, "api_token": true,
	"access_token": true, "refresh_token": true, "auth_token": true, "account_sid_token": true, "api_key": true,
	"http_basic_auth_password": true, "bearer_token_auth": true,
	"application_secret": true, "consumer_secret": true, "oauth_token": true, "oauth_token_secret": true, "id_token": true,
	"webhook_secret": true, "signing_key": true,
	"bind_pw": true, "app_secret": true, "private_key": true, "private_key_secret": true,
}

// Sealer encrypts secrets at rest with XChaCha20-Poly1305.
type Sealer struct{ aead cipher.AEAD }

// New returns a sealer with this key of 32 bytes; without a key it can neither seal nor open.
func New(key []byte) (*Sealer, error) {
	if len(key) == 0 {
		return &Sealer{}, nil
	}
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		return nil, fmt.Errorf("secret key: %w", err)
	}
	return &Sealer{aead: aead}, nil
}

var errNoSecretKey = errors.New("no secret key: SECRET_KEY is not set")

// Seal returns a text sealed. What is sealed already, or empty, stays as it is.
func (s *Sealer) Seal(plain string) (string, error) {
	if plain == "" || strings.HasPrefix(plain, sealedPrefix) {
		return plain, nil
	}
	if s.aead == nil {
		return "", errNoSecretKey
	}
	nonce := make([]byte, s.aead.NonceSize(), s.aead.NonceSize()+len(plain)+s.aead.Overhead())
	_, _ = rand.Read(nonce) // crypto/rand never fails
	return sealedPrefix + base64.RawStdEncoding.EncodeToString(s.aead.Seal(nonce, nonce, []byte(plain), nil)), nil
}

// Open returns what was sealed. A text that was not comes back as it is.
func (s *Sealer) Open(sealed string) (string, error) {
	text, ok := strings.CutPrefix(sealed, sealedPrefix)
	if !ok {
		return sealed, nil
	}
	if s.aead == nil {
		return "", errNoSecretKey
	}
	data, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil || len(data) < s.aead.NonceSize() {
		return "", errors.New("sealed secret is damaged")
	}
	plain, err := s.aead.Open(nil, data[:s.aead.NonceSize()], data[s.aead.NonceSize():], nil)
	if err != nil {
		return "", errors.New("sealed with another secret key: set SECRET_KEY to the one this database was set up with")
	}
	return string(plain), nil
}

// Holds reports whether JSON holds anything sealed.
func Holds(value []byte) bool { return bytes.Contains(value, []byte(`"`+sealedPrefix)) }

// Each returns a copy of options in which every secret went through change.
func Each(options map[string]any, change func(string) (string, error)) (map[string]any, error) {
	out := make(map[string]any, len(options))
	for key, value := range options {
		var err error
		switch v := value.(type) {
		case map[string]any:
			out[key], err = Each(v, change)
		case string:
			out[key] = v
			if secretKeys[key] {
				out[key], err = change(v)
			}
		default:
			out[key] = v
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
	}
	return out, nil
}
