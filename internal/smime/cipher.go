package smime

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"encoding/asn1"
	"errors"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	tags "golang.org/x/crypto/cryptobyte/asn1"
)

// method is a cipher for content.
type method struct {
	key int // bytes
	gcm bool
	new func(key []byte) (cipher.Block, error)
}

var oidAES256CBC = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 42}

// methods are the ciphers that others may have used, by their ids.
var methods = map[string]method{
	"1.2.840.113549.3.7":      {24, false, des.NewTripleDESCipher}, // what old mail programs send
	"2.16.840.1.101.3.4.1.2":  {16, false, aes.NewCipher},
	"2.16.840.1.101.3.4.1.22": {24, false, aes.NewCipher},
	"2.16.840.1.101.3.4.1.42": {32, false, aes.NewCipher},
	"2.16.840.1.101.3.4.1.6":  {16, true, aes.NewCipher},
	"2.16.840.1.101.3.4.1.26": {24, true, aes.NewCipher},
	"2.16.840.1.101.3.4.1.46": {32, true, aes.NewCipher},
}

// keyLength is that of the content's cipher; 0: it is not known.
func (c encrypted) keyLength() int { return methods[c.algorithm.String()].key }

// errBroken is all that is told about content that doesn't decrypt: more would help who guesses keys.
var errBroken = errors.New("the content can't be decrypted")

func (e *Envelope) decrypt(key []byte) ([]byte, error) {
	m, known := methods[e.content.algorithm.String()]
	if !known || m.gcm != e.sealed {
		return nil, fmt.Errorf("content encrypted by %s is not supported", e.content.algorithm)
	}
	if len(key) != m.key {
		return nil, errBroken
	}
	block, err := m.new(key)
	if err != nil {
		return nil, errBroken
	}
	if m.gcm {
		return e.openGCM(block)
	}
	return e.content.openCBC(block)
}

func (c encrypted) openCBC(block cipher.Block) ([]byte, error) {
	var iv cryptobyte.String
	if parameters := c.parameters; !parameters.ReadASN1(&iv, tags.OCTET_STRING) || len(iv) != block.BlockSize() {
		return nil, errMalformed
	}
	if len(c.data) == 0 || len(c.data)%block.BlockSize() != 0 {
		return nil, errMalformed
	}
	plain := make([]byte, len(c.data))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, c.data)
	padding := int(plain[len(plain)-1])
	if padding == 0 || padding > block.BlockSize() {
		return nil, errBroken
	}
	for _, b := range plain[len(plain)-padding:] {
		if int(b) != padding {
			return nil, errBroken
		}
	}
	return plain[:len(plain)-padding], nil
}

func (e *Envelope) openGCM(block cipher.Block) ([]byte, error) {
	const shortest = 12 // bytes of a sum; RFC 5084 also has its default length
	var params, nonce cryptobyte.String
	size := shortest
	if parameters := e.content.parameters; !parameters.ReadASN1(&params, tags.SEQUENCE) || !params.ReadASN1(&nonce, tags.OCTET_STRING) ||
		!params.Empty() && !params.ReadASN1Integer(&size) {
		return nil, errMalformed
	}
	if size < shortest || size > 16 || len(e.mac) != size || len(nonce) != 12 {
		return nil, errMalformed
	}
	gcm, err := cipher.NewGCMWithTagSize(block, size)
	if err != nil {
		return nil, errMalformed
	}
	data := append(e.content.data[:len(e.content.data):len(e.content.data)], e.mac...)
	plain, err := gcm.Open(nil, nonce, data, e.attributes)
	if err != nil {
		return nil, errBroken
	}
	return plain, nil
}
