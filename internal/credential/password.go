package credential

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// MaxPassword is how many characters a password may have.
const MaxPassword = 1000

// ErrTooLong refuses a password of more than MaxPassword characters.
var ErrTooLong = errors.New("password is too long")

// Cost of a hash, as OWASP's password storage cheat sheet recommends for argon2id.
const (
	memoryKiB = 19 * 1024
	passes    = 2
	lanes     = 1
	saltBytes = 16
	keyBytes  = 32
)

// Bounds for hashes that come from elsewhere: a forged one must not take the machine down.
const (
	maxMemoryKiB = 256 * 1024
	maxPasses    = 16
	maxKeyBytes  = 128
)

// turns lets two hashes be computed at once: each takes 19 MiB and some 20 ms of a core, and
// strangers can ask for as many as they like.
var turns = make(chan struct{}, 2)

// HashPassword returns the argon2id hash of a password as a PHC string.
func HashPassword(password string) (string, error) {
	if len([]rune(password)) > MaxPassword {
		return "", ErrTooLong
	}
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt) // crypto/rand never fails
	p := phc{memory: memoryKiB, passes: passes, lanes: lanes, salt: salt}
	p.key = p.derive(password, keyBytes)
	return p.String(), nil
}

// ofSHA256 is in front of a hash that is not of a password but of its SHA-256 in hexadecimal digits.
const ofSHA256 = "sha256"

// WrapSHA256 makes a hash of ours of one that another program kept: SHA-256 without salt, in
// hexadecimal digits. Whoever reads it guesses as slowly as at all others.
func WrapSHA256(digits string) (string, error) {
	hash, err := HashPassword(strings.ToLower(digits))
	return ofSHA256 + hash, err
}

// VerifyPassword reports whether the password belongs to the hash. A hash that can't be read
// belongs to no password.
func VerifyPassword(hash, password string) bool {
	if len(password) > 4*MaxPassword { // bytes of the longest password there can be
		return false
	}
	if wrapped, is := strings.CutPrefix(hash, ofSHA256); is {
		sum := sha256.Sum256([]byte(password))
		hash, password = wrapped, hex.EncodeToString(sum[:])
	}
	p, err := parse(hash)
	if err != nil {
		return false
	}
	return subtle.ConstantTimeCompare(p.key, p.derive(password, uint32(len(p.key)))) == 1
}

// phc is a hash in the PHC string format: $argon2id$v=19$m=19456,t=2,p=1$salt$key
type phc struct {
	memory, passes uint32
	lanes          uint8
	salt, key      []byte
}

func (p phc) derive(password string, length uint32) []byte {
	turns <- struct{}{}
	defer func() { <-turns }()
	return argon2.IDKey([]byte(password), p.salt, p.passes, p.memory, p.lanes, length)
}

func (p phc) String() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.memory, p.passes, p.lanes,
		base64.RawStdEncoding.EncodeToString(p.salt), base64.RawStdEncoding.EncodeToString(p.key))
}

var errMalformed = errors.New("malformed password hash")

func parse(hash string) (phc, error) {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" {
		return phc{}, errMalformed
	}
	var version int
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return phc{}, errMalformed
	}
	var p phc
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &p.memory, &p.passes, &p.lanes); err != nil {
		return phc{}, errMalformed
	}
	var errSalt, errKey error
	p.salt, errSalt = base64.RawStdEncoding.DecodeString(parts[4])
	p.key, errKey = base64.RawStdEncoding.DecodeString(parts[5])
	if errSalt != nil || errKey != nil || p.memory == 0 || p.memory > maxMemoryKiB || p.passes == 0 || p.passes > maxPasses ||
		p.lanes == 0 || len(p.key) < 16 || len(p.key) > maxKeyBytes {
		return phc{}, errMalformed
	}
	return p, nil
}
