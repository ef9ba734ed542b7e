package smime

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	tags "golang.org/x/crypto/cryptobyte/asn1"
)

// The module for signatures could encrypt as well, but chooses the cipher by a variable of the whole
// program, knows recipients by one of two names only, and takes AES-GCM from nobody else.

// Envelope is encrypted content (RFC 5652, RFC 5083) that was read and not yet opened.
type Envelope struct {
	recipients []recipient
	content    encrypted
	sealed     bool   // with a sum over all: AuthEnvelopedData
	attributes []byte // that the sum covers, too
	mac        []byte
}

// recipient is for whom the content's key was encrypted.
type recipient struct {
	id         string
	algorithm  asn1.ObjectIdentifier
	parameters []byte
	key        []byte
	from       *originator // nil: the key was encrypted with the recipient's, not with one agreed on
}

type encrypted struct {
	algorithm  asn1.ObjectIdentifier
	parameters cryptobyte.String
	data       []byte
}

var (
	oidData          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	oidEnveloped     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 3}
	oidAuthEnveloped = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 23}
	oidRSA           = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}
	oidOAEP          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 7}
)

var errMalformed = errors.New("the encrypted content can't be read")

// context is the tag of an optional or chosen part.
func context(n uint8) tags.Tag { return tags.Tag(n).ContextSpecific() }

// ReadEnvelope reads encrypted content.
func ReadEnvelope(data []byte) (*Envelope, error) {
	der, err := definite(data)
	if err != nil {
		return nil, fmt.Errorf("read encrypted content: %w", err)
	}
	input := cryptobyte.String(der)
	var info, wrapped, body cryptobyte.String
	var kind asn1.ObjectIdentifier
	if !input.ReadASN1(&info, tags.SEQUENCE) || !info.ReadASN1ObjectIdentifier(&kind) ||
		!info.ReadASN1(&wrapped, context(0).Constructed()) || !wrapped.ReadASN1(&body, tags.SEQUENCE) {
		return nil, errMalformed
	}
	e := &Envelope{sealed: kind.Equal(oidAuthEnveloped)}
	if !e.sealed && !kind.Equal(oidEnveloped) {
		return nil, fmt.Errorf("content of type %s is not encrypted", kind)
	}
	var version int
	var recipients, content cryptobyte.String
	if !body.ReadASN1Integer(&version) || !body.SkipOptionalASN1(context(0).Constructed()) ||
		!body.ReadASN1(&recipients, tags.SET) || !body.ReadASN1(&content, tags.SEQUENCE) || !e.readContent(content) {
		return nil, errMalformed
	}
	if e.sealed && !e.readSum(body) {
		return nil, errMalformed
	}
	return e, e.readRecipients(recipients)
}

// readSum reads what follows the content in AuthEnvelopedData.
func (e *Envelope) readSum(body cryptobyte.String) bool {
	var attributes, mac cryptobyte.String
	if body.PeekASN1Tag(context(1).Constructed()) {
		if !body.ReadASN1Element(&attributes, context(1).Constructed()) {
			return false
		}
		e.attributes = append([]byte{byte(tags.SET)}, attributes[1:]...) // the sum is over them as a set
	}
	ok := body.ReadASN1(&mac, tags.OCTET_STRING)
	e.mac = mac
	return ok
}

func (e *Envelope) readContent(content cryptobyte.String) bool {
	var kind asn1.ObjectIdentifier
	var algorithm, data cryptobyte.String
	if !content.ReadASN1ObjectIdentifier(&kind) || !content.ReadASN1(&algorithm, tags.SEQUENCE) ||
		!algorithm.ReadASN1ObjectIdentifier(&e.content.algorithm) {
		return false
	}
	e.content.parameters = algorithm
	if content.PeekASN1Tag(context(0)) {
		ok := content.ReadASN1(&data, context(0))
		e.content.data = data
		return ok
	}
	return content.ReadASN1(&data, context(0).Constructed()) && readPieces(data, &e.content.data)
}

// readPieces joins a text that was cut in pieces.
func readPieces(from cryptobyte.String, into *[]byte) bool {
	for !from.Empty() {
		var piece cryptobyte.String
		if !from.ReadASN1(&piece, tags.OCTET_STRING) {
			return false
		}
		*into = append(*into, piece...)
	}
	return true
}

// maxRecipients bounds how many recipients of a message are looked at.
const maxRecipients = 1000

func (e *Envelope) readRecipients(set cryptobyte.String) error {
	for !set.Empty() && len(e.recipients) < maxRecipients {
		var info cryptobyte.String
		var tag tags.Tag
		if !set.ReadAnyASN1(&info, &tag) {
			return errMalformed
		}
		switch tag {
		case tags.SEQUENCE:
			r, ok := readRecipient(info)
			if !ok {
				return errMalformed
			}
			e.recipients = append(e.recipients, r)
		case context(1).Constructed():
			e.recipients = append(e.recipients, readAgreement(info, maxRecipients-len(e.recipients))...)
		default: // by another way than a key of theirs, such as a password
		}
	}
	return nil
}

func readRecipient(info cryptobyte.String) (r recipient, ok bool) {
	var version int
	var algorithm, key cryptobyte.String
	ok = info.ReadASN1Integer(&version) && readID(&info, &r.id) &&
		info.ReadASN1(&algorithm, tags.SEQUENCE) && algorithm.ReadASN1ObjectIdentifier(&r.algorithm) && info.ReadASN1(&key, tags.OCTET_STRING)
	r.parameters, r.key = algorithm, key
	return r, ok
}

// readID reads whose key is meant: that of a certificate's issuer and serial number, or one by its own id.
func readID(info *cryptobyte.String, id *string) bool {
	var named, issuer, serial cryptobyte.String
	if info.PeekASN1Tag(context(0)) {
		ok := info.ReadASN1(&named, context(0))
		*id = keyID(named)
		return ok
	}
	if !info.ReadASN1(&named, tags.SEQUENCE) || !named.ReadASN1Element(&issuer, tags.SEQUENCE) || !named.ReadASN1(&serial, tags.INTEGER) {
		return false
	}
	for len(serial) > 0 && serial[0] == 0 {
		serial = serial[1:]
	}
	*id = issuerID(issuer, serial)
	return true
}

// Recipients are the names of those who can open the envelope, see RecipientIDs.
func (e *Envelope) Recipients() []string {
	ids := make([]string, len(e.recipients))
	for i, r := range e.recipients {
		ids[i] = r.id
	}
	return ids
}

// ErrNotForKey says that content was not encrypted for a key.
var ErrNotForKey = errors.New("not encrypted for this key")

// Open decrypts the content with the key of one of its recipients.
func (e *Envelope) Open(certificate *x509.Certificate, key crypto.Signer) ([]byte, error) {
	for _, id := range RecipientIDs(certificate) {
		for _, r := range e.recipients {
			if r.id != id {
				continue
			}
			contentKey, err := r.contentKey(key, e.content.keyLength())
			if err != nil {
				return nil, err
			}
			return e.decrypt(contentKey)
		}
	}
	return nil, ErrNotForKey
}

func (r recipient) contentKey(key crypto.Signer, length int) ([]byte, error) {
	switch own := key.(type) {
	case *rsa.PrivateKey:
		if r.from == nil {
			return r.decrypt(own, length)
		}
	case *ecdsa.PrivateKey:
		if r.from != nil {
			return r.agree(own)
		}
	}
	return nil, ErrNotForKey
}

func (r recipient) decrypt(key *rsa.PrivateKey, length int) ([]byte, error) {
	switch {
	case r.algorithm.Equal(oidRSA) && length > 0:
		// Who sends us mail after mail must not learn from our answers how a key was padded.
		content := make([]byte, length)
		_, _ = rand.Read(content) // never fails
		//lint:ignore SA1019 mail programs encrypt keys in no other way
		return content, rsa.DecryptPKCS1v15SessionKey(nil, key, r.key, content)
	case r.algorithm.Equal(oidOAEP):
		hash, err := oaepHash(r.parameters)
		if err != nil {
			return nil, err
		}
		return rsa.DecryptOAEP(hash.New(), nil, key, r.key, nil)
	}
	return nil, fmt.Errorf("keys encrypted by %s are not supported", r.algorithm)
}

// oaepHash reads the hash of RSAES-OAEP-params (RFC 8017); SHA-1 when it is not named.
func oaepHash(parameters cryptobyte.String) (crypto.Hash, error) {
	var params, named, algorithm cryptobyte.String
	var present bool
	if parameters.Empty() {
		return crypto.SHA1, nil
	}
	if !parameters.ReadASN1(&params, tags.SEQUENCE) || !params.ReadOptionalASN1(&named, &present, context(0).Constructed()) {
		return 0, errMalformed
	}
	if !present {
		return crypto.SHA1, nil
	}
	var id asn1.ObjectIdentifier
	if !named.ReadASN1(&algorithm, tags.SEQUENCE) || !algorithm.ReadASN1ObjectIdentifier(&id) {
		return 0, errMalformed
	}
	for hash, known := range oaepHashes {
		if known.Equal(id) {
			return hash, nil
		}
	}
	return 0, fmt.Errorf("OAEP with %s is not supported", id)
}

var oaepHashes = map[crypto.Hash]asn1.ObjectIdentifier{
	crypto.SHA1:   {1, 3, 14, 3, 2, 26},
	crypto.SHA256: {2, 16, 840, 1, 101, 3, 4, 2, 1},
	crypto.SHA384: {2, 16, 840, 1, 101, 3, 4, 2, 2},
	crypto.SHA512: {2, 16, 840, 1, 101, 3, 4, 2, 3},
}

// Encrypt returns content that the holders of all these certificates can open. It takes AES-256-CBC,
// and RSA as PKCS#1 has it: that is what every mail program reads. For EC keys there is but one way.
func Encrypt(content []byte, to []*x509.Certificate) ([]byte, error) {
	key, iv := make([]byte, 32), make([]byte, aes.BlockSize)
	_, _ = rand.Read(key) // never fails
	_, _ = rand.Read(iv)
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	padding := aes.BlockSize - len(content)%aes.BlockSize
	data := make([]byte, len(content)+padding)
	copy(data, content)
	for i := len(content); i < len(data); i++ {
		data[i] = byte(padding)
	}
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(data, data)
	recipients, version := make([][]byte, len(to)), int64(0)
	for i, certificate := range to {
		switch public := certificate.PublicKey.(type) {
		case *rsa.PublicKey:
			recipients[i], err = encryptKey(certificate, public, key)
		case *ecdsa.PublicKey:
			recipients[i], err = agreeOnKey(certificate, public, key)
			version = 2
		default:
			err = errors.New("its key is of no use")
		}
		if err != nil {
			return nil, fmt.Errorf("encrypt for %s: %w", Subject(certificate), err)
		}
	}
	return writeEnvelope(version, recipients, iv, data)
}

func writeEnvelope(version int64, recipients [][]byte, iv, data []byte) ([]byte, error) {
	b := cryptobyte.NewBuilder(make([]byte, 0, len(data)+1024*(1+len(recipients))))
	b.AddASN1(tags.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oidEnveloped)
		b.AddASN1(context(0).Constructed(), func(b *cryptobyte.Builder) {
			b.AddASN1(tags.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1Int64(version)
				b.AddASN1(tags.SET, func(b *cryptobyte.Builder) {
					for _, recipient := range recipients {
						b.AddBytes(recipient)
					}
				})
				b.AddASN1(tags.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddASN1ObjectIdentifier(oidData)
					b.AddASN1(tags.SEQUENCE, func(b *cryptobyte.Builder) {
						b.AddASN1ObjectIdentifier(oidAES256CBC)
						b.AddASN1OctetString(iv)
					})
					b.AddASN1(context(0), func(b *cryptobyte.Builder) { b.AddBytes(data) })
				})
			})
		})
	})
	return b.Bytes()
}

// encryptKey writes a recipient with the content's key, encrypted with that of the certificate.
func encryptKey(certificate *x509.Certificate, public *rsa.PublicKey, key []byte) ([]byte, error) {
	//lint:ignore SA1019 mail programs read keys in no other way
	encrypted, err := rsa.EncryptPKCS1v15(rand.Reader, public, key)
	if err != nil {
		return nil, err
	}
	b := cryptobyte.NewBuilder(nil)
	b.AddASN1(tags.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(0)
		addID(b, certificate)
		b.AddASN1(tags.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(oidRSA)
			b.AddASN1NULL()
		})
		b.AddASN1OctetString(encrypted)
	})
	return b.Bytes()
}

func addID(b *cryptobyte.Builder, certificate *x509.Certificate) {
	b.AddASN1(tags.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(certificate.RawIssuer)
		b.AddASN1BigInt(certificate.SerialNumber)
	})
}
