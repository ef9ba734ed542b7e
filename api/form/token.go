package form

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"

	"golang.org/x/crypto/chacha20poly1305"
)

// tokenAge is how long a page may wait before it sends its form.
const tokenAge = 24 * time.Hour

// tokens makes and knows the tokens of one installation. A token holds when it was made; for which
// address of ours and for which browser is what it is sealed with, so that it can't be used with another.
type tokens struct{ aead cipher.AEAD }

func newTokens(secret []byte) (tokens, error) {
	key, err := hkdf.Key(sha256.New, secret, nil, "tokens of web forms", chacha20poly1305.KeySize)
	if err != nil {
		return tokens{}, err
	}
	aead, err := chacha20poly1305.NewX(key)
	return tokens{aead}, err
}

func about(fqdn, fingerprint string) []byte { return []byte(fqdn + "\x00" + fingerprint) }

func (t tokens) issue(fqdn, fingerprint string, now time.Time) string {
	nonce := make([]byte, t.aead.NonceSize())
	_, _ = rand.Read(nonce) // crypto/rand never fails
	made := binary.BigEndian.AppendUint64(nil, uint64(now.Unix()))
	return base64.RawURLEncoding.EncodeToString(t.aead.Seal(nonce, nonce, made, about(fqdn, fingerprint)))
}

func (t tokens) hold(token, fqdn, fingerprint string, now time.Time) bool {
	data, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(data) < t.aead.NonceSize() {
		return false
	}
	made, err := t.aead.Open(nil, data[:t.aead.NonceSize()], data[t.aead.NonceSize():], about(fqdn, fingerprint))
	if err != nil || len(made) != 8 {
		return false
	}
	age := now.Sub(time.Unix(int64(binary.BigEndian.Uint64(made)), 0))
	return age > -time.Minute && age <= tokenAge // the clocks of two machines may differ a little
}
