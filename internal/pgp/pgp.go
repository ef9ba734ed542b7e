// Package pgp reads and writes what OpenPGP (RFC 9580, RFC 4880) puts into mails: keys, signatures,
// encrypted messages.
//
// In go bytes and keys, out come bytes and who signed them. It knows no mail and no database, and
// what a stranger wrote is bounded before it is read.
package pgp

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// Why a key can't be used.
var (
	ErrNoKey       = errors.New("not a PGP key that can be read")
	ErrWrongSecret = errors.New("the passphrase of the PGP key is wrong")
)

// maxKeyText is how long the text of a key may be, in bytes. Signatures of others make some long.
const maxKeyText = 1 << 20

// Key is the key of somebody, with its private half or without.
type Key struct{ entity *openpgp.Entity }

// ReadKey returns the one key of an armored text. A private one stays locked, see Unlock.
func ReadKey(text string) (*Key, error) {
	if len(text) > maxKeyText {
		return nil, fmt.Errorf("%w: it is too long", ErrNoKey)
	}
	entities, err := openpgp.ReadArmoredKeyRing(strings.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoKey, err)
	}
	if len(entities) != 1 {
		return nil, fmt.Errorf("%w: %d keys in one text", ErrNoKey, len(entities))
	}
	if len(entities[0].Identities) == 0 {
		return nil, fmt.Errorf("%w: it names nobody", ErrNoKey)
	}
	return &Key{entities[0]}, nil
}

// Unlock makes the private half usable.
func (k *Key) Unlock(passphrase string) error {
	if err := k.entity.DecryptPrivateKeys([]byte(passphrase)); err != nil {
		return fmt.Errorf("%w: %w", ErrWrongSecret, err)
	}
	return nil
}

// Secret reports whether the private half is there.
func (k *Key) Secret() bool { return k.entity.PrivateKey != nil }

// Fingerprint names a key for people, in upper case.
func (k *Key) Fingerprint() string { return fmt.Sprintf("%X", k.entity.PrimaryKey.Fingerprint) }

// Names are whose key it is, as in Ann <ann@example.com>.
func (k *Key) Names() []string {
	var names []string
	for name := range k.entity.Identities {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Addresses are the mail addresses of a key, in lower case.
func (k *Key) Addresses() []string {
	var found []string
	for _, identity := range k.entity.Identities {
		address := strings.ToLower(strings.TrimSpace(identity.UserId.Email))
		if address == "" && strings.Contains(identity.Name, "@") && !strings.ContainsAny(identity.Name, " <>") {
			address = strings.ToLower(identity.Name) // a name that is nothing but an address
		}
		if address != "" && !slices.Contains(found, address) {
			found = append(found, address)
		}
	}
	slices.Sort(found)
	return found
}

// IDs are the names by which messages may say that they are for a key, or signed by it.
func (k *Key) IDs() []string {
	ids := []string{k.entity.PrimaryKey.KeyIdString()}
	for _, sub := range k.entity.Subkeys {
		ids = append(ids, sub.PublicKey.KeyIdString())
	}
	return ids
}

// ExpiresAt is when a key ends to be valid; nil: never.
func (k *Key) ExpiresAt() *time.Time {
	signature, _ := k.entity.PrimarySelfSignature()
	if signature == nil || signature.KeyLifetimeSecs == nil || *signature.KeyLifetimeSecs == 0 {
		return nil
	}
	at := k.entity.PrimaryKey.CreationTime.Add(time.Duration(*signature.KeyLifetimeSecs) * time.Second).UTC()
	return &at
}

// CanEncrypt reports whether something can be encrypted for a key at a time: it is neither expired
// nor revoked nor for signing only.
func (k *Key) CanEncrypt(at time.Time) bool {
	_, ok := k.entity.EncryptionKey(at)
	return ok
}

// CanSign reports whether a key's owner can sign at a time.
func (k *Key) CanSign(at time.Time) bool {
	key, ok := k.entity.SigningKey(at)
	return ok && key.PrivateKey != nil
}

// Public is the public half as an armored text.
func (k *Key) Public() (string, error) {
	var text bytes.Buffer
	err := armored(&text, openpgp.PublicKeyType, func(w io.Writer) error { return k.entity.Serialize(w) })
	return text.String(), err
}

func armored(out io.Writer, kind string, write func(io.Writer) error) error {
	w, err := armor.Encode(out, kind, nil)
	if err != nil {
		return err
	}
	if err := write(w); err != nil {
		return err
	}
	return w.Close()
}

// at is the configuration of the library for work at a time.
func at(t time.Time) *packet.Config {
	limit := int64(maxContent)
	return &packet.Config{Time: func() time.Time { return t }, MaxDecompressedMessageSize: &limit}
}
