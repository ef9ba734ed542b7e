package pgp

import (
	"bufio"
	"bytes"
	"crypto"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/clearsign"
	pgperrors "github.com/ProtonMail/go-crypto/openpgp/errors"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// maxContent is how long a message may be that comes out of an encrypted one: some are compressed.
const maxContent = 256 << 20

// What is wrong with a message.
var (
	ErrNotForKey     = errors.New("not encrypted for any of these keys")
	ErrUnknownSigner = errors.New("signed by an unknown key")
)

// Recipients are the ids of the keys that a message is encrypted for; 0000000000000000 stands for one
// that is kept secret.
func Recipients(message []byte) ([]string, error) {
	body, err := unarmored(message)
	if err != nil {
		return nil, err
	}
	const most = 1000
	var ids []string
	packets := packet.NewReader(body)
	for len(ids) < most {
		p, err := packets.Next()
		if err != nil {
			return ids, fmt.Errorf("read encrypted message: %w", err)
		}
		switch p := p.(type) {
		case *packet.EncryptedKey:
			ids = append(ids, fmt.Sprintf("%016X", p.KeyId))
		case *packet.SymmetricKeyEncrypted, *packet.Marker:
		default:
			return ids, nil
		}
	}
	return ids, nil
}

// unarmored reads a message in both forms that it may have.
func unarmored(message []byte) (io.Reader, error) {
	if len(message) > 0 && message[0]&0x80 != 0 {
		return bytes.NewReader(message), nil
	}
	block, err := armor.Decode(bytes.NewReader(message))
	if err != nil {
		return nil, fmt.Errorf("read armor: %w", err)
	}
	return bufio.NewReader(block.Body), nil
}

// Opened is a message that was decrypted, with what is known of its signature.
type Opened struct {
	Content []byte
	Signed  bool
	Signer  *Key  // nil: not signed, or by nobody we know
	Err     error // why the signature is not to be trusted
}

// Open decrypts a message with one of the unlocked keys, and checks its signature against the
// signers' keys.
func Open(message []byte, secrets, signers []*Key, now time.Time) (Opened, error) {
	body, err := unarmored(message)
	if err != nil {
		return Opened{}, err
	}
	ring := entities(secrets, signers)
	details, err := openpgp.ReadMessage(body, ring, nil, at(now))
	if errors.Is(err, pgperrors.ErrKeyIncorrect) {
		return Opened{}, ErrNotForKey
	}
	if err != nil {
		return Opened{}, fmt.Errorf("decrypt: %w", err)
	}
	if !details.IsEncrypted {
		return Opened{}, errors.New("decrypt: the message is not encrypted")
	}
	content, err := io.ReadAll(io.LimitReader(details.UnverifiedBody, maxContent+1))
	if err != nil {
		return Opened{}, fmt.Errorf("decrypt: %w", err)
	}
	if len(content) > maxContent {
		return Opened{}, errors.New("decrypt: the message is too long")
	}
	opened := Opened{Content: content, Signed: details.IsSigned}
	switch {
	case !details.IsSigned:
	case details.SignedBy == nil || !known(details.SignedBy.Entity, signers):
		opened.Err = ErrUnknownSigner
	default:
		opened.Signer, opened.Err = &Key{details.SignedBy.Entity}, details.SignatureError
	}
	return opened, nil
}

func entities(lists ...[]*Key) (ring openpgp.EntityList) {
	for _, list := range lists {
		for _, key := range list {
			ring = append(ring, key.entity)
		}
	}
	return ring
}

// known keeps our own keys, which decrypt, from vouching for others.
func known(entity *openpgp.Entity, keys []*Key) bool {
	for _, key := range keys {
		if bytes.Equal(key.entity.PrimaryKey.Fingerprint, entity.PrimaryKey.Fingerprint) {
			return true
		}
	}
	return false
}

// Verify returns whose signature of the content it is, if that is one of the signers.
func Verify(content, signature []byte, signers []*Key, now time.Time) (*Key, error) {
	body, err := unarmored(signature)
	if err != nil {
		return nil, err
	}
	signer, err := openpgp.CheckDetachedSignature(entities(signers), bytes.NewReader(content), body, at(now))
	if errors.Is(err, pgperrors.ErrUnknownIssuer) {
		return nil, ErrUnknownSigner
	}
	if err != nil {
		return nil, fmt.Errorf("verify: %w", err)
	}
	return &Key{signer}, nil
}

// OpenSignedText returns a text without the signature that it stands in (RFC 9580 7), and whose that is,
// if it is one of the signers.
func OpenSignedText(text []byte, signers []*Key, now time.Time) ([]byte, *Key, error) {
	block, _ := clearsign.Decode(text)
	if block == nil {
		return nil, nil, errors.New("verify: no signed text that can be read")
	}
	signer, err := block.VerifySignature(entities(signers), at(now))
	if errors.Is(err, pgperrors.ErrUnknownIssuer) {
		return nil, nil, ErrUnknownSigner
	}
	if err != nil {
		return nil, nil, fmt.Errorf("verify: %w", err)
	}
	return block.Plaintext, &Key{signer}, nil
}

// Sign returns an armored signature by an unlocked key that stands beside the content, and what
// mails call its hash.
func Sign(content []byte, signer *Key, now time.Time) (signature []byte, micalg string, err error) {
	var raw bytes.Buffer
	if err := openpgp.DetachSign(&raw, signer.entity, bytes.NewReader(content), at(now)); err != nil {
		return nil, "", fmt.Errorf("sign: %w", err)
	}
	p, err := packet.Read(bytes.NewReader(raw.Bytes()))
	if err != nil {
		return nil, "", fmt.Errorf("sign: %w", err)
	}
	if made, ok := p.(*packet.Signature); ok {
		micalg = micalgs[made.Hash]
	}
	var text bytes.Buffer
	err = armored(&text, openpgp.SignatureType, func(w io.Writer) error {
		_, err := w.Write(raw.Bytes())
		return err
	})
	return text.Bytes(), micalg, err
}

// micalgs are the names of RFC 3156.
var micalgs = map[crypto.Hash]string{
	crypto.SHA256: "pgp-sha256", crypto.SHA384: "pgp-sha384", crypto.SHA512: "pgp-sha512",
	crypto.SHA3_256: "pgp-sha3-256", crypto.SHA3_512: "pgp-sha3-512",
}

// Encrypt returns content for all these keys as an armored message, signed unless signer is nil.
func Encrypt(content []byte, to []*Key, signer *Key, now time.Time) ([]byte, error) {
	var by *openpgp.Entity
	if signer != nil {
		by = signer.entity
	}
	var text bytes.Buffer
	err := armored(&text, "PGP MESSAGE", func(w io.Writer) error {
		plain, err := openpgp.Encrypt(w, entities(to), by, &openpgp.FileHints{IsBinary: true}, at(now))
		if err != nil {
			return err
		}
		if _, err := plain.Write(content); err != nil {
			return err
		}
		return plain.Close()
	})
	if err != nil {
		return nil, fmt.Errorf("encrypt: %w", err)
	}
	return text.Bytes(), nil
}
