package smime

import (
	"crypto"
	"crypto/aes"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/subtle"
	"crypto/x509"
	"encoding/asn1"
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	tags "golang.org/x/crypto/cryptobyte/asn1"
)

// Nobody can encrypt with an EC key. Whoever writes to the holder of one makes a key for this message;
// both agree on a third one, and that wraps the key of the content (RFC 5753).

// originator is the sender's half of what is agreed on.
type originator struct {
	public []byte // a point on the recipient's curve
	shared []byte // what both mix in, too
}

var (
	oidECPublicKey = asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}
	oidAgreeSHA256 = asn1.ObjectIdentifier{1, 3, 132, 1, 11, 1}
	oidWrapAES256  = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 45}
)

// agreements are the hashes of ways to agree on a key. On the curves that are read, those with a
// cofactor are the same as those without.
var agreements = map[string]crypto.Hash{
	"1.3.133.16.840.63.0.2": crypto.SHA1, "1.3.132.1.11.1": crypto.SHA256, "1.3.132.1.11.2": crypto.SHA384, "1.3.132.1.11.3": crypto.SHA512,
	"1.3.133.16.840.63.0.3": crypto.SHA1, "1.3.132.1.14.1": crypto.SHA256, "1.3.132.1.14.2": crypto.SHA384, "1.3.132.1.14.3": crypto.SHA512,
}

// wraps are the sizes of keys that wrap others, in bytes.
var wraps = map[string]int{"2.16.840.1.101.3.4.1.5": 16, "2.16.840.1.101.3.4.1.25": 24, "2.16.840.1.101.3.4.1.45": 32}

// readAgreement reads the recipients that agree with one key of the sender's, at most so many. What it
// can't read is for none of our keys.
func readAgreement(info cryptobyte.String, most int) (all []recipient) {
	var version int
	var sender, key, algorithm, shared, keys cryptobyte.String
	var mixed bool
	from := &originator{}
	id := recipient{from: from}
	if !info.ReadASN1Integer(&version) || !info.ReadASN1(&sender, context(0).Constructed()) ||
		!sender.ReadASN1(&key, context(1).Constructed()) || !key.SkipASN1(tags.SEQUENCE) || !key.ReadASN1BitStringAsBytes(&from.public) ||
		!info.ReadOptionalASN1(&shared, &mixed, context(1).Constructed()) || mixed && !readOctets(&shared, &from.shared) ||
		!info.ReadASN1(&algorithm, tags.SEQUENCE) || !algorithm.ReadASN1ObjectIdentifier(&id.algorithm) || !info.ReadASN1(&keys, tags.SEQUENCE) {
		return nil
	}
	id.parameters = algorithm
	for !keys.Empty() && len(all) < most {
		var one, wrapped, named, own cryptobyte.String
		r := id
		if !keys.ReadASN1(&one, tags.SEQUENCE) {
			return all
		}
		ok := false
		if one.PeekASN1Tag(context(0).Constructed()) { // by its id, with a date perhaps
			ok = one.ReadASN1(&named, context(0).Constructed()) && named.ReadASN1(&own, tags.OCTET_STRING)
			r.id = keyID(own)
		} else {
			ok = readID(&one, &r.id)
		}
		if !ok || !one.ReadASN1(&wrapped, tags.OCTET_STRING) {
			return all
		}
		r.key = wrapped
		all = append(all, r)
	}
	return all
}

// agree finds out the key of the content.
func (r recipient) agree(key *ecdsa.PrivateKey) ([]byte, error) {
	hash := agreements[r.algorithm.String()]
	var wrap cryptobyte.String
	var id asn1.ObjectIdentifier
	parameters := cryptobyte.String(r.parameters)
	if whole := parameters; !parameters.ReadASN1(&wrap, tags.SEQUENCE) || !wrap.ReadASN1ObjectIdentifier(&id) ||
		!whole.ReadASN1Element(&wrap, tags.SEQUENCE) {
		return nil, errMalformed
	}
	size := wraps[id.String()]
	if hash == 0 || size == 0 {
		return nil, fmt.Errorf("keys that are agreed on by %s and wrapped by %s are not supported", r.algorithm, id)
	}
	own, err := key.ECDH()
	if err != nil {
		return nil, fmt.Errorf("agree on a key: %w", err)
	}
	public, err := own.Curve().NewPublicKey(r.from.public)
	if err != nil {
		return nil, errMalformed
	}
	secret, err := own.ECDH(public)
	if err != nil {
		return nil, errMalformed
	}
	wrapping, err := derive(hash, secret, wrap, r.from.shared, size)
	if err != nil {
		return nil, err
	}
	return unwrap(wrapping, r.key)
}

// derive makes a key of a secret (RFC 5753 7.2, SEC 1 3.6.1).
func derive(hash crypto.Hash, secret, wrap, shared []byte, size int) ([]byte, error) {
	b := cryptobyte.NewBuilder(nil)
	b.AddASN1(tags.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(wrap)
		if shared != nil {
			b.AddASN1(context(0).Constructed(), func(b *cryptobyte.Builder) { b.AddASN1OctetString(shared) })
		}
		b.AddASN1(context(2).Constructed(), func(b *cryptobyte.Builder) {
			b.AddASN1OctetString(binary.BigEndian.AppendUint32(nil, uint32(size*8)))
		})
	})
	info, err := b.Bytes()
	if err != nil {
		return nil, err
	}
	var key []byte
	for counter := uint32(1); len(key) < size; counter++ {
		h := hash.New()
		_, _ = h.Write(secret) // never fails
		_, _ = h.Write(binary.BigEndian.AppendUint32(nil, counter))
		_, _ = h.Write(info)
		key = h.Sum(key)
	}
	return key[:size], nil
}

// wrapMark is what a wrapped key begins with, once it is unwrapped (RFC 3394).
const wrapMark = 0xa6a6a6a6a6a6a6a6

const longestKey = 64 // bytes of a wrapped key

// wrapKey encrypts a key with another one.
func wrapKey(wrapping, key []byte) ([]byte, error) {
	block, err := aes.NewCipher(wrapping)
	if err != nil {
		return nil, err
	}
	out := append(make([]byte, 8, 8+len(key)), key...)
	mark, buffer := uint64(wrapMark), make([]byte, aes.BlockSize)
	for t := range uint64(6 * len(key) / 8) {
		at := out[8+t%uint64(len(key)/8)*8:][:8]
		binary.BigEndian.PutUint64(buffer, mark)
		copy(buffer[8:], at)
		block.Encrypt(buffer, buffer)
		mark = binary.BigEndian.Uint64(buffer) ^ (t + 1)
		copy(at, buffer[8:])
	}
	binary.BigEndian.PutUint64(out, mark)
	return out, nil
}

// unwrap decrypts a key that was encrypted with another one.
func unwrap(wrapping, wrapped []byte) ([]byte, error) {
	if len(wrapped)%8 != 0 || len(wrapped) < 24 || len(wrapped) > 8+longestKey {
		return nil, errBroken
	}
	block, err := aes.NewCipher(wrapping)
	if err != nil {
		return nil, errBroken
	}
	out := append([]byte(nil), wrapped[8:]...)
	mark, buffer := binary.BigEndian.Uint64(wrapped), make([]byte, aes.BlockSize)
	for t := uint64(6*len(out)/8) - 1; ; t-- {
		at := out[t%uint64(len(out)/8)*8:][:8]
		binary.BigEndian.PutUint64(buffer, mark^(t+1))
		copy(buffer[8:], at)
		block.Decrypt(buffer, buffer)
		mark = binary.BigEndian.Uint64(buffer)
		copy(at, buffer[8:])
		if t == 0 {
			break
		}
	}
	var begins, expected [8]byte
	binary.BigEndian.PutUint64(begins[:], mark)
	binary.BigEndian.PutUint64(expected[:], wrapMark)
	if subtle.ConstantTimeCompare(begins[:], expected[:]) != 1 {
		return nil, errBroken
	}
	return out, nil
}

// agreeOnKey writes a recipient with the content's key, wrapped with one that the holder of the
// certificate's key can find out.
func agreeOnKey(certificate *x509.Certificate, public *ecdsa.PublicKey, key []byte) ([]byte, error) {
	theirs, err := public.ECDH()
	if err != nil {
		return nil, err
	}
	own, err := theirs.Curve().GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	secret, err := own.ECDH(theirs)
	if err != nil {
		return nil, err
	}
	b := cryptobyte.NewBuilder(nil)
	b.AddASN1(tags.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oidWrapAES256) })
	wrap, err := b.Bytes()
	if err != nil {
		return nil, err
	}
	wrapping, err := derive(crypto.SHA256, secret, wrap, nil, wraps[oidWrapAES256.String()])
	if err != nil {
		return nil, err
	}
	wrapped, err := wrapKey(wrapping, key)
	if err != nil {
		return nil, err
	}
	return writeAgreement(certificate, own.PublicKey(), wrap, wrapped)
}

func writeAgreement(certificate *x509.Certificate, own *ecdh.PublicKey, wrap, wrapped []byte) ([]byte, error) {
	if certificate.SerialNumber == nil {
		return nil, errors.New("its certificate has no number")
	}
	b := cryptobyte.NewBuilder(nil)
	b.AddASN1(context(1).Constructed(), func(b *cryptobyte.Builder) {
		b.AddASN1Int64(3)
		b.AddASN1(context(0).Constructed(), func(b *cryptobyte.Builder) {
			b.AddASN1(context(1).Constructed(), func(b *cryptobyte.Builder) {
				b.AddASN1(tags.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oidECPublicKey) })
				b.AddASN1BitString(own.Bytes())
			})
		})
		b.AddASN1(tags.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(oidAgreeSHA256)
			b.AddBytes(wrap)
		})
		b.AddASN1(tags.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(tags.SEQUENCE, func(b *cryptobyte.Builder) {
				addID(b, certificate)
				b.AddASN1OctetString(wrapped)
			})
		})
	})
	return b.Bytes()
}
