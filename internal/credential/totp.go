package credential

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" // RFC 6238, as every authenticator app has it
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Parameters of one-time codes that every authenticator app takes for granted (RFC 6238).
const (
	codeStep    = 30 // seconds
	codeDigits  = 6
	codeDrift   = 1 // steps that a clock may be ahead or behind
	secretBytes = 20
)

var base32Secret = base32.StdEncoding.WithPadding(base32.NoPadding)

// NewCodeSecret returns a secret for an authenticator app, as it is typed into one.
func NewCodeSecret() string {
	secret := make([]byte, secretBytes)
	_, _ = rand.Read(secret) // crypto/rand never fails
	return base32Secret.EncodeToString(secret)
}

// VerifyCode finds out whether a code belongs to a secret at about this time. It returns the code's
// step, 0 when it belongs to none: who remembers the step can refuse the same code a second time.
func VerifyCode(secret, code string, now time.Time) (step int64) {
	key, err := base32Secret.DecodeString(strings.ToUpper(secret))
	if err != nil || len(key) == 0 {
		return 0
	}
	code = strings.ReplaceAll(strings.TrimSpace(code), " ", "")
	current := now.Unix() / codeStep
	for s := current - codeDrift; s <= current+codeDrift; s++ {
		if subtle.ConstantTimeCompare([]byte(oneTimeCode(key, s)), []byte(code)) == 1 {
			step = s
		}
	}
	return step
}

// oneTimeCode is HOTP (RFC 4226) of a step.
func oneTimeCode(key []byte, step int64) string {
	mac := hmac.New(sha1.New, key)
	_ = binary.Write(mac, binary.BigEndian, step)
	sum := mac.Sum(nil)
	from := sum[len(sum)-1] & 0xf
	number := binary.BigEndian.Uint32(sum[from:from+4]) & 0x7fffffff
	return fmt.Sprintf("%0*d", codeDigits, number%1_000_000)
}

// CodeURI is what an authenticator app reads as a QR code.
func CodeURI(secret, issuer, account string) string {
	return (&url.URL{
		Scheme: "otpauth", Host: "totp", Path: "/" + issuer + ":" + account,
		RawQuery: url.Values{"secret": {secret}, "issuer": {issuer}}.Encode(),
	}).String()
}

// recoveryCodes is how many a user is given at once, recoveryBytes what is random in each.
const (
	recoveryCodes = 10
	recoveryBytes = 8
)

// NewRecoveryCodes returns codes that stand in for a second factor, each once.
func NewRecoveryCodes() []string {
	codes := make([]string, recoveryCodes)
	for i := range codes {
		code := make([]byte, recoveryBytes)
		_, _ = rand.Read(code) // crypto/rand never fails
		codes[i] = hex.EncodeToString(code)
	}
	return codes
}

// HashRecoveryCode is HashToken for a code as somebody typed it.
func HashRecoveryCode(code string) []byte {
	return HashToken(strings.ToLower(strings.TrimSpace(code)))
}
